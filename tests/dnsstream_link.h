/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of dnsstream.c share: a connection of the guest's to a resolver, what it
 * says there, and what leaves for it, read without the filter's own readers.
 */
#ifndef DNSSTREAM_LINK_H
#define DNSSTREAM_LINK_H

#include "dnsstream.h"

#include "packet.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128 };
enum { GUEST_WINDOW = 0x1234, SERVER_SEQ = 0x77000000 };
enum { NOW = 1000000 };

/* Each rule is tried with both families, and with numbers that wrap in awkward places. */
static const uint32_t starts[] = { 0x01020304, 0xfffffffe, 0xffffffff, 0xffffffd0, 0x7fffffe0 };
enum { STARTS = sizeof(starts) / sizeof(starts[0]), LINKS = 2 * STARTS };

struct link {
	struct eg_dnsstreams *t;
	struct eg_flow flow;
	struct packet_end guest, server;
	uint32_t iss;
	bool v6;
	uint64_t now;         /* ms behind NOW */
	unsigned judged;      /* how often JUDGE was asked */
	bool answers;         /* what may not leave is answered, and the stream goes on */
	uint32_t said, heard; /* the server's and the guest's number of what the server says next */
	struct eg_injects *b; /* what the streams say on their own */
	struct eg_dns_query q; /* at fault */
	/* Memory that faults behind PACKET_MAX, EG_DNSSTREAM_FRAME_MAX and _TOLD_MAX. */
	uint8_t *in, *out, *told;
};

/* What left for a segment; seq counts from the guest's SYN, whose number is 0. */
struct left {
	enum eg_reason reason;
	bool any;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window;
	size_t n;
	uint8_t bytes[EG_DNSSTREAM_SEND];
	size_t options_len;
	uint8_t options[40];
	enum eg_reason refused;
	size_t told_len; /* of the frame in told */
};

/* What the guest says; seq as above. */
struct says {
	uint32_t seq;
	const void *p;
	size_t n;
	uint8_t flags;
	const void *options;
	size_t options_len;
	struct packet_edit edit; /* of the frame, whose checksums are then made right */
	bool spoil;              /* its checksum */
	uint32_t ack;            /* 0: SERVER_SEQ */
};

/* As ck_assert, which leaves a mark each time and is too slow for what is asked so often. */
#define WANT(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg("not so: %s", #condition);                                    \
	} while (0)

/* Of the types only A and AAAA are on the list, and of the names none that begins with "deny". */
static inline enum eg_reason judge(void *ctx, const struct eg_dns_query *q)
{
	struct link *l = ctx;

	l->judged++;
	if (q->type != EG_DNS_TYPE_A && q->type != EG_DNS_TYPE_AAAA)
		return EG_R_DNS_TYPE;
	return q->name.len > 4 && !memcmp(q->name.wire + 1, "deny", 4) ? EG_R_DNS_NAME : EG_R_NONE;
}

/* What the guest is told of a query: its id, and n. */
static inline int answer(void *ctx, const struct eg_dns_query *q, enum eg_reason r,
			 uint8_t out[EG_DNS_REPLY_MAX])
{
	const struct link *l = ctx;

	WANT(r == EG_R_DNS_NAME || r == EG_R_DNS_TYPE || r == EG_R_DNS_MALFORMED);
	if (!l->answers || r == EG_R_DNS_MALFORMED)
		return -1;
	eg_put16(out, q->id);
	out[2] = 'n';
	return 3;
}

/* Read the N bytes at P, which the filter built, field by field. */
static inline void read_left(const struct link *l, const uint8_t *p, size_t n, struct left *x)
{
	size_t at = l->v6 ? PACKET_L4_6 : PACKET_L4_4, alen = l->v6 ? 16 : 4;
	const uint8_t *h = p + at, *src = l->v6 ? p + 22 : p + 26;
	uint8_t ip4[20] = { 0x45, 0, (uint8_t)((n - 14) >> 8), (uint8_t)(n - 14), 0, 0, 0x40, 0,
			    64,   6 };
	uint8_t ip6[8] = { 0x60, 0, 0, 0, (uint8_t)((n - 54) >> 8), (uint8_t)(n - 54), 6, 64 };
	size_t header = (size_t)(h[12] >> 4) * 4;

	WANT(n >= at + 20);
	WANT(!memcmp(p, l->server.mac, 6));
	WANT(!memcmp(p + 6, l->guest.mac, 6));
	WANT(!memcmp(p + 12, l->v6 ? "\x86\xdd" : "\x08\x00", 2));
	memcpy(ip4 + 10, p + 24, 2);
	memcpy(ip4 + 12, l->guest.ip4, 4);
	memcpy(ip4 + 16, l->server.ip4, 4);
	WANT(!memcmp(p + 14, l->v6 ? ip6 : ip4, l->v6 ? 8 : 20));
	WANT(l->v6 || packet_sum(p + 14, 20) == 0);
	WANT(!memcmp(src, l->v6 ? l->guest.ip6 : l->guest.ip4, alen));
	WANT(!memcmp(src + alen, l->v6 ? l->server.ip6 : l->server.ip4, alen));
	WANT(packet_sum_l4(src, src + alen, alen, 6, h, n - at) == 0);
	WANT(eg_get16(h) == l->guest.port);
	WANT(eg_get16(h + 2) == l->server.port);
	WANT(!(h[12] & 15));
	WANT(!memcmp(h + 18, "\0\0", 2)); /* urgent pointer */
	WANT(header >= 20 && at + header <= n);
	x->seq = eg_get32(h + 4) - l->iss;
	x->ack = eg_get32(h + 8);
	x->flags = h[13];
	x->window = eg_get16(h + 14);
	x->options_len = header - 20;
	memcpy(x->options, h + 20, x->options_len);
	x->n = n - at - header;
	WANT(x->n <= EG_DNSSTREAM_SEND);
	memcpy(x->bytes, h + header, x->n);
}

/* Build what the guest says, so that the memory ends with it. */
static inline uint8_t *build_says(const struct link *l, const struct says *s, size_t *len)
{
	const struct packet_tcp tcp = { .seq = l->iss + s->seq,
					.ack = s->ack ? s->ack : SERVER_SEQ,
					.window = GUEST_WINDOW,
					.flags = s->flags,
					.options = s->options,
					.options_len = s->options_len };
	uint8_t buf[PACKET_MAX];
	size_t n =
		(l->v6 ? packet_tcp6 : packet_tcp4)(buf, &l->guest, &l->server, &tcp, s->p, s->n);

	packet_apply(buf, &s->edit, 1);
	packet_fix(buf, n);
	if (s->spoil)
		buf[(l->v6 ? PACKET_L4_6 : PACKET_L4_4) + 16] ^= 1;
	*len = n;
	return memcpy(l->in + PACKET_MAX - n, buf, n);
}

/* Take the guest's segment F, as the pipeline does. Returns how many bytes left. */
static inline size_t take_at(struct link *l, const struct eg_frame *f, uint64_t now, struct left *x)
{
	const struct eg_dnsstream_judge j = { .may_leave = judge, .answer = answer, .ctx = l };
	struct eg_dnsstream_taken taken;

	memset(&taken, 0xa5, sizeof(taken));
	taken.out = l->out;
	taken.told = l->told;
	x->reason = eg_dnsstream_take(l->t, &l->flow, f, now, &j, &taken);
	if (x->reason && x->reason != EG_R_CHECKSUM && x->reason != EG_R_TCP_FLAGS)
		eg_dnsstream_end(l->t, &l->flow, EG_DNSSTREAM_RESET_SENT, now, l->b);
	l->q = taken.q;
	x->refused = taken.refused;
	x->told_len = taken.told_len;
	return taken.out_len;
}

/* Begin a stream where the guest's segment is a SYN, else take it. */
static inline struct left say_at(struct link *l, struct says s, uint64_t now)
{
	struct left x = { .reason = EG_R_NONE };
	struct eg_frame f;
	size_t len, n = 12345;
	uint8_t *bytes = build_says(l, &s, &len);

	WANT(eg_frame_decode(&f, bytes, len) == EG_R_NONE);
	if (s.flags == SYN)
		x.reason = eg_dnsstream_begin(l->t, &f, now, l->out, &n);
	else
		n = take_at(l, &f, now, &x);
	x.any = n > 0;
	if (x.any)
		read_left(l, l->out, n, &x);
	return x;
}

/* A segment of the server's, in numbers of its own; it ends with l->in. */
static inline struct eg_frame server_says(struct link *l, uint32_t seq, uint32_t ack, uint8_t flags,
					  const void *p, size_t n)
{
	const struct packet_tcp tcp = { .seq = seq, .ack = ack, .window = 60000, .flags = flags };
	uint8_t buf[PACKET_MAX];
	struct eg_frame f;
	size_t len = (l->v6 ? packet_tcp6 : packet_tcp4)(buf, &l->server, &l->guest, &tcp, p, n);

	memcpy(l->in + PACKET_MAX - len, buf, len);
	WANT(eg_frame_decode(&f, l->in + PACKET_MAX - len, len) == EG_R_NONE);
	return f;
}

/* The network says that it has no such connection. */
static inline void network_resets(struct link *l)
{
	struct eg_frame f = server_says(l, 0, 0, RST, NULL, 0);

	eg_dnsstream_end(l->t, &l->flow, EG_DNSSTREAM_RESET_BY_NETWORK, NOW + l->now, l->b);
	eg_dnsstream_hear_late(l->t, &f, l->b);
}

static inline struct left say(struct link *l, struct says s)
{
	return say_at(l, s, NOW + l->now);
}

/* N bytes at P from SEQ on, in an ordinary segment. */
static inline struct left data(struct link *l, uint32_t seq, const uint8_t *p, size_t n)
{
	return say(l, (struct says){ .seq = seq, .p = p, .n = n, .flags = ACK | PSH });
}

/* The resolver has acknowledged all before SEQ. */
static inline void acked(struct link *l, uint32_t seq)
{
	l->flow.tcp.side[EG_FROM_NETWORK].ack = l->iss + seq;
}

/* The SYN of connection L leaves, and is answered. */
static inline void syn(struct link *l)
{
	struct eg_tcp_side *side = l->flow.tcp.side;
	struct eg_frame f;
	struct left x;

	l->flow.tcp.iss = l->iss;
	side[EG_FROM_GUEST].ack = side[EG_FROM_NETWORK].end = l->said = l->heard = SERVER_SEQ;
	side[EG_FROM_NETWORK].maxend = SERVER_SEQ + 60000;
	side[EG_FROM_GUEST].maxend = l->iss + 60000;
	acked(l, 1);
	l->judged = 0;
	x = say(l, (struct says){ .flags = SYN });
	WANT(x.reason == EG_R_NONE);
	WANT(x.any && x.seq == 0 && x.n == 0);
	f = server_says(l, SERVER_SEQ - 1, l->iss + 1, SYN | ACK, NULL, 0);
	eg_dnsstream_hear(l->t, &l->flow, &f, NOW + l->now, l->b);
}

/* Open the connection of L anew, at the same numbers, when a place is free whatever was before. */
static inline void anew(struct link *l)
{
	l->now += EG_DNSSTREAM_IDLE;
	network_resets(l);
	syn(l);
}

/* The link of number I, from PORT, in table T; its SYN has left. */
static inline struct link link_from(struct eg_dnsstreams *t, int i, uint16_t port)
{
	struct link l = { .t = t,
			  .in = guarded_copy(NULL, PACKET_MAX),
			  .out = guarded_copy(NULL, EG_DNSSTREAM_FRAME_MAX),
			  .told = guarded_copy(NULL, EG_DNSSTREAM_TOLD_MAX),
			  .b = eg_injects_new(),
			  .guest = packet_at(&packet_guest, port),
			  .server = packet_at(&packet_network, 53),
			  .iss = starts[i / 2],
			  .v6 = i % 2 };

	l.flow.key = (struct eg_flow_key){
		.guest = l.v6 ? eg_addr6(l.guest.ip6) : eg_addr4(l.guest.ip4),
		.network = l.v6 ? eg_addr6(l.server.ip6) : eg_addr4(l.server.ip4),
		.guest_port = port,
		.network_port = 53,
		.proto = 6,
	};
	l.flow.by_guest = 1;
	ck_assert_ptr_nonnull(l.b);
	anew(&l);
	return l;
}

static inline struct link new_link(int i)
{
	struct eg_dnsstreams *t = eg_dnsstreams_new();

	ck_assert_ptr_nonnull(t);
	return link_from(t, i, PACKET_PORT);
}

static inline void free_rooms(struct link *l)
{
	guarded_free(l->in, PACKET_MAX);
	guarded_free(l->out, EG_DNSSTREAM_FRAME_MAX);
	guarded_free(l->told, EG_DNSSTREAM_TOLD_MAX);
	eg_injects_free(l->b);
}

static inline void free_link(struct link *l)
{
	free_rooms(l);
	eg_dnsstreams_free(l->t);
}

/* A message as a client writes it, and as it is to leave; both with the length field. */
struct pair {
	size_t n;
	uint8_t in[2 + EG_DNSSTREAM_MESSAGE], out[2 + EG_DNSSTREAM_MESSAGE];
};

enum { NO_EDNS = -1 };

/* A query for LABEL.Ex, with OPTIONS bytes of EDNS options, or NO_EDNS. */
static inline struct pair pair(const char *label, uint16_t type, int options)
{
	size_t n = strlen(label), at = 2 + 12, tail;
	struct pair p = { .in = { 0, 0, 0x5a, (uint8_t)(n + (size_t)options), 1, 0, 0, 1 } };
	uint8_t *m = p.in;

	m[at++] = (uint8_t)n;
	memcpy(m + at, label, n);
	memcpy(m + at + n, "\2Ex\0\0\0\0\1", 8);
	m[at + n + 5] = (uint8_t)type;
	at += n + 8;
	tail = at;
	if (options >= 0) {
		m[13] = 1;
		/* 4096 bytes, DO and CO */
		memcpy(m + at, "\0\0\51\20\0\0\0\xc0\0\0\0", 11);
		eg_put16(m + at + 9, (uint16_t)options);
		at += 11;
		memset(m + at, 0xee, (size_t)options);
		if (options)
			eg_put16(m + at + 2, (uint16_t)(options - 4));
		at += (size_t)options;
	}
	p.n = at;
	eg_put16(m, (uint16_t)(at - 2));
	memcpy(p.out, p.in, at);
	for (size_t i = 15; i < 15 + n + 3; i++)
		if (p.out[i] >= 'A' && p.out[i] <= 'Z')
			p.out[i] |= 0x20;
	if (options >= 0) {
		memcpy(p.out + tail, "\0\0\51\4\xd0\0\0\x80", 8);
		memset(p.out + tail + 11, 0, (size_t)options);
	}
	if (options > 0) {
		p.out[tail + 12] = 12;
		eg_put16(p.out + tail + 13, (uint16_t)(options - 4));
	}
	return p;
}

/* Several pairs in a row. */
struct stream_pair {
	size_t n, count;
	size_t ends[100];
	uint8_t in[65536], out[65536];
};

static inline void append(struct stream_pair *s, struct pair p)
{
	WANT(s->count < sizeof(s->ends) / sizeof(s->ends[0]));
	memcpy(s->in + s->n, p.in, p.n);
	memcpy(s->out + s->n, p.out, p.n);
	s->n += p.n;
	s->ends[s->count++] = s->n;
}

/* COUNT clean queries of different lengths. */
static inline struct stream_pair several(size_t count)
{
	static const char *const labels[] = { "One", "tWo", "thrEE" };
	struct stream_pair s = { .n = 0 };

	for (size_t i = 0; i < count; i++)
		append(&s, pair(labels[i % 3], EG_DNS_TYPE_A, i % 2 ? 12 : NO_EDNS));
	return s;
}

/* How many bytes of S are whole messages when N have come. */
static inline size_t whole(const struct stream_pair *s, size_t n)
{
	size_t end = 0;

	for (size_t i = 0; i < s->count && s->ends[i] <= n; i++)
		end = s->ends[i];
	return end;
}

/* Check that for what gave X N bytes at P leave from SEQ on. */
static inline void leaves(const struct left *x, size_t seq, const uint8_t *p, size_t n,
			  unsigned flags)
{
	WANT(x->reason == EG_R_NONE && x->any);
	WANT(x->seq == seq);
	WANT(x->n == n && (n == 0 || !memcmp(x->bytes, p, n)));
	WANT(x->flags == flags);
	WANT(x->ack == SERVER_SEQ && x->window == GUEST_WINDOW && x->options_len == 0);
}

#define LEAVES(x, seq, p, n, flags)                                                                \
	do {                                                                                       \
		const struct left x_ = (x);                                                        \
		ck_assert_str_eq(eg_reason_word(x_.reason), "none");                               \
		leaves(&x_, (seq), (p), (n), (flags));                                             \
	} while (0)

#define LEAVES_EMPTY(x, seq) LEAVES(x, seq, NULL, 0, ACK)

/* Check that X is a fault: only a RST leaves, at SEQ, and the stream is no more. */
#define FAULT(l, x, reason_, seq_)                                                                 \
	do {                                                                                       \
		const struct left x_ = (x);                                                        \
		ck_assert_str_eq(eg_reason_word(x_.reason), eg_reason_word(reason_));              \
		WANT(x_.any &&x_.n == 0 && x_.flags == (RST | ACK));                               \
		ck_assert_uint_eq(x_.seq, (seq_));                                                 \
		WANT(x_.ack == SERVER_SEQ && x_.window == 0 && x_.options_len == 0);               \
		GONE(l);                                                                           \
	} while (0)

#define GONE(l)                                                                                    \
	do {                                                                                       \
		struct left y_ = data((l), 1, NULL, 0);                                            \
		ck_assert_int_eq(y_.reason, EG_R_TCP_NO_FLOW);                                     \
		ck_assert(!y_.any);                                                                \
		ck_assert_uint_eq((l)->q.name.len, 0);                                             \
	} while (0)

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS over TCP, from the guest to a resolver.
 *
 * Purpose. A query over TCP is held to the same as one over UDP: it is judged whole, and
 * what leaves is built from its fields. A resolver never gets a byte of the
 * stream that was not judged, whatever the guest does with segments.
 *
 * The trick. What leaves is exactly as long as what came (eg_dns_build_padded). So both ends
 * speak of the same sequence numbers, and none is translated, in neither direction.
 *
 * Terms
 *   message   a length field of two bytes and a query of that length (RFC 1035 4.2.2)
 *   sent      the number of the first byte that has not left
 *   held      bytes of an unfinished message, taken from the guest; they stand from sent on
 *   past      the last bytes that left, as they left; they stand before sent
 *   next      what the resolver expects when it has all: sent, and one more behind a FIN
 *
 * Life-cycle. The guest's SYN begins a stream. Each segment is taken in order: bytes behind
 * sent + held go to the hold; a hold that is a whole message is judged, built anew, and
 * moved to the past. What leaves in the segment's place comes from the past alone: the
 * bytes that were asked for again, and those just judged. A FIN leaves when all before it
 * has. A fault forgets the stream, and the connection is reset. A stream that nobody used
 * for a while gives way when the table is full.
 *
 * The place of a stream that the guest ended stays taken for as long. A reset of the guest's
 * need not end anything: slirp drops one that comes while it still connects to the resolver,
 * and keeps its socket for minutes. Were the place free at once, a guest could open and reset
 * until the host program has no descriptor left, and no forward of the host's works. A reset
 * of the resolver's end says that it is gone there.
 *
 *   what comes                       what leaves
 *   an acknowledgement               the same, with our number (next)
 *   the first part of a message      an acknowledgement
 *   the last part of a message       the whole message
 *   bytes that have left before      those that left, never those that came
 *   bytes too far ahead, or more     an acknowledgement, or what there was room for: the
 *     than there is room for         rest was not received, and TCP will say it again
 *   a keepalive or the like          an empty segment one below next, which asks for an answer
 *   RST                              RST at next, which is exact
 *
 * Headers are ours: no IP options, TTL, identification, urgent pointer, ECN or reserved bits
 * of the guest's, and no TCP options: the SYN offered none. SACK and timestamps would be
 * bytes for it to choose, with every segment. It does choose the ports, its first sequence
 * number, acknowledgements and windows within what tcp.c allows, the MSS (536 to 1460),
 * and of each query id, flags, type and length.
 *
 * Invariants
 *   - only judge_message moves sent, by whole messages.
 *   - what stands at a number is settled by the first byte that is taken for it, and what
 *     left for a number never changes.
 *   - what left and is not acknowledged is in the past: it can always be said again.
 *   - a stream begins with the SYN that the resolver acknowledged: its first number is the
 *     one that tcp.c knows, which lets no data pass before that SYN+ACK. Were it another,
 *     the resolver might read messages from their middle.
 *
 * Limits. EG_DNSSTREAMS_MAX streams of about 3.5 KiB; EG_DNSSTREAM_MESSAGE bytes a message;
 * EG_DNSSTREAM_SEND in a segment; PAST_MAX unacknowledged.
 *
 * Fails how. Held bytes are not acknowledged before they leave. A client that writes the
 * length field and the message one after the other, and leaves Nagle's algorithm (RFC 9293
 * 3.7.4) on, waits for that in vain; RFC 7766 8 tells clients to write them at once.
 *
 * References: RFC 1035 4.2.2, 7766 (DNS over TCP), 7830 (padding), 9293 (TCP).
 */
#include "dnsstream.h"

#include "checksum.h"

#include <assert.h>
#include <stdlib.h>

enum {
	LENGTH_FIELD = 2,
	QUERY_MIN = EG_DNS_HEADER_LEN + 1 + 4, /* for the root */
	MESSAGE_MAX = LENGTH_FIELD + EG_DNSSTREAM_MESSAGE,
	PAST_MAX = 2 * EG_DNSSTREAM_SEND,
};

enum {
	OPT_END,
	OPT_NOP,
	OPT_MSS,
	OPT_MSS_LEN = 4,
	MSS_MIN = 536,  /* everybody can take that (RFC 9293 3.7.1) */
	MSS_MAX = 1460, /* Ethernet's */
};

static_assert((int)MESSAGE_MAX <= (int)EG_DNSSTREAM_SEND, "a message leaves in one segment");
static_assert((int)EG_TCP_LEN + (int)OPT_MSS_LEN <= (int)EG_DNSSTREAM_SEND, "a SYN fits");

struct stream {
	struct eg_flow_key key; /* of protocol 0 where this is free */
	uint64_t until;         /* ms; from then on its place may be another's */
	uint32_t iss, sent;
	bool fin; /* it left, and has the number sent */
	uint16_t held_len, past_len;
	uint8_t held[MESSAGE_MAX];
	uint8_t past[PAST_MAX]; /* the oldest first */
};

struct eg_dnsstreams {
	struct stream streams[EG_DNSSTREAMS_MAX];
};

/* One segment on its way in. */
struct taking {
	struct stream *s;
	const struct eg_frame *f;
	eg_dns_judge *judge;
	void *ctx;
	struct eg_dns_query *q;
};

/* The segment that leaves. */
struct leaving {
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	uint16_t mss; /* 0: no option */
	struct eg_span payload;
};

struct eg_dnsstreams *eg_dnsstreams_new(void)
{
	return calloc(1, sizeof(struct eg_dnsstreams));
}

void eg_dnsstreams_free(struct eg_dnsstreams *t)
{
	free(t);
}

static inline size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline uint32_t next_of(const struct stream *s)
{
	return s->sent + s->fin;
}

static struct stream *find(struct eg_dnsstreams *t, const struct eg_flow_key *key)
{
	for (size_t i = 0; i < EG_DNSSTREAMS_MAX; i++)
		if (!memcmp(&t->streams[i].key, key, sizeof(*key)))
			return &t->streams[i];
	return NULL;
}

/* Room for a new stream: the place that was idle longest, if that was long enough; or NULL. */
static struct stream *find_room(struct eg_dnsstreams *t, uint64_t now)
{
	struct stream *first = &t->streams[0];

	for (size_t i = 1; i < EG_DNSSTREAMS_MAX; i++)
		if (t->streams[i].until < first->until)
			first = &t->streams[i];
	return first->until <= now ? first : NULL;
}

static void touch(struct stream *s, uint64_t now)
{
	s->until = now + EG_DNSSTREAM_IDLE;
}

static void forget(struct stream *s)
{
	memset(&s->key, 0, sizeof(s->key));
}

/* Build segment L in place of the guest's F. Returns its length. */
static size_t build(const struct leaving *l, const struct eg_frame *f,
		    uint8_t out[EG_DNSSTREAM_FRAME_MAX])
{
	const struct eg_ends ends = {
		.src_mac = eg_eth_src(f),
		.dst_mac = eg_eth_dst(f),
		.src = f->src,
		.dst = f->dst,
	};
	size_t header = EG_TCP_LEN + (l->mss ? OPT_MSS_LEN : 0);
	struct eg_writer w = eg_writer(out, EG_DNSSTREAM_FRAME_MAX);

	eg_frame_begin(&w, &ends, EG_PROTO_TCP, header + l->payload.n);
	eg_give16(&w, f->sport);
	eg_give16(&w, f->dport);
	eg_give32(&w, l->seq);
	eg_give32(&w, l->ack);
	eg_give8(&w, (uint8_t)(header / 4 << 4));
	eg_give8(&w, l->flags);
	eg_give16(&w, l->window);
	eg_give32(&w, 0); /* checksum, urgent pointer */
	if (l->mss) {
		eg_give8(&w, OPT_MSS);
		eg_give8(&w, OPT_MSS_LEN);
		eg_give16(&w, l->mss);
	}
	eg_give(&w, l->payload.p, l->payload.n);
	if (w.bad)
		return 0;
	eg_checksum_fill(w.p, w.len);
	return w.len;
}

/* The MSS that SYN F says; 0 where it says none. */
static uint16_t find_mss(const struct eg_frame *f)
{
	const uint8_t *options = f->bytes + f->l4_off + EG_TCP_LEN;
	struct eg_reader r = eg_reader(options, (size_t)(f->payload.p - options));

	while (r.left > 0 && !r.bad) {
		uint8_t kind = eg_take8(&r);
		uint8_t len;

		if (kind == OPT_NOP)
			continue;
		len = eg_take8(&r);
		if (kind == OPT_END || len < 2)
			break;
		if (kind == OPT_MSS && len == OPT_MSS_LEN)
			return eg_take16(&r);
		eg_take(&r, len - 2u);
	}
	return 0;
}

static uint16_t clamp_mss(uint16_t mss)
{
	if (mss < MSS_MIN)
		return mss ? MSS_MIN : 0;
	return mss > MSS_MAX ? MSS_MAX : mss;
}

static void start(struct stream *s, const struct eg_flow_key *key, uint32_t iss)
{
	s->key = *key;
	s->iss = iss;
	s->sent = iss + 1;
	s->fin = false;
	s->held_len = s->past_len = 0;
}

enum eg_reason eg_dnsstream_begin(struct eg_dnsstreams *t, const struct eg_frame *f, uint64_t now,
				  struct eg_flow_key *gone, uint8_t out[EG_DNSSTREAM_FRAME_MAX],
				  size_t *out_len)
{
	const struct eg_flow_key key = eg_flow_key(f, EG_FROM_GUEST);
	const struct leaving syn = {
		.seq = f->tcp.seq,
		.window = f->tcp.window,
		.flags = EG_TCP_SYN,
		.mss = clamp_mss(find_mss(f)),
	};
	struct stream *s = find(t, &key);
	bool again = s && s->iss == f->tcp.seq;

	*out_len = 0;
	gone->proto = 0;
	if (!s) {
		s = find_room(t, now);
		if (!s)
			return EG_R_DNS_BUSY;
		*gone = s->key;
	}
	if (!again)
		start(s, &key, f->tcp.seq);
	touch(s, now);
	*out_len = build(&syn, f, out);
	return EG_R_NONE;
}

void eg_dnsstream_end(struct eg_dnsstreams *t, const struct eg_flow_key *key, enum eg_dir by)
{
	struct stream *s = find(t, key);

	if (!s)
		return;
	forget(s);
	if (by == EG_FROM_NETWORK)
		s->until = 0;
}

/* Take from R into the hold until WANT bytes are there. Returns whether they are. */
static bool hold(struct stream *s, struct eg_reader *r, size_t want)
{
	size_t n = smaller(want - s->held_len, r->left);

	memcpy(s->held + s->held_len, eg_take(r, n), n);
	s->held_len = (uint16_t)(s->held_len + n);
	return s->held_len == want;
}

/* Move the hold to the past, where the oldest bytes make room for it. */
static void send_held(struct stream *s)
{
	size_t kept = smaller(s->past_len, (size_t)(PAST_MAX - s->held_len));

	memmove(s->past, s->past + s->past_len - kept, kept);
	memcpy(s->past + kept, s->held, s->held_len);
	s->past_len = (uint16_t)(kept + s->held_len);
	s->sent += s->held_len;
	s->held_len = 0;
}

/* The hold is a whole message: judge it. What it becomes is as long as it was. */
static enum eg_reason judge_message(const struct taking *a)
{
	uint8_t *msg = a->s->held + LENGTH_FIELD;
	size_t len = a->s->held_len - (size_t)LENGTH_FIELD;
	enum eg_reason r = eg_dns_parse_query(a->q, (struct eg_span){ msg, len });

	if (r == EG_R_NONE)
		r = a->judge(a->ctx, a->q);
	if (r)
		return r;
	if (eg_dns_build_padded(a->q, len, msg) != len) /* it always is */
		return EG_R_DNS_MALFORMED;
	send_held(a->s);
	return EG_R_NONE;
}

/* What was taken is no message, so that there is no query to show. */
static enum eg_reason no_message(const struct taking *a)
{
	*a->q = (struct eg_dns_query){ 0 };
	return EG_R_DNS_MALFORMED;
}

/* Take what messages there are in R, as long as ROOM allows them to leave; what is left in R
 * then was not received. */
static enum eg_reason take_messages(const struct taking *a, struct eg_reader *r, size_t room)
{
	struct stream *s = a->s;
	enum eg_reason why;
	size_t len;

	while (r->left > 0) {
		if (s->held_len < LENGTH_FIELD && !hold(s, r, LENGTH_FIELD))
			break;
		len = eg_get16(s->held);
		if (len < QUERY_MIN || len > EG_DNSSTREAM_MESSAGE)
			return no_message(a);
		len += LENGTH_FIELD;
		if (len > room || !hold(s, r, len))
			break;
		why = judge_message(a);
		if (why)
			return why;
		room -= len;
	}
	return EG_R_NONE;
}

/* Take what is new in the segment: all that stands behind the held bytes, if it begins
 * there or before. */
static enum eg_reason take_new(const struct taking *a, size_t room)
{
	struct stream *s = a->s;
	const struct eg_span payload = a->f->payload;
	uint32_t known = s->sent + s->held_len - a->f->tcp.seq; /* huge where it begins behind */
	struct eg_reader r;
	enum eg_reason why;

	if (s->fin || known > payload.n)
		return EG_R_NONE;
	r = eg_reader(payload.p + known, payload.n - known);
	why = take_messages(a, &r, room);
	if (why || r.left > 0 || !(a->f->tcp.flags & EG_TCP_FIN))
		return why;
	if (s->held_len > 0)
		return no_message(a);
	s->fin = true;
	return EG_R_NONE;
}

/* How many new bytes may leave along with OLD that left before: they fit in one segment, and what
 * the resolver has not acknowledged (ACK) stays in the past. */
static size_t room_for(const struct stream *s, uint32_t ack, size_t old)
{
	uint32_t out = s->sent - ack;

	if (out > INT32_MAX) /* it acknowledged more: not our matter */
		out = 0;
	return smaller(EG_DNSSTREAM_SEND - old, PAST_MAX - smaller(out, PAST_MAX));
}

/* A piece of the past: N bytes from BACK below sent on. */
struct behind {
	uint32_t back, n;
};

/* The bytes that F says again, as far as they are kept. They end before sent where F does, or
 * where they fill a segment. */
static struct behind find_again(const struct stream *s, const struct eg_frame *f)
{
	uint32_t back = s->sent - f->tcp.seq;
	uint32_t kept = (uint32_t)smaller(back, s->past_len);
	size_t lost = back - kept;
	size_t n = f->payload.n > lost ? f->payload.n - lost : 0;

	if (back > INT32_MAX) /* it begins behind sent */
		return (struct behind){ 0, 0 };
	n = smaller(smaller(n, kept), EG_DNSSTREAM_SEND);
	return (struct behind){ kept, (uint32_t)n };
}

/* Whether F, for which no byte leaves, asks for an answer: a keepalive or a probe, one below
 * next (RFC 9293 3.8.4), or old bytes that are not kept, as the resolver has them. */
static bool asks(const struct stream *s, const struct eg_frame *f)
{
	uint32_t end = f->tcp.seq + (uint32_t)f->payload.n;

	return f->tcp.seq == next_of(s) - 1 || (f->payload.n > 0 && s->sent - end <= INT32_MAX);
}

/* What leaves for F: the bytes B, and the FIN behind them if F had it there. */
static struct leaving leave(const struct stream *s, const struct eg_frame *f, struct behind b)
{
	bool fin = s->fin && b.n == b.back && f->tcp.flags & EG_TCP_FIN &&
		   f->tcp.seq + f->payload.n == s->sent;
	struct leaving l = {
		.seq = s->sent - b.back,
		.ack = f->tcp.ack,
		.window = f->tcp.window,
		.flags = (uint8_t)(EG_TCP_ACK | (b.n ? EG_TCP_PSH : 0) | (fin ? EG_TCP_FIN : 0)),
		.payload = { s->past + s->past_len - b.back, b.n },
	};

	if (b.n == 0 && !fin)
		l.seq = next_of(s) - asks(s, f);
	return l;
}

/* What leaves for a RST F, and for what is reset: a RST at SEQ, which the resolver expects. */
static struct leaving reset(const struct eg_frame *f, uint32_t seq)
{
	bool acked = f->tcp.flags & EG_TCP_ACK;

	return (struct leaving){
		.seq = seq,
		.ack = acked ? f->tcp.ack : 0,
		.flags = (uint8_t)(EG_TCP_RST | (acked ? EG_TCP_ACK : 0)),
	};
}

/* Take the segment A->f, where the resolver has acknowledged all before ACK, and say in L
 * what leaves for it. Messages that were judged in front of a faulty one do not leave. */
static enum eg_reason take(const struct taking *a, uint32_t ack, struct leaving *l)
{
	struct stream *s = a->s;
	struct behind b = find_again(s, a->f);
	uint32_t sent = s->sent;
	enum eg_reason r = EG_R_NONE;

	if (b.n == b.back) {
		r = take_new(a, room_for(s, ack, b.n));
		b.back += s->sent - sent;
		b.n = b.back;
	}
	*l = r ? reset(a->f, sent) : leave(s, a->f, b);
	return r;
}

enum eg_reason eg_dnsstream_take(struct eg_dnsstreams *t, const struct eg_flow *flow,
				 const struct eg_frame *f, uint64_t now, eg_dns_judge *judge,
				 void *ctx, struct eg_dns_query *q,
				 uint8_t out[EG_DNSSTREAM_FRAME_MAX], size_t *out_len)
{
	struct stream *s = find(t, &flow->key);
	const struct taking a = { .s = s, .f = f, .judge = judge, .ctx = ctx, .q = q };
	enum eg_reason r = EG_R_NONE;
	struct leaving l;

	*q = (struct eg_dns_query){ 0 };
	*out_len = 0;
	if (!s)
		return EG_R_TCP_NO_FLOW;
	if (s->iss != flow->tcp.iss) {
		forget(s);
		return EG_R_TCP_NO_FLOW;
	}
	if (f->tcp.flags & EG_TCP_SYN || !(f->tcp.flags & (EG_TCP_RST | EG_TCP_ACK)))
		return EG_R_TCP_FLAGS;
	if (!eg_checksum_right(f))
		return EG_R_CHECKSUM;
	touch(s, now);
	if (f->tcp.flags & EG_TCP_RST)
		l = reset(f, next_of(s));
	else
		r = take(&a, flow->tcp.side[EG_FROM_NETWORK].ack, &l);
	*out_len = build(&l, f, out);
	if (r)
		forget(s);
	return r;
}

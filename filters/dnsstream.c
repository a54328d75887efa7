/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections in which the guest asks resolvers over TCP.
 *
 * Purpose. A query over TCP is held to the same as one over UDP, and answered by the same: it
 * is judged whole, and one that may not leave gets our answer in the connection, which goes
 * on. What becomes of bytes is in dnsbytes.c, of numbers in dnssplice.c; here is how
 * connections live.
 *
 * Life-cycle. The guest's SYN begins a stream, if there is a place for it (dnsplaces.c). Its
 * segments are taken (eg_dnsstream_take), the resolver's are put into the guest's numbers and
 * heard; what waited for them is said then. It ends with its flow: by a RST, when both have closed
 * it, by a fault, or because it is over:
 *
 *   idle      the resolver has said nothing new for EG_DNSSTREAM_IDLE. Nothing that the guest says
 *             counts, nor answers of ours, which it can have at will.
 *   patience  a refused query could not be answered, or an answer of ours is not acknowledged, for
 *             EG_DNSSTREAM_PATIENCE, though it was said again each second.
 *
 * Then both ends are reset, and the place stays taken until the network says that it is gone.
 *
 * Invariants
 *   - a stream begins with the SYN that the resolver acknowledged: its first number is the
 *     one that tcp.c knows, which lets no data pass before that SYN+ACK. Were it another,
 *     the resolver might read messages from their middle. So another SYN ends a stream.
 *   - what the guest is told acknowledges nothing that the resolver has not, but refused queries.
 *
 * Limits. EG_DNSSTREAMS_MAX streams of about 5 KiB, ended ones included that the network may know.
 *
 * References: RFC 7766 (DNS over TCP), 9293 (TCP).
 */
#include "dnsstream.h"

#include "checksum.h"

#include <assert.h>
#include <stdlib.h>

enum { TOLD_AGAIN = 1000 }; /* ms from an answer of ours to the same again */

static const uint64_t NEVER = UINT64_MAX;

static_assert((int)EG_DNSSPLICE_MAX <= (int)EG_DNSSTREAM_SEND, "answers fit in one segment");

struct stream {
	struct eg_dnsbytes bytes;
	uint64_t idle;  /* ms; from then on the resolver has said nothing for too long */
	uint64_t waits; /* ms; until when the guest may wait, or have us wait; NEVER: nobody does */
	uint64_t again; /* ms; when what we said is said again, or NEVER */
	uint32_t told_ack; /* what it acknowledges, and its window */
	uint16_t told_window;
	bool network_first; /* the FIN of the network's came first */
};

struct eg_dnsstreams {
	uint64_t due; /* ms; when something is over or said again */
	struct eg_dnsplaces places;
	struct stream streams[EG_DNSSTREAMS_MAX]; /* by place */
};

struct eg_dnsstreams *eg_dnsstreams_new(void)
{
	struct eg_dnsstreams *t = calloc(1, sizeof(*t));

	if (t)
		t->due = NEVER;
	return t;
}

void eg_dnsstreams_free(struct eg_dnsstreams *t)
{
	free(t);
}

static struct stream *stream_at(struct eg_dnsstreams *t, const struct eg_dnsplace *p)
{
	return &t->streams[p - t->places.at];
}

/* When stream S is over, ms. */
static uint64_t over_at(const struct stream *s)
{
	return s->idle < s->waits ? s->idle : s->waits;
}

/* Work out what is due after something has changed. */
static void note_due(struct eg_dnsstreams *t)
{
	t->due = eg_dnsplaces_due(&t->places);
	for (size_t i = 0; i < EG_DNSSTREAMS_MAX; i++) {
		const struct stream *s = &t->streams[i];

		if (t->places.at[i].state != EG_DNSPLACE_TAKEN)
			continue;
		if (over_at(s) < t->due)
			t->due = over_at(s);
		if (s->again < t->due)
			t->due = s->again;
	}
}

/* The place of the live stream of connection KEY, or NULL. */
static struct eg_dnsplace *find(struct eg_dnsstreams *t, const struct eg_flow_key *key)
{
	struct eg_dnsplace *p = eg_dnsplaces_find(&t->places, key);

	return p && p->state == EG_DNSPLACE_TAKEN ? p : NULL;
}

/* A place for a new stream of the connection of F, or NULL. */
static struct eg_dnsplace *start(struct eg_dnsstreams *t, const struct eg_frame *f, uint64_t now)
{
	const struct eg_dnspath path = eg_dnspath(f);
	struct eg_dnsplace *p = eg_dnsplaces_find(&t->places, &path.key);
	struct stream *s;

	if (p)
		return p->state == EG_DNSPLACE_TAKEN && stream_at(t, p)->bytes.iss == f->tcp.seq
			       ? p
			       : NULL;
	p = eg_dnsplaces_take(&t->places, &path);
	if (!p)
		return NULL;
	s = stream_at(t, p);
	eg_dnsbytes_begin(&s->bytes, f->tcp.seq);
	s->idle = now + EG_DNSSTREAM_IDLE;
	s->waits = s->again = NEVER;
	s->network_first = false;
	return p;
}

enum eg_reason eg_dnsstream_begin(struct eg_dnsstreams *t, const struct eg_frame *f, uint64_t now,
				  uint8_t out[EG_DNSSTREAM_FRAME_MAX], size_t *out_len)
{
	const struct eg_dnssegment syn = {
		.seq = f->tcp.seq,
		.window = f->tcp.window,
		.flags = EG_TCP_SYN,
		.mss = eg_dnssegment_mss(f),
	};
	const struct eg_dnsplace *p = start(t, f, now);

	*out_len = 0;
	if (!p)
		return EG_R_DNS_BUSY;
	note_due(t);
	*out_len = eg_dnssegment_build(&syn, &p->path, EG_FROM_GUEST, out);
	return EG_R_NONE;
}

/* Build into OUT what we said of the last bytes from FROM on. Returns its length. */
static size_t tell(const struct stream *s, const struct eg_dnsplace *p, size_t from,
		   uint8_t out[EG_DNSSTREAM_FRAME_MAX])
{
	const struct eg_dnssplice *splice = &s->bytes.splice;
	const struct eg_dnssegment told = {
		.seq = splice->mark + (uint32_t)from,
		.ack = s->told_ack,
		.window = s->told_window,
		.flags = EG_TCP_PSH | EG_TCP_ACK,
		.payload = { splice->bytes + from, splice->last - from },
	};

	return eg_dnssegment_build(&told, &p->path, EG_FROM_NETWORK, out);
}

/* After something was settled, of which FROM bytes were said before: build into OUT what is new,
 * and keep watch over it. Returns its length, 0 where there is nothing. */
static size_t tell_new(struct stream *s, const struct eg_dnsplace *p, const struct eg_tcp *tcp,
		       size_t from, uint64_t now, uint8_t out[EG_DNSSTREAM_FRAME_MAX])
{
	uint32_t ack = tcp->side[EG_FROM_NETWORK].ack;
	uint32_t window = tcp->side[EG_FROM_GUEST].maxend - ack;

	if (s->bytes.splice.last <= from)
		return 0;
	s->told_ack = ack;
	s->told_window = (uint16_t)(window < UINT16_MAX ? window : UINT16_MAX);
	s->again = now + TOLD_AGAIN;
	return tell(s, p, from, out);
}

/* Note until when something may wait for the guest, or that nothing does; anew where it got ON. */
static void watch(struct stream *s, bool on, uint64_t now)
{
	if (on)
		s->waits = NEVER;
	if (s->bytes.splice.last == 0)
		s->again = NEVER;
	if (s->bytes.splice.last == 0 && !s->bytes.refused)
		s->waits = NEVER;
	else if (s->waits == NEVER)
		s->waits = now + EG_DNSSTREAM_PATIENCE;
}

static enum eg_reason take(struct stream *s, const struct eg_dnsplace *p, struct eg_dnstaking *a,
			   uint64_t now, struct eg_dnsstream_taken *x)
{
	const struct eg_dnssplice *splice = &s->bytes.splice;
	struct eg_dnssegment out;
	enum eg_reason r = EG_R_NONE;
	size_t before = splice->last, said;

	eg_dnssplice_acked(&s->bytes.splice, a->tcp->side[EG_FROM_GUEST].ack);
	said = splice->last;
	if (a->f->tcp.flags & EG_TCP_RST)
		out = eg_dnsbytes_reset(&s->bytes, a->f);
	else
		r = eg_dnsbytes_take(a, &out);
	x->out_len = eg_dnssegment_build(&out, &p->path, EG_FROM_GUEST, x->out);
	if (r)
		return r;
	x->refused = a->refused;
	x->told_len = tell_new(s, p, a->tcp, said, now, x->told);
	watch(s, said < before || a->cut, now);
	return EG_R_NONE;
}

enum eg_reason eg_dnsstream_take(struct eg_dnsstreams *t, struct eg_flow *flow,
				 const struct eg_frame *f, uint64_t now,
				 const struct eg_dnsstream_judge *judge,
				 struct eg_dnsstream_taken *x)
{
	const struct eg_dnsplace *p = find(t, &flow->key);
	struct eg_dnstaking a = {
		.tcp = &flow->tcp, .f = f, .judge = judge, .q = &x->q, .message = &x->message
	};
	struct stream *s;
	enum eg_reason r;

	x->q = (struct eg_dns_query){ 0 };
	x->message = (struct eg_dnsmessage){ 0 };
	x->refused = EG_R_NONE;
	x->out_len = x->told_len = 0;
	if (!p)
		return EG_R_TCP_NO_FLOW;
	s = stream_at(t, p);
	if (s->bytes.iss != flow->tcp.iss)
		return EG_R_TCP_NO_FLOW;
	if (f->tcp.flags & EG_TCP_SYN || !(f->tcp.flags & (EG_TCP_RST | EG_TCP_ACK)))
		return EG_R_TCP_FLAGS;
	if (!eg_checksum_right(f))
		return EG_R_CHECKSUM;
	a.b = &s->bytes;
	r = take(s, p, &a, now, x);
	note_due(t);
	return r;
}

enum eg_reason eg_dnsstream_shift(struct eg_dnsstreams *t, const struct eg_flow_key *key,
				  struct eg_frame *f, bool *shifted)
{
	const struct eg_dnsplace *p = find(t, key);
	const struct eg_dnssplice *splice = p ? &stream_at(t, p)->bytes.splice : NULL;

	*shifted = false;
	if (!splice || !(splice->cut | splice->put))
		return EG_R_NONE;
	if (!eg_checksum_right(f))
		return EG_R_CHECKSUM;
	*shifted = eg_dnssplice_shift(splice, f);
	return EG_R_NONE;
}

void eg_dnsstream_hear(struct eg_dnsstreams *t, struct eg_flow *flow, const struct eg_frame *f,
		       uint64_t now, struct eg_injects *b)
{
	const struct eg_dnsplace *p = find(t, &flow->key);
	uint8_t frame[EG_DNSSTREAM_FRAME_MAX];
	struct stream *s;
	size_t said, len;

	if (!p)
		return;
	s = stream_at(t, p);
	if (eg_dnssplice_hear(&s->bytes.splice, f) > 0 || f->tcp.flags & EG_TCP_SYN)
		s->idle = now + EG_DNSSTREAM_IDLE;
	if (s->bytes.splice.fin && !s->bytes.fin)
		s->network_first = true;
	said = s->bytes.splice.last;
	if (s->bytes.refused && eg_dnsbytes_settle(&s->bytes, &flow->tcp)) {
		len = tell_new(s, p, &flow->tcp, said, now, frame);
		if (len > 0)
			eg_inject(b, EG_FROM_NETWORK, frame, len);
		watch(s, true, now);
	}
	note_due(t);
}

/* What the guest is told of a stream that we forget. */
static void reset_guest(const struct eg_dnsplace *p, const struct eg_flow *flow,
			struct eg_injects *b)
{
	const struct eg_dnssegment rst = {
		.seq = flow->tcp.side[EG_FROM_GUEST].ack,
		.ack = flow->tcp.side[EG_FROM_NETWORK].ack,
		.flags = EG_TCP_RST | EG_TCP_ACK,
	};
	uint8_t frame[EG_DNSSTREAM_FRAME_MAX];

	/* A guest that has not heard of a connection yet expects what acknowledges its SYN. */
	eg_inject(b, EG_FROM_NETWORK, frame,
		  eg_dnssegment_build(&rst, &p->path, EG_FROM_NETWORK, frame));
}

void eg_dnsstream_end(struct eg_dnsstreams *t, const struct eg_flow *flow,
		      enum eg_dnsstream_end how, uint64_t now, struct eg_injects *b)
{
	struct eg_dnsplace *p = find(t, &flow->key);
	enum eg_dnsplace_end tell = EG_DNSPLACE_UNTOLD;
	const struct stream *s;

	if (!p)
		return;
	s = stream_at(t, p);
	if (how == EG_DNSSTREAM_RESET_SENT)
		tell = EG_DNSPLACE_TOLD;
	else if (how == EG_DNSSTREAM_CLOSED && !s->network_first)
		tell = EG_DNSPLACE_CLOSED;
	if (how == EG_DNSSTREAM_FORGOTTEN)
		reset_guest(p, flow, b);
	if (how == EG_DNSSTREAM_RESET_BY_NETWORK)
		eg_dnsplace_free(p);
	else
		eg_dnsplace_end(p, tell, eg_dnsbytes_next(&s->bytes),
				s->bytes.splice.heard - s->bytes.splice.put, s->bytes.splice.open,
				now, b);
	note_due(t);
}

bool eg_dnsstream_is(struct eg_dnsstreams *t, const struct eg_flow_key *key)
{
	return find(t, key);
}

bool eg_dnsstream_hear_late(struct eg_dnsstreams *t, const struct eg_frame *f, struct eg_injects *b)
{
	bool gone = eg_dnsplaces_hear(&t->places, f, b);

	if (gone)
		note_due(t);
	return gone;
}

const struct eg_flow_key *eg_dnsstreams_over(const struct eg_dnsstreams *t, uint64_t now)
{
	for (size_t i = 0; i < EG_DNSSTREAMS_MAX; i++)
		if (t->places.at[i].state == EG_DNSPLACE_TAKEN && over_at(&t->streams[i]) <= now)
			return &t->places.at[i].path.key;
	return NULL;
}

void eg_dnsstreams_tick(struct eg_dnsstreams *t, uint64_t now, struct eg_injects *b)
{
	uint8_t frame[EG_DNSSTREAM_FRAME_MAX];

	eg_dnsplaces_tick(&t->places, now, b);
	for (size_t i = 0; i < EG_DNSSTREAMS_MAX; i++) {
		const struct eg_dnsplace *p = &t->places.at[i];
		struct stream *s = &t->streams[i];

		if (p->state != EG_DNSPLACE_TAKEN || s->again > now)
			continue;
		eg_inject(b, EG_FROM_NETWORK, frame, tell(s, p, 0, frame));
		s->again = now + TOLD_AGAIN;
	}
	note_due(t);
}

uint64_t eg_dnsstreams_due(const struct eg_dnsstreams *t)
{
	return t->due;
}

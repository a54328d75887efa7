/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest's bytes on their way to a resolver, in one connection.
 *
 * Purpose. A query over TCP is judged whole, and what leaves is built from its fields. A
 * resolver never gets a byte of the stream that was not judged, whatever the guest does
 * with segments.
 *
 * The trick. What leaves is exactly as long as what came (eg_dns_build_padded). So both ends
 * speak of the same sequence numbers, up to a query that is not to leave: it is taken out of
 * the stream, and answered by us (dnssplice.c).
 *
 * Terms
 *   message   a length field of two bytes and a query of that length (RFC 1035 4.2.2)
 *   sent      the number of the first byte that has not left
 *   held      bytes of an unfinished message, taken from the guest; they stand from sent on
 *   past      the last bytes that left, as they left; they stand before sent
 *   next      what the resolver expects when it has all: sent, and one more behind a FIN
 *   refused   a whole message that is held and will not leave; nothing is taken while it waits
 *
 * Life-cycle. Each segment is taken in order: bytes behind sent + held go to the hold; a hold
 * that is a whole message is judged, built anew, and moved to the past. What leaves in the
 * segment's place comes from the past alone: the bytes that were asked for again, and those
 * just judged. A FIN leaves when all before it has. A refused message waits until the resolver
 * has acknowledged all that left and our answer has a place between its own (settle). A message
 * that is none, and one that DNS has no answer for, are faults: the connection is reset.
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
 *   - only judge_message and settle move sent, by whole messages.
 *   - what stands at a number is settled by the first byte that is taken for it, and what
 *     left for a number never changes.
 *   - what left and is not acknowledged is in the past: it can always be said again.
 *
 * Limits. EG_DNSBYTES_MESSAGE bytes a message; EG_DNSSEGMENT_PAYLOAD in a segment;
 * EG_DNSBYTES_PAST unacknowledged.
 *
 * Fails how. Held bytes are not acknowledged before they leave. A client that writes the
 * length field and the message one after the other, and leaves Nagle's algorithm (RFC 9293
 * 3.7.4) on, waits for that in vain; RFC 7766 8 tells clients to write them at once.
 *
 * References: RFC 1035 4.2.2, 7766 (DNS over TCP), 7830 (padding), 9293 (TCP).
 */
#include "dnsbytes.h"

#include <assert.h>

enum {
	QUERY_MIN = EG_DNS_HEADER_LEN + 1 + 4, /* for the root */
	MESSAGE_MAX = EG_DNSBYTES_LENGTH + EG_DNSBYTES_MESSAGE,
};

static_assert(EG_DNSBYTES_LENGTH + (int)EG_DNS_REPLY_MAX <= (int)EG_DNSSPLICE_MAX,
	      "an answer fits");
static_assert((int)MESSAGE_MAX <= (int)EG_DNSSEGMENT_PAYLOAD, "a message leaves in one segment");

static inline size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

void eg_dnsbytes_begin(struct eg_dnsbytes *b, uint32_t iss)
{
	b->iss = iss;
	b->sent = iss + 1;
	b->fin = b->refused = false;
	b->held_len = b->past_len = b->reply_len = 0;
	b->splice = (struct eg_dnssplice){ 0 };
}

/* Take from R into the hold until WANT bytes are there. Returns whether they are. */
static bool hold(struct eg_dnsbytes *b, struct eg_reader *r, size_t want)
{
	size_t n = smaller(want - b->held_len, r->left);

	memcpy(b->held + b->held_len, eg_take(r, n), n);
	b->held_len = (uint16_t)(b->held_len + n);
	return b->held_len == want;
}

/* Move the hold to the past, where the oldest bytes make room for it. */
static void send_held(struct eg_dnsbytes *b)
{
	size_t kept = smaller(b->past_len, (size_t)(EG_DNSBYTES_PAST - b->held_len));

	memmove(b->past, b->past + b->past_len - kept, kept);
	memcpy(b->past + kept, b->held, b->held_len);
	b->past_len = (uint16_t)(kept + b->held_len);
	b->sent += b->held_len;
	b->held_len = 0;
}

/* To the guest it is the resolver that acknowledges the message, and answers. */
bool eg_dnsbytes_settle(struct eg_dnsbytes *b, struct eg_tcp *t)
{
	struct eg_tcp_side *resolver = &t->side[EG_FROM_NETWORK];

	if (!b->refused)
		return true;
	if (resolver->ack != b->sent)
		return false;
	if (b->reply_len > 0 && !eg_dnssplice_has_room(&b->splice, t, b->reply_len))
		return false;
	b->splice.cut += b->held_len;
	b->sent += b->held_len;
	resolver->ack = b->sent;
	if (b->reply_len > 0)
		eg_dnssplice_put(&b->splice, t, b->reply, b->reply_len);
	if (t->side[EG_FROM_GUEST].end == b->sent)
		t->gap = t->gap_new = 0; /* nothing is missing */
	b->held_len = b->past_len = b->reply_len = 0;
	b->refused = false;
	return true;
}

/* The message that is held may not leave, for R: keep what the guest is told in its place. Returns
 * R where that is nothing that DNS knows. */
static enum eg_reason refuse(struct eg_dnstaking *a, const struct eg_dns_query *q, enum eg_reason r)
{
	const struct eg_dnsstream_judge *j = a->judge;
	struct eg_dnsbytes *b = a->b;
	int len = q->name.len ? j->answer(j->ctx, q, r, b->reply + EG_DNSBYTES_LENGTH) : -1;

	if (!a->refused || len < 0)
		*a->q = *q;
	if (len < 0)
		return r;
	if (len > 0)
		eg_put16(b->reply, (uint16_t)len);
	b->reply_len = (uint16_t)(len ? len + EG_DNSBYTES_LENGTH : 0);
	b->refused = true;
	if (!a->refused)
		a->refused = r;
	return EG_R_NONE;
}

/* The hold is a whole message: judge it. What it becomes is as long as it was. */
static enum eg_reason judge_message(struct eg_dnstaking *a)
{
	uint8_t *msg = a->b->held + EG_DNSBYTES_LENGTH;
	size_t len = a->b->held_len - (size_t)EG_DNSBYTES_LENGTH;
	struct eg_dns_query q = { 0 };
	enum eg_reason r = eg_dns_parse_query(&q, (struct eg_span){ msg, len });

	*a->message = (struct eg_dnsmessage){ { a->b->held, a->b->held_len }, a->b->sent };
	if (r == EG_R_NONE)
		r = a->judge->may_leave(a->judge->ctx, &q);
	if (r)
		return refuse(a, &q, r);
	if (eg_dns_build_padded(&q, len, msg) != len) /* it always is */
		return EG_R_DNS_MALFORMED;
	send_held(a->b);
	return EG_R_NONE;
}

/* What was taken is no message, so that there is no query to show. */
static enum eg_reason no_message(const struct eg_dnstaking *a)
{
	*a->q = (struct eg_dns_query){ 0 };
	*a->message = (struct eg_dnsmessage){ 0 };
	return EG_R_DNS_MALFORMED;
}

/* Answer what is held and refused. Returns whether nothing waits. */
static bool settle(struct eg_dnstaking *a)
{
	bool refused = a->b->refused;
	bool settled = eg_dnsbytes_settle(a->b, a->tcp);

	a->cut = a->cut || (refused && settled);
	return settled;
}

/* Take what messages there are in R, as long as ROOM allows them to leave; what is left in R
 * then was not received. */
static enum eg_reason take_messages(struct eg_dnstaking *a, struct eg_reader *r, size_t room)
{
	struct eg_dnsbytes *b = a->b;
	enum eg_reason why;
	size_t len;

	while (settle(a) && r->left > 0) {
		if (b->held_len < EG_DNSBYTES_LENGTH && !hold(b, r, EG_DNSBYTES_LENGTH))
			break;
		len = eg_get16(b->held);
		if (len < QUERY_MIN || len > EG_DNSBYTES_MESSAGE)
			return no_message(a);
		len += EG_DNSBYTES_LENGTH;
		if (len > room || !hold(b, r, len))
			break;
		why = judge_message(a);
		if (why)
			return why;
		room -= b->refused ? 0 : len;
	}
	return EG_R_NONE;
}

/* Take what is new in the segment: all that stands behind the held bytes, if it begins
 * there or before. */
static enum eg_reason take_new(struct eg_dnstaking *a, size_t room)
{
	struct eg_dnsbytes *b = a->b;
	const struct eg_span payload = a->f->payload;
	uint32_t known = b->sent + b->held_len - a->f->tcp.seq; /* huge where it begins behind */
	struct eg_reader r;
	enum eg_reason why;

	if (b->fin || known > payload.n)
		return EG_R_NONE;
	r = eg_reader(payload.p + known, payload.n - known);
	why = take_messages(a, &r, room);
	if (why || r.left > 0 || b->refused || !(a->f->tcp.flags & EG_TCP_FIN))
		return why;
	if (b->held_len > 0)
		return no_message(a);
	b->fin = true;
	return EG_R_NONE;
}

/* How many new bytes may leave along with OLD that left before: they fit in one segment, and what
 * the resolver has not acknowledged stays in the past. */
static size_t room_for(const struct eg_dnstaking *a, size_t old)
{
	uint32_t out = a->b->sent - a->tcp->side[EG_FROM_NETWORK].ack;

	if (out > INT32_MAX) /* it acknowledged more: not our matter */
		out = 0;
	return smaller(EG_DNSSEGMENT_PAYLOAD - old,
		       EG_DNSBYTES_PAST - smaller(out, EG_DNSBYTES_PAST));
}

/* A piece of the past: N bytes from BACK below sent on. */
struct behind {
	uint32_t back, n;
};

/* The bytes that F says again, as far as they are kept. They end before sent where F does, or
 * where they fill a segment. */
static struct behind find_again(const struct eg_dnsbytes *b, const struct eg_frame *f)
{
	uint32_t back = b->sent - f->tcp.seq;
	uint32_t kept = (uint32_t)smaller(back, b->past_len);
	size_t lost = back - kept;
	size_t n = f->payload.n > lost ? f->payload.n - lost : 0;

	if (back > INT32_MAX) /* it begins behind sent */
		return (struct behind){ 0, 0 };
	n = smaller(smaller(n, kept), EG_DNSSEGMENT_PAYLOAD);
	return (struct behind){ kept, (uint32_t)n };
}

/* Whether F, for which no byte leaves, asks for an answer: a keepalive or a probe, one below
 * next (RFC 9293 3.8.4), or old bytes that are not kept, as the resolver has them. */
static bool asks(const struct eg_dnsbytes *b, const struct eg_frame *f)
{
	uint32_t end = f->tcp.seq + (uint32_t)f->payload.n;

	return f->tcp.seq == b->sent + b->fin - 1 ||
	       (f->payload.n > 0 && b->sent - end <= INT32_MAX);
}

/* What leaves for A->f: the bytes P, and the FIN behind them if it had it there. What we answer
 * ourselves acknowledges the query, and nobody need be asked to. */
static struct eg_dnssegment leave(const struct eg_dnstaking *a, struct behind p)
{
	const struct eg_dnsbytes *b = a->b;
	const struct eg_frame *f = a->f;
	bool told = a->cut && b->splice.last > 0;
	bool fin = b->fin && p.n == p.back && f->tcp.flags & EG_TCP_FIN &&
		   f->tcp.seq + (uint32_t)f->payload.n == b->sent;
	struct eg_dnssegment s = {
		.seq = b->sent - b->splice.cut - p.back,
		.ack = eg_dnssplice_ack(&b->splice, f->tcp.ack),
		.window = eg_dnssplice_window(&b->splice, f->tcp.ack, f->tcp.window),
		.flags = (uint8_t)(EG_TCP_ACK | (p.n ? EG_TCP_PSH : 0) | (fin ? EG_TCP_FIN : 0)),
		.payload = { b->past + b->past_len - p.back, p.n },
	};

	if (p.n == 0 && !fin)
		s.seq = eg_dnsbytes_next(b) - (!told && asks(b, f));
	return s;
}

/* A RST in place of F at SEQ, which the resolver expects. */
static struct eg_dnssegment reset_at(const struct eg_dnsbytes *b, const struct eg_frame *f,
				     uint32_t seq)
{
	bool acked = f->tcp.flags & EG_TCP_ACK;

	return (struct eg_dnssegment){
		.seq = seq,
		.ack = acked ? eg_dnssplice_ack(&b->splice, f->tcp.ack) : 0,
		.flags = (uint8_t)(EG_TCP_RST | (acked ? EG_TCP_ACK : 0)),
	};
}

struct eg_dnssegment eg_dnsbytes_reset(const struct eg_dnsbytes *b, const struct eg_frame *f)
{
	return reset_at(b, f, eg_dnsbytes_next(b));
}

/* Messages that were judged in front of a faulty one do not leave. */
enum eg_reason eg_dnsbytes_take(struct eg_dnstaking *a, struct eg_dnssegment *out)
{
	struct eg_dnsbytes *b = a->b;
	uint32_t next = b->sent - b->splice.cut, sent;
	enum eg_reason r = EG_R_NONE;
	struct behind p;

	a->refused = EG_R_NONE;
	a->cut = false;
	eg_dnssplice_acked(&b->splice, a->tcp->side[EG_FROM_GUEST].ack);
	settle(a);
	p = find_again(b, a->f);
	sent = b->sent;
	if (p.n == p.back) {
		r = take_new(a, room_for(a, p.n));
		/* After a cut all that left before is acknowledged, and not kept. */
		p.back = a->cut ? b->past_len : p.back + (b->sent - sent);
		p.n = p.back;
	}
	*out = r ? reset_at(b, a->f, next) : leave(a, p);
	return r;
}

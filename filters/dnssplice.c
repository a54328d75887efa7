/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers of ours between a resolver's, in one connection.
 *
 * Purpose. A query that may not leave is answered in the connection in which it was asked, which
 * goes on: other queries may wait for their answers in it. So bytes of the guest's never leave,
 * and bytes of ours are said that the resolver does not know of. From then on the two
 * ends count differently, and this file says how.
 *
 *   the guest's bytes:     number at the resolver's end = number at the guest's - cut
 *   the resolver's bytes:  number at the guest's end = number at the resolver's + put
 *
 * The second holds from mark + last on; what the resolver says again of what it said before ours
 * is moved by put - last, and a segment that reaches from there beyond mark is cut there: its
 * sender says the rest again. All numbers that are kept are the guest's, as in tcp.c.
 *
 * Invariants
 *   - bytes of the guest's are cut out only when the resolver has acknowledged all before them:
 *     what it acknowledges later is acknowledged to the guest with them.
 *   - ours stand between two messages of the resolver's, never within one, with no hole before.
 *   - before others of ours are put elsewhere the guest has acknowledged these: there is never
 *     more than one place at which old numbers and new ones meet. Once it has, all that the
 *     resolver may say again from before is known to the guest, however it is numbered, so that
 *     the place is forgotten.
 *
 * References: RFC 7766 7 (answers in any order), RFC 9293 3.4.
 */
#include "dnssplice.h"

#include "checksum.h"

enum { AT_SEQ = 4, AT_ACK = 8, AT_FLAGS = 13 };

uint32_t eg_dnssplice_ack(const struct eg_dnssplice *s, uint32_t ack)
{
	uint32_t before = s->put - s->last;
	int32_t into = (int32_t)(ack - s->mark);

	if (s->last == 0 || into >= (int32_t)s->last)
		return ack - s->put;
	return (into < 0 ? ack : s->mark) - before;
}

/* The window ends at the same byte for both, unless that is one of ours. */
uint16_t eg_dnssplice_window(const struct eg_dnssplice *s, uint32_t ack, uint16_t window)
{
	int32_t left = (int32_t)(ack + window - s->put - eg_dnssplice_ack(s, ack));

	return left < 0 ? 0 : (uint16_t)left;
}

bool eg_dnssplice_shift(const struct eg_dnssplice *s, struct eg_frame *f)
{
	uint32_t before = s->put - s->last;
	int32_t to_mark = (int32_t)(s->mark - before - f->tcp.seq);
	size_t cut = 0;

	if (!(s->cut | s->put) || f->tcp.flags & EG_TCP_SYN)
		return false;
	if (f->tcp.flags & EG_TCP_ACK)
		f->tcp.ack += s->cut;
	if (s->last == 0 || to_mark <= 0) {
		f->tcp.seq += s->put;
		return true;
	}
	f->tcp.seq += before;
	if (f->payload.n >= (size_t)to_mark) {
		cut = f->payload.n - (size_t)to_mark;
		f->tcp.flags &= (uint8_t)~EG_TCP_FIN;
	}
	f->payload.n -= cut;
	f->l4_len = (uint16_t)(f->l4_len - cut);
	f->len -= cut;
	return true;
}

void eg_dnssplice_rewrite(const struct eg_frame *f, uint8_t *frame)
{
	uint8_t *ip = frame + EG_ETH_LEN, *tcp = frame + f->l4_off;

	if (f->ip_version == 4)
		eg_put16(ip + 2, (uint16_t)(f->len - EG_ETH_LEN));
	else
		eg_put16(ip + 4, (uint16_t)(f->len - EG_ETH_LEN - EG_IP6_LEN));
	eg_put32(tcp + AT_SEQ, f->tcp.seq);
	eg_put32(tcp + AT_ACK, f->tcp.flags & EG_TCP_ACK ? f->tcp.ack : 0);
	tcp[AT_FLAGS] = f->tcp.flags;
	eg_checksum_fill(frame, f->len);
}

/* Follow the lengths of the resolver's messages over N more bytes at P. */
static void follow(struct eg_dnssplice *s, const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t step = 1;

		if (s->rest > 0) {
			step = n < s->rest ? n : s->rest;
			s->rest = (uint16_t)(s->rest - step);
		} else if (s->in_length) {
			s->rest = (uint16_t)(s->high << 8 | *p);
			s->in_length = false;
		} else {
			s->high = *p;
			s->in_length = true;
		}
		p += step;
		n -= step;
	}
}

size_t eg_dnssplice_hear(struct eg_dnssplice *s, const struct eg_frame *f)
{
	uint32_t known = s->heard - f->tcp.seq; /* huge where it begins after a hole */
	size_t n;

	if (f->tcp.flags & EG_TCP_SYN) {
		if (!s->open)
			s->heard = f->tcp.seq + 1;
		s->open = true;
		return 0;
	}
	if (!s->open || s->fin || known > f->payload.n)
		return 0;
	n = f->payload.n - known;
	follow(s, f->payload.p + known, n);
	s->fin = f->tcp.flags & EG_TCP_FIN;
	s->heard += (uint32_t)n + s->fin;
	return n;
}

void eg_dnssplice_acked(struct eg_dnssplice *s, uint32_t ack)
{
	if (s->last > 0 && (int32_t)(ack - s->mark - s->last) >= 0)
		s->last = 0;
}

bool eg_dnssplice_has_room(const struct eg_dnssplice *s, const struct eg_tcp *t, size_t n)
{
	const struct eg_tcp_side *resolver = &t->side[EG_FROM_NETWORK];

	if (!s->open || s->fin || s->rest > 0 || s->in_length || s->heard != resolver->end)
		return false;
	if ((int32_t)(resolver->maxend - s->heard - (uint32_t)n) < 0)
		return false;
	return s->last + n <= EG_DNSSPLICE_MAX && (s->last == 0 || s->heard == s->mark + s->last);
}

void eg_dnssplice_put(struct eg_dnssplice *s, struct eg_tcp *t, const uint8_t *p, size_t n)
{
	if (s->last == 0)
		s->mark = s->heard;
	memcpy(s->bytes + s->last, p, n);
	s->last = (uint16_t)(s->last + n);
	s->put += (uint32_t)n;
	s->heard += (uint32_t)n;
	t->side[EG_FROM_NETWORK].end = s->heard;
}

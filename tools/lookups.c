/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers of a capture, as those to what the filter sent.
 *
 * Purpose. A query leaves the filter with a port and an id of the filter's own, and the answer
 * comes to those. A capture that was made without the filter has the answer to the guest's: it
 * would be one that nobody asked for. So the answer is given what the query left with.
 *
 * Invariants. An answer is changed only where guest, resolver, port, id and the name's bytes are
 * those of a query that left, and its checksum is right: what would not have been this guest's
 * answer is not made one, and the filter judges it.
 *
 * Limits. The last EG_LOOKUPS_MAX queries: more than the filter itself waits for. Answers in
 * fragments, over TCP (whose ids stay) and ICMP errors about queries are left as they are.
 */
#include "lookups.h"

#include "checksum.h"

enum { ID = 0, HEADER = 12, UDP_DPORT = 2 };

/* The bytes of the name at P, of which N are there, in a message's question; 0 where it is none. */
static size_t name_len(const uint8_t *p, size_t n)
{
	size_t at = 0;

	while (at < n && p[at] != 0 && p[at] < 64)
		at += 1 + (size_t)p[at];
	return at < n && p[at] == 0 && at < EG_NAME_MAX ? at + 1 : 0;
}

/* Whether F is DNS over UDP, and how long the name in it is. */
static bool is_message(const struct eg_frame *f, uint16_t port, size_t *n)
{
	if (f->proto != EG_PROTO_UDP || port != EG_DNS_PORT || f->payload.n < HEADER)
		return false;
	*n = name_len(f->payload.p + HEADER, f->payload.n - HEADER);
	return *n > 0;
}

void eg_lookups_sent(struct eg_lookups *l, const uint8_t *frame, size_t len, const uint8_t *sent,
		     size_t sent_len)
{
	struct eg_lookup *q = &l->all[l->next];
	struct eg_frame was, is;
	size_t n, m;

	if (eg_frame_decode(&was, frame, len) || eg_frame_decode(&is, sent, sent_len) ||
	    !is_message(&was, was.dport, &n) || !is_message(&is, is.dport, &m) || n != m)
		return;
	q->guest = was.src;
	q->resolver = was.dst;
	q->port = was.sport;
	q->id = eg_get16(was.payload.p + ID);
	q->sent_port = is.sport;
	q->sent_id = eg_get16(is.payload.p + ID);
	q->name_len = n;
	memcpy(q->name, was.payload.p + HEADER, n);
	memcpy(q->sent_name, is.payload.p + HEADER, n);
	l->next = (l->next + 1) % EG_LOOKUPS_MAX;
}

static bool is_answer(const struct eg_lookup *q, const struct eg_frame *f, size_t n)
{
	return q->name_len == n && q->port == f->dport && q->id == eg_get16(f->payload.p + ID) &&
	       eg_addr_equal(&q->guest, &f->dst) && eg_addr_equal(&q->resolver, &f->src) &&
	       memcmp(q->name, f->payload.p + HEADER, n) == 0;
}

void eg_lookups_answer(const struct eg_lookups *l, uint8_t *frame, size_t len)
{
	struct eg_frame f;
	size_t n;

	if (eg_frame_decode(&f, frame, len) || !is_message(&f, f.sport, &n) ||
	    !eg_checksum_right(&f))
		return;
	/* The newest first: ports and ids are used again. */
	for (size_t i = EG_LOOKUPS_MAX; i > 0; i--) {
		const struct eg_lookup *q = &l->all[(l->next + i - 1) % EG_LOOKUPS_MAX];
		uint8_t *udp = frame + f.l4_off, *message = udp + EG_UDP_LEN;

		if (!is_answer(q, &f, n))
			continue;
		eg_put16(udp + UDP_DPORT, q->sent_port);
		eg_put16(message + ID, q->sent_id);
		memcpy(message + HEADER, q->sent_name, n);
		eg_checksum_fill(frame, f.len);
		return;
	}
}

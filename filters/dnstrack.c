/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queries that wait for their answer.
 *
 * Purpose. An answer passes if it was asked for: by this address and port, of this
 * resolver, with this id, for this name and type, and not long ago. What else comes
 * from a resolver's port is nobody's.
 *
 * Terms. A query is known by its key: both addresses, both ports, the id, the type and
 * the folded name. Its place is the number of its row in all arrays.
 *
 * Life-cycle
 *   free     expires is not ahead
 *   waiting  from ask on; the same query again (a client that grew impatient) starts its
 *            clock anew and keeps the letter case of the last one
 *   free     by the first answer that fits, or by time, EG_DNSTRACK_TIMEOUT after it
 *            was asked last
 *
 * Invariants. No two waiting queries have the same key. An answer ends one wait and no
 * more: a second answer to the same query passes only if it was asked again.
 *
 * Limits. EG_DNSTRACK_CAPACITY waiting queries, looked through one by one. What rules
 * out most of them (time, id, the guest's port) stands apart from the rest, 4 KiB in a
 * row: a full table costs about 0.2 microseconds, and 2 where a guest gives all its
 * queries the same id and port.
 *
 * Fails how. A full table refuses the query; nobody who waits is evicted.
 *
 * References: RFC 5452 9.1 (what an answer must match), RFC 1035 4.1.1 (id).
 */
#include "dnstrack.h"

#include <stdlib.h>

/* What differs between most queries, id and port copied from the key. */
struct wait {
	uint64_t expires; /* ms */
	uint16_t guest_port, id;
};

struct key {
	struct eg_addr guest, resolver;
	uint16_t guest_port, resolver_port;
	uint16_t id, type;
	struct eg_name name;
};

struct query {
	struct key key;
	uint8_t raw[EG_NAME_MAX];
};

struct eg_dnstrack {
	struct wait waits[EG_DNSTRACK_CAPACITY];
	struct query queries[EG_DNSTRACK_CAPACITY];
};

enum { NONE = EG_DNSTRACK_CAPACITY };

struct eg_dnstrack *eg_dnstrack_new(void)
{
	return calloc(1, sizeof(struct eg_dnstrack));
}

void eg_dnstrack_free(struct eg_dnstrack *t)
{
	free(t);
}

/* Whether two keys agree in what no struct wait has. */
static bool same_rest(const struct key *a, const struct key *b)
{
	return a->type == b->type && a->resolver_port == b->resolver_port &&
	       eg_addr_equal(&a->guest, &b->guest) && eg_addr_equal(&a->resolver, &b->resolver) &&
	       eg_name_equal(&a->name, &b->name);
}

/* The place where KEY waits at NOW, or NONE; VACANT is then a free one, or NONE. */
static size_t find(const struct eg_dnstrack *t, const struct key *key, uint64_t now, size_t *vacant)
{
	*vacant = NONE;
	for (size_t i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		const struct wait *w = &t->waits[i];

		if (w->expires <= now)
			*vacant = i;
		else if (w->id == key->id && w->guest_port == key->guest_port &&
			 same_rest(&t->queries[i].key, key))
			return i;
	}
	return NONE;
}

enum eg_reason eg_dnstrack_ask(struct eg_dnstrack *t, const struct eg_frame *f,
			       const struct eg_dns_query *q, uint64_t now)
{
	const struct key key = {
		.guest = f->src,
		.resolver = f->dst,
		.guest_port = f->sport,
		.resolver_port = f->dport,
		.id = q->id,
		.type = q->type,
		.name = q->name,
	};
	size_t vacant;
	size_t i = find(t, &key, now, &vacant);

	if (i == NONE)
		i = vacant;
	if (i == NONE)
		return EG_R_DNS_BUSY;
	t->waits[i] = (struct wait){
		.expires = now + EG_DNSTRACK_TIMEOUT,
		.guest_port = key.guest_port,
		.id = key.id,
	};
	t->queries[i].key = key;
	memcpy(t->queries[i].raw, q->raw, q->name.len);
	return EG_R_NONE;
}

enum eg_reason eg_dnstrack_answer(struct eg_dnstrack *t, const struct eg_frame *f,
				  const struct eg_dns_answer *a, uint64_t now,
				  uint8_t raw[EG_NAME_MAX])
{
	const struct key key = {
		.guest = f->dst,
		.resolver = f->src,
		.guest_port = f->dport,
		.resolver_port = f->sport,
		.id = a->id,
		.type = a->type,
		.name = a->name,
	};
	size_t vacant;
	size_t i = find(t, &key, now, &vacant);

	if (i == NONE)
		return EG_R_DNS_ANSWER;
	memcpy(raw, t->queries[i].raw, a->name.len);
	t->waits[i].expires = 0;
	return EG_R_NONE;
}

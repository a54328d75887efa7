/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queries that wait for their answer.
 *
 * Purpose. An answer passes if it was asked for: by this address and port, of this
 * resolver, with this id, for this name and type, and not long ago. What else comes
 * from a resolver's port is nobody's.
 *
 * Terms. A query is known by its key: both addresses, both ports, the id, the type and
 * the folded name. Its place is the number of its row in all arrays. Its alias is the port
 * and the id that it has while it is under way.
 *
 * Aliases. slirp keeps a socket for minutes for each address and port that a guest sends from, and
 * whoever reaches that socket on the host reaches the guest. So queries leave from a few ports of
 * our own, whatever the client's, and nothing else is ever taken from or to these ports: a guest
 * cannot use up the host program's descriptors, nor have a look-up of its own answered by somebody
 * who then is "the network that wrote first". The id is ours as well: it is no 16 bits for the
 * guest to choose. Place i leaves from port i modulo their number, and no two that wait there have
 * the same id.
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
 * At most EG_DNSTRACK_CLIENTS addresses ask: with the ports, that bounds slirp's sockets.
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
	uint16_t alias; /* the id that it left with */
	uint8_t raw[EG_NAME_MAX];
};

struct client {
	struct eg_addr addr;
	uint64_t expires; /* ms */
};

struct eg_dnstrack {
	struct eg_seed seed;
	uint64_t ids; /* drawn so far */
	struct client clients[EG_DNSTRACK_CLIENTS];
	struct wait waits[EG_DNSTRACK_CAPACITY];
	struct query queries[EG_DNSTRACK_CAPACITY];
};

enum { NONE = EG_DNSTRACK_CAPACITY };

struct eg_dnstrack *eg_dnstrack_new(const struct eg_seed *seed)
{
	struct eg_dnstrack *t = calloc(1, sizeof(*t));

	if (t)
		t->seed = *seed;
	return t;
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

bool eg_dnstrack_has_port(uint16_t port)
{
	return port >= EG_DNSTRACK_PORT && port < EG_DNSTRACK_PORT + EG_DNSTRACK_PORTS;
}

static uint16_t port_of(size_t place)
{
	return (uint16_t)(EG_DNSTRACK_PORT + place % EG_DNSTRACK_PORTS);
}

/* The place that waits at NOW for an answer to PORT with alias ID, or NONE. */
static size_t find_alias(const struct eg_dnstrack *t, uint16_t port, uint16_t id, uint64_t now)
{
	if (!eg_dnstrack_has_port(port))
		return NONE;
	for (size_t i = (size_t)port - EG_DNSTRACK_PORT; i < EG_DNSTRACK_CAPACITY;
	     i += EG_DNSTRACK_PORTS)
		if (t->waits[i].expires > now && t->queries[i].alias == id)
			return i;
	return NONE;
}

/* An id for PLACE that nobody foresees, and that no other on its port has. */
static uint16_t draw_id(struct eg_dnstrack *t, size_t place, uint64_t now)
{
	uint16_t id;

	do {
		id = (uint16_t)eg_siphash13(&t->seed, &t->ids, sizeof(t->ids));
		t->ids++;
	} while (find_alias(t, port_of(place), id, now) != NONE);
	return id;
}

/* Whether ADDR may ask at NOW: it asked lately, or there is room for one more. */
static bool admit(struct eg_dnstrack *t, const struct eg_addr *addr, uint64_t now)
{
	struct client *vacant = NULL;

	for (struct client *c = t->clients; c < t->clients + EG_DNSTRACK_CLIENTS; c++) {
		if (c->expires <= now) {
			vacant = c;
		} else if (eg_addr_equal(&c->addr, addr)) {
			vacant = c;
			break;
		}
	}
	if (vacant)
		*vacant = (struct client){ *addr, now + EG_DNSTRACK_CLIENT_TIMEOUT };
	return vacant;
}

enum eg_reason eg_dnstrack_ask(struct eg_dnstrack *t, const struct eg_frame *f,
			       const struct eg_dns_query *q, uint64_t now,
			       struct eg_dns_alias *alias)
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

	if ((i == NONE && vacant == NONE) || !admit(t, &f->src, now))
		return EG_R_DNS_BUSY;
	if (i == NONE) {
		i = vacant;
		t->queries[i].alias = draw_id(t, i, now);
		t->queries[i].key = key;
	}
	t->waits[i] = (struct wait){
		.expires = now + EG_DNSTRACK_TIMEOUT,
		.guest_port = key.guest_port,
		.id = key.id,
	};
	memcpy(t->queries[i].raw, q->raw, q->name.len);
	*alias = (struct eg_dns_alias){ .port = port_of(i), .id = t->queries[i].alias };
	return EG_R_NONE;
}

enum eg_reason eg_dnstrack_answer(struct eg_dnstrack *t, const struct eg_frame *f,
				  const struct eg_dns_answer *a, uint64_t now,
				  struct eg_dns_alias *client, uint8_t raw[EG_NAME_MAX])
{
	const struct key key = {
		.guest = f->dst,
		.resolver = f->src,
		.resolver_port = f->sport,
		.type = a->type,
		.name = a->name,
	};
	size_t i = find_alias(t, f->dport, a->id, now);

	if (i == NONE || !same_rest(&t->queries[i].key, &key))
		return EG_R_DNS_ANSWER;
	memcpy(raw, t->queries[i].raw, a->name.len);
	*client = (struct eg_dns_alias){ .port = t->waits[i].guest_port, .id = t->waits[i].id };
	t->waits[i].expires = 0;
	return EG_R_NONE;
}

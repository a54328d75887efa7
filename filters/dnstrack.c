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
 * out most of them (a mark of id and guest's port) stands apart from the rest, in a row: half a KiB
 * is looked at for each query, and the rest as well where a guest gives all of them the same id and
 * port.
 *
 * At most EG_DNSTRACK_CLIENTS addresses ask: with the ports, that bounds slirp's sockets.
 *
 * Fails how. A full table refuses the query; nobody who waits is evicted.
 *
 * References: RFC 5452 9.1 (what an answer must match), RFC 1035 4.1.1 (id).
 */
#include "dnstrack.h"

#include "pages.h"

#include <assert.h>
#include <stdlib.h>

/* Most names are short: what is used of it are two cache lines. */
struct query {
	struct eg_addr guest, resolver;
	uint16_t resolver_port, type;
	uint8_t len;                    /* of the name */
	uint8_t names[2 * EG_NAME_MAX]; /* folded, and behind its len bytes as it was written */
	uint8_t unused[29];
};
static_assert(sizeof(struct query) % 64 == 0, "no more lines than needed");

struct client {
	struct eg_addr addr;
	uint64_t expires; /* ms */
};

struct eg_dnstrack {
	void *memory; /* this stands in it */
	struct eg_seed seed;
	uint64_t ids; /* drawn so far */
	size_t hand;  /* the place at which the search for a free one starts */
	struct client clients[EG_DNSTRACK_CLIENTS];
	/* By place. */
	uint16_t marks[EG_DNSTRACK_CAPACITY];   /* what asked comes to: see to_mark */
	uint32_t asked[EG_DNSTRACK_CAPACITY];   /* id and the guest's port: see to_asked */
	uint64_t expires[EG_DNSTRACK_CAPACITY]; /* ms */
	uint16_t alias[EG_DNSTRACK_CAPACITY];   /* the id that it left with */
	_Alignas(64) struct query queries[EG_DNSTRACK_CAPACITY];
};

enum { NONE = EG_DNSTRACK_CAPACITY };

struct eg_dnstrack *eg_dnstrack_new(const struct eg_seed *seed)
{
	void *memory = NULL;
	struct eg_dnstrack *t = eg_pages_new(sizeof(*t), EG_PAGES_DENSE, &memory);

	if (!t)
		return NULL;
	t->memory = memory;
	t->seed = *seed;
	return t;
}

void eg_dnstrack_free(struct eg_dnstrack *t)
{
	if (t)
		free(t->memory);
}

static inline uint32_t to_asked(uint16_t guest_port, uint16_t id)
{
	return (uint32_t)guest_port << 16 | id;
}

/* Few that differ have the same. */
static inline uint16_t to_mark(uint32_t asked)
{
	return (uint16_t)(asked * 0x9e3779b1 >> 16);
}

/* The rest of a query's key. */
struct rest {
	const struct eg_addr *guest, *resolver;
	uint16_t resolver_port, type;
	const struct eg_name *name;
};

static bool same_rest(const struct query *q, const struct rest *k)
{
	return q->type == k->type && q->resolver_port == k->resolver_port &&
	       eg_addr_equal(&q->guest, k->guest) && eg_addr_equal(&q->resolver, k->resolver) &&
	       q->len == k->name->len && memcmp(q->names, k->name->wire, q->len) == 0;
}

/* The place where what was ASKED, with K, waits at NOW, or NONE. */
static size_t find(const struct eg_dnstrack *t, uint32_t asked, const struct rest *k, uint64_t now)
{
	uint16_t mark = to_mark(asked), alike = 0;

	/* Nothing leaves this loop early, so that compilers can take several places at a time. */
	for (size_t i = 0; i < EG_DNSTRACK_CAPACITY; i++)
		alike = (uint16_t)(alike + (t->marks[i] == mark));
	for (size_t i = 0; alike > 0; i++) {
		if (t->marks[i] != mark)
			continue;
		if (t->asked[i] == asked && t->expires[i] > now && same_rest(&t->queries[i], k))
			return i;
		alike--;
	}
	return NONE;
}

/* A place that is free at NOW, or NONE. Most often it is the one after the last. */
static size_t find_free(const struct eg_dnstrack *t, uint64_t now)
{
	for (size_t n = 0; n < EG_DNSTRACK_CAPACITY; n++) {
		size_t i = (t->hand + n) % EG_DNSTRACK_CAPACITY;

		if (t->expires[i] <= now)
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
		if (t->expires[i] > now && t->alias[i] == id)
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

/* Where ADDR stands, or may stand, among those who ask at NOW; NULL: there is no more room. */
static struct client *client_of(struct eg_dnstrack *t, const struct eg_addr *addr, uint64_t now)
{
	struct client *vacant = NULL;

	for (struct client *c = t->clients; c < t->clients + EG_DNSTRACK_CLIENTS; c++) {
		if (c->expires <= now)
			vacant = c;
		else if (eg_addr_equal(&c->addr, addr))
			return c;
	}
	return vacant;
}

/* Have query Q of frame F, whose rest is K, wait at place I. */
static void store(struct eg_dnstrack *t, size_t i, const struct eg_frame *f,
		  const struct eg_dns_query *q, const struct rest *k)
{
	struct query *to = &t->queries[i];

	t->asked[i] = to_asked(f->sport, q->id);
	t->marks[i] = to_mark(t->asked[i]);
	to->guest = *k->guest;
	to->resolver = *k->resolver;
	to->resolver_port = k->resolver_port;
	to->type = k->type;
	to->len = k->name->len;
	eg_copy(to->names, k->name->wire, to->len);
}

void eg_dnstrack_expect(const struct eg_dnstrack *t)
{
	const uint8_t *next = (const uint8_t *)&t->queries[t->hand % EG_DNSTRACK_CAPACITY];

	__builtin_prefetch(next, 1);
	__builtin_prefetch(next + 64, 1);
}

static struct rest rest_of(const struct eg_frame *f, const struct eg_dns_query *q)
{
	return (struct rest){
		.guest = &f->src,
		.resolver = &f->dst,
		.resolver_port = f->dport,
		.type = q->type,
		.name = &q->name,
	};
}

enum eg_reason eg_dnstrack_plan(struct eg_dnstrack *t, const struct eg_frame *f,
				const struct eg_dns_query *q, uint64_t now,
				struct eg_dns_place *place)
{
	const struct rest k = rest_of(f, q);
	size_t i = find(t, to_asked(f->sport, q->id), &k, now);

	place->again = i != NONE;
	place->number = place->again ? i : find_free(t, now);
	if (place->number == NONE || !client_of(t, &f->src, now))
		return EG_R_DNS_BUSY;
	place->alias.port = port_of(place->number);
	place->alias.id = place->again ? t->alias[i] : draw_id(t, place->number, now);
	return EG_R_NONE;
}

void eg_dnstrack_ask(struct eg_dnstrack *t, const struct eg_frame *f, const struct eg_dns_query *q,
		     uint64_t now, const struct eg_dns_place *place)
{
	const struct rest k = rest_of(f, q);
	size_t i = place->number;

	*client_of(t, &f->src, now) = (struct client){ f->src, now + EG_DNSTRACK_CLIENT_TIMEOUT };
	if (!place->again) {
		store(t, i, f, q, &k);
		t->alias[i] = place->alias.id;
		t->hand = i + 1;
	}
	t->expires[i] = now + EG_DNSTRACK_TIMEOUT;
	eg_copy(t->queries[i].names + q->name.len, q->raw, q->name.len);
}

enum eg_reason eg_dnstrack_answer(struct eg_dnstrack *t, const struct eg_frame *f,
				  const struct eg_dns_answer *a, uint64_t now,
				  struct eg_dns_alias *client, uint8_t raw[EG_NAME_MAX])
{
	const struct rest k = {
		.guest = &f->dst,
		.resolver = &f->src,
		.resolver_port = f->sport,
		.type = a->type,
		.name = &a->name,
	};
	size_t i = find_alias(t, f->dport, a->id, now);

	if (i == NONE || !same_rest(&t->queries[i], &k))
		return EG_R_DNS_ANSWER;
	eg_copy(raw, t->queries[i].names + a->name.len, a->name.len);
	*client = (struct eg_dns_alias){ .port = (uint16_t)(t->asked[i] >> 16),
					 .id = (uint16_t)t->asked[i] };
	t->expires[i] = 0;
	return EG_R_NONE;
}

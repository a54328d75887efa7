/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions that wait for their answer.
 *
 * Purpose. An answer passes if it was asked for: by this address and port, of this
 * resolver, with this id, for this name and type, and not long ago. What else comes
 * from a resolver's port is nobody's.
 *
 * Slirp's socket takes datagrams from everybody, and what comes from port 53 reads as the
 * resolver's. So all that tells an answer from a stranger's is what the stranger does not know. It
 * is ours, and drawn anew for each question: the id, the port (dnsports.c), and which letters of
 * the name are capitals, which resolvers repeat (RFC 5452; "0x20").
 *
 * Terms
 *   question  type, name, resolver, and the flags and size that the query leaves with
 *   place     the number of its row in all arrays
 *   client    who asked it: address, station, port, id, and the letters that it wrote
 *   misfit    a datagram to a port of questions that answers none of them
 *
 * One for each. However many clients ask a question, and however often, one query of it is under
 * way: ten with ten ids would be ten chances. Its answer goes to each of them. One who comes later
 * only joins; where the query left longer than EG_DNSTRACK_PATIENCE ago it leaves again, as it is:
 * it may be lost. As flags make questions of their own, there are EG_DNSTRACK_ALIKE for a name and
 * type.
 *
 * Misfits. With the eleventh on its port a question is given up: its clients are told SERVFAIL, and
 * ask again with all drawn anew.
 *
 * Letters. Some few resolvers write names as they like. An answer that fits but for the letters is
 * no answer yet: the question is asked once more with everything drawn anew, and the second such
 * answer passes. So who guesses must do so twice, each time id and port: that is 32 bits and more.
 *
 * Life-cycle
 *   free     expires is not ahead
 *   waiting  from ask on, for EG_DNSTRACK_TIMEOUT, however often it is asked again
 *   free     when its last client was taken: by the answer, an error, or misfits; or by time
 *
 * Invariants. No two waiting questions are the same; no two on a port have the same id. An answer
 * serves each client once.
 *
 * Limits. EG_DNSTRACK_CAPACITY questions, looked through one by one. What rules out most of them
 * (a mark of type, name and resolver; the id) stands apart from the rest, in rows of half a KiB.
 * Beside the first client of each there is room for EG_DNSWAIT_MORE, and EG_DNSWAIT_SAME of a
 * question.
 *
 * Fails how. A full table refuses the query, with one exception: an address for which nothing waits
 * gets the place of the question that has waited longest, if that is EG_DNSTRACK_YIELD or more.
 * So who asks for what is never answered, from one address or from many, does not keep others out.
 *
 * References: RFC 5452 9.1 (what an answer must match), RFC 1035 4.1.1 (id), RFC 4343 (letters).
 */
#include "dnstrack.h"

#include "dnswait.h"
#include "pages.h"

#include <assert.h>
#include <stdlib.h>

enum { NONE = EG_DNSTRACK_NONE };

/* Most names are short: what is used of it are two cache lines. */
struct question {
	struct eg_addr resolver;
	uint16_t type, size;
	uint8_t flags; /* see flags_of */
	uint8_t len;   /* of the name */
	uint8_t port;  /* its number */
	uint8_t misfits;
	bool folded;                    /* one answer fitted but for the letters */
	uint32_t sent;                  /* which query of its port it is */
	uint8_t names[2 * EG_NAME_MAX]; /* folded, and after its len bytes as it left */
	uint8_t unused[32];
};
static_assert(sizeof(struct question) % 64 == 0, "no more lines than needed");

static_assert((int)EG_DNSTRACK_TIMEOUT <= (int)EG_DNSPORTS_SHORT, "no question outlives its port");
static_assert((int)EG_DNSTRACK_CAPACITY == (int)EG_DNSWAIT_QUESTIONS, "a list for each");

struct eg_dnstrack {
	void *memory; /* this stands in it */
	struct eg_seed seed;
	eg_port_taken *taken;
	void *ctx;
	uint64_t drawn; /* numbers drawn so far */
	size_t hand;    /* the place at which the search for a free one starts */
	struct eg_dnsports ports;
	uint8_t fresh[EG_NAME_MAX + EG_DNSCASE_SPARE]; /* the letters of a query that is planned */
	/* By place. */
	uint16_t marks[EG_DNSTRACK_CAPACITY];   /* see to_mark */
	uint16_t ids[EG_DNSTRACK_CAPACITY];     /* as it left */
	uint64_t expires[EG_DNSTRACK_CAPACITY]; /* ms */
	uint64_t left[EG_DNSTRACK_CAPACITY];    /* when it left last, ms */
	struct eg_dnswaits waits;
	_Alignas(64) struct question questions[EG_DNSTRACK_CAPACITY];
};

struct eg_dnstrack *eg_dnstrack_new(const struct eg_seed *seed, eg_port_taken *taken, void *ctx)
{
	void *memory = NULL;
	struct eg_dnstrack *t = eg_pages_new(sizeof(*t), EG_PAGES_DENSE, &memory);

	if (!t)
		return NULL;
	t->memory = memory;
	t->seed = *seed;
	t->taken = taken;
	t->ctx = ctx;
	eg_dnswaits_fill(&t->waits);
	return t;
}

void eg_dnstrack_free(struct eg_dnstrack *t)
{
	if (t)
		free(t->memory);
}

static uint64_t draw(struct eg_dnstrack *t)
{
	t->drawn++;
	return eg_siphash13(&t->seed, &t->drawn, sizeof(t->drawn));
}

/* Few questions that differ have the same; none has 0. */
static uint16_t to_mark(const struct eg_dnstrack *t, const struct eg_dns_query *q,
			const struct eg_addr *resolver)
{
	uint64_t h = t->seed.k1 ^ eg_get64le(resolver->b + 8) ^ q->type;

	for (size_t i = 0; i < q->name.len; i += 8) {
		h = (h ^ eg_name_word(&q->name, i)) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return (uint16_t)(h >> 16 | 1);
}

static uint8_t flags_of(const struct eg_dns_query *q)
{
	return (uint8_t)(q->rd | q->ad << 1 | q->cd << 2 | q->edns << 3 | q->dnssec_ok << 4);
}

/* Write NAME to T->fresh, in letters of our choice. */
static const uint8_t *toss_letters(struct eg_dnstrack *t, const struct eg_name *name)
{
	uint64_t random[EG_DNSCASE_NUMBERS];

	for (size_t i = 0; i * 64 < name->len; i++)
		random[i] = draw(t);
	eg_dnscase_toss(name, random, t->fresh);
	return t->fresh;
}

static bool same_name(const struct question *k, const struct eg_dns_query *q,
		      const struct eg_addr *resolver)
{
	return k->type == q->type && k->len == q->name.len &&
	       eg_addr_equal(&k->resolver, resolver) && memcmp(k->names, q->name.wire, k->len) == 0;
}

/* The place where Q to RESOLVER, whose mark is MARK, waits at NOW, or NONE; *ALIKE becomes how many
 * differ from it in flags and size alone. */
static size_t find(const struct eg_dnstrack *t, uint16_t mark, const struct eg_dns_query *q,
		   const struct eg_addr *resolver, uint64_t now, unsigned *alike)
{
	uint16_t marked = 0;

	*alike = 0;
	/* Nothing leaves this loop early, so that compilers can take several places at a time. */
	for (size_t i = 0; i < EG_DNSTRACK_CAPACITY; i++)
		marked = (uint16_t)(marked + (t->marks[i] == mark));
	for (size_t i = 0; marked > 0; i++) {
		const struct question *k = &t->questions[i];

		if (t->marks[i] != mark)
			continue;
		marked--;
		if (t->expires[i] <= now || !same_name(k, q, resolver))
			continue;
		if (k->flags == flags_of(q) && k->size == eg_dns_size(q))
			return i;
		++*alike;
	}
	return NONE;
}

/* The place that waits at NOW for an answer to port number PORT with ID, or NONE. */
static size_t find_id(const struct eg_dnstrack *t, size_t port, uint16_t id, uint64_t now)
{
	uint16_t alike = 0;

	for (size_t i = 0; i < EG_DNSTRACK_CAPACITY; i++)
		alike = (uint16_t)(alike + (t->ids[i] == id));
	for (size_t i = 0; alike > 0; i++) {
		if (t->ids[i] != id)
			continue;
		if (t->expires[i] > now && t->questions[i].port == port)
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

/* The place that gives way to ADDR at NOW, as none is free, or NONE. */
static size_t find_yielding(const struct eg_dnstrack *t, const struct eg_addr *addr, uint64_t now)
{
	size_t oldest = 0;

	for (size_t i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		if (eg_addr_equal(&t->waits.of[i].addr, addr))
			return NONE;
		if (t->expires[i] < t->expires[oldest])
			oldest = i;
	}
	return t->expires[oldest] + EG_DNSTRACK_YIELD <= now + EG_DNSTRACK_TIMEOUT ? oldest : NONE;
}

/* Whether one more may wait for question I at NOW. What waited until its time was over, and is not
 * asked again, gives its room back here. */
static bool has_room(struct eg_dnstrack *t, size_t i, uint64_t now)
{
	for (size_t n = 0; n < EG_DNSTRACK_CAPACITY && !t->waits.stock; n++)
		if (t->expires[n] <= now)
			eg_dnswaits_drop(&t->waits, n);
	return eg_dnswaits_has_room(&t->waits, i);
}

void eg_dnstrack_expect(const struct eg_dnstrack *t)
{
	size_t i = t->hand % EG_DNSTRACK_CAPACITY;
	const uint8_t *next = (const uint8_t *)&t->questions[i];

	__builtin_prefetch(next, 1);
	__builtin_prefetch(next + 64, 1);
	__builtin_prefetch(&t->waits.of[i], 1);
}

/* Draw what a question leaves with from one of ADDR's ports, which is at MAC, into PLACE. */
static void draw_alias(struct eg_dnstrack *t, const struct eg_addr *addr, const uint8_t *mac,
		       uint64_t now, struct eg_dns_place *place)
{
	uint64_t random = draw(t);

	place->from = eg_dnsports_choose(&t->ports, addr, now, random, t->taken, t->ctx);
	place->id = (uint16_t)random;
	while (find_id(t, place->from.number, place->id, now) != NONE)
		place->id = (uint16_t)draw(t);
	place->addr = place->from.fresh ? addr : &t->ports.of[place->from.number].addr;
	place->mac = place->from.fresh ? mac : t->ports.of[place->from.number].mac;
}

/* PLACE is that of a question that waits: it leaves, if it does, as it did. */
static enum eg_reason plan_again(struct eg_dnstrack *t, const struct eg_frame *f,
				 const struct eg_dns_query *q, uint64_t now,
				 struct eg_dns_place *place)
{
	const struct question *k = &t->questions[place->number];

	place->again = true;
	place->known = eg_dnswaits_knows(&t->waits, place->number, f, q->id);
	if (!place->known && !has_room(t, place->number, now))
		return EG_R_DNS_BUSY;
	place->joins = now - t->left[place->number] < EG_DNSTRACK_PATIENCE;
	place->from =
		(struct eg_dnsport_choice){ .number = k->port, .port = t->ports.port[k->port] };
	place->id = t->ids[place->number];
	place->addr = &t->ports.of[k->port].addr;
	place->mac = t->ports.of[k->port].mac;
	place->name = k->names + k->len;
	return EG_R_NONE;
}

enum eg_reason eg_dnstrack_plan(struct eg_dnstrack *t, const struct eg_frame *f,
				const struct eg_dns_query *q, uint64_t now,
				struct eg_dns_place *place)
{
	uint16_t mark = to_mark(t, q, &f->dst);
	unsigned alike;

	place->again = place->known = place->joins = false;
	place->number = find(t, mark, q, &f->dst, now, &alike);
	if (place->number != NONE)
		return plan_again(t, f, q, now, place);
	place->number = alike < EG_DNSTRACK_ALIKE ? find_free(t, now) : NONE;
	if (place->number == NONE && alike < EG_DNSTRACK_ALIKE)
		place->number = find_yielding(t, &f->src, now);
	if (place->number == NONE)
		return EG_R_DNS_BUSY;
	draw_alias(t, &f->src, eg_eth_src(f), now, place);
	place->name = toss_letters(t, &q->name);
	return EG_R_NONE;
}

/* Question I is Q of frame F. */
static void store(struct eg_dnstrack *t, size_t i, const struct eg_frame *f,
		  const struct eg_dns_query *q, uint64_t now)
{
	struct question *k = &t->questions[i];

	eg_dnswaits_begin(&t->waits, i, f, q);
	t->marks[i] = to_mark(t, q, &f->dst);
	t->expires[i] = now + EG_DNSTRACK_TIMEOUT;
	k->resolver = f->dst;
	k->type = q->type;
	k->size = eg_dns_size(q);
	k->flags = flags_of(q);
	k->len = q->name.len;
	k->misfits = 0;
	k->folded = false;
	eg_copy(k->names, q->name.wire, k->len);
	t->hand = i + 1;
}

/* Question I leaves as PLACE says. */
static void leave(struct eg_dnstrack *t, size_t i, const struct eg_dns_place *place, uint64_t now)
{
	struct question *k = &t->questions[i];
	uint32_t sent = eg_dnsports_use(&t->ports, &place->from, place->addr, place->mac, now);

	/* The answer to the first one would say nothing of when slirp has this one. */
	k->sent = place->again ? sent - 1 : sent;
	k->port = place->from.number;
	t->ids[i] = place->id;
	t->left[i] = now;
	if (!place->again)
		eg_copy(k->names + k->len, place->name, k->len);
}

void eg_dnstrack_ask(struct eg_dnstrack *t, const struct eg_frame *f, const struct eg_dns_query *q,
		     uint64_t now, const struct eg_dns_place *place, bool leaves)
{
	size_t i = place->number;

	if (!place->again)
		store(t, i, f, q, now);
	else if (!place->known)
		eg_dnswaits_add(&t->waits, i, f, q);
	if (leaves)
		leave(t, i, place, now);
}

/* A misfit came to port number PORT: it counts against all that wait there. */
static void count_misfit(struct eg_dnstrack *t, size_t port, uint64_t now)
{
	for (size_t i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		struct question *k = &t->questions[i];

		if (t->expires[i] > now && k->port == port && k->misfits <= EG_DNSTRACK_MISFITS)
			k->misfits++;
	}
}

/* Whether answer A, whose name as written is RAW, fits question K to RESOLVER. */
static enum eg_dns_fit fit_of(const struct question *k, const struct eg_addr *resolver,
			      const struct eg_dns_answer *a, const uint8_t *raw)
{
	if (k->type != a->type || k->len != a->name.len || !eg_addr_equal(&k->resolver, resolver) ||
	    memcmp(k->names, a->name.wire, k->len) != 0)
		return EG_DNS_MISFIT;
	return memcmp(k->names + k->len, raw, k->len) == 0 ? EG_DNS_FITS : EG_DNS_FOLDED;
}

enum eg_dns_fit eg_dnstrack_answer(struct eg_dnstrack *t, const struct eg_frame *f,
				   const struct eg_dns_answer *a, uint64_t now, size_t *place)
{
	size_t port = eg_dnsports_find(&t->ports, &f->dst, f->dport, now);
	size_t i = port != EG_DNSPORTS_NONE && a ? find_id(t, port, a->id, now) : NONE;
	enum eg_dns_fit fit = EG_DNS_MISFIT;
	struct question *k = &t->questions[i % EG_DNSTRACK_CAPACITY];

	if (port == EG_DNSPORTS_NONE)
		return EG_DNS_MISFIT;
	eg_dnsports_heard(&t->ports, port, now);
	if (i != NONE && f->sport == EG_DNS_PORT)
		fit = fit_of(k, &f->src, a, f->payload.p + EG_DNS_HEADER_LEN);
	if (fit == EG_DNS_MISFIT) {
		count_misfit(t, port, now);
		return fit;
	}
	eg_dnsports_answered(&t->ports, port, k->sent, now);
	if (fit == EG_DNS_FOLDED && k->folded)
		fit = EG_DNS_FITS;
	*place = i;
	return fit;
}

/* Q becomes question K. Its id and letters are nobody's. */
static void query_of(const struct question *k, struct eg_dns_query *q)
{
	*q = (struct eg_dns_query){
		.type = k->type,
		.class = EG_DNS_CLASS_IN,
		.udp_size = k->size,
		.rd = k->flags & 1,
		.ad = k->flags & 2,
		.cd = k->flags & 4,
		.edns = k->flags & 8,
		.dnssec_ok = k->flags & 16,
	};
	q->name.len = k->len;
	eg_copy(q->name.wire, k->names, k->len);
}

void eg_dnstrack_anew(struct eg_dnstrack *t, size_t i, uint64_t now, struct eg_dns_query *q,
		      struct eg_dns_place *place)
{
	struct question *k = &t->questions[i];
	const struct eg_dnswait *c = &t->waits.of[i];

	*place = (struct eg_dns_place){ .number = i };
	draw_alias(t, &c->addr, c->mac, now, place);
	query_of(k, q);
	k->folded = true;
	place->name = toss_letters(t, &q->name);
	leave(t, i, place, now);
}

size_t eg_dnstrack_given_up(const struct eg_dnstrack *t, uint64_t now)
{
	for (size_t i = 0; i < EG_DNSTRACK_CAPACITY; i++)
		if (t->expires[i] > now && t->questions[i].misfits > EG_DNSTRACK_MISFITS)
			return i;
	return NONE;
}

size_t eg_dnstrack_waits_for(const struct eg_dnstrack *t, const struct eg_addr *addr, uint16_t port,
			     const struct eg_addr *resolver, uint64_t now)
{
	size_t number = eg_dnsports_find(&t->ports, addr, port, now);

	for (size_t i = 0; i < EG_DNSTRACK_CAPACITY && number != EG_DNSPORTS_NONE; i++)
		if (t->expires[i] > now && t->questions[i].port == number &&
		    eg_addr_equal(&t->questions[i].resolver, resolver))
			return i;
	return NONE;
}

bool eg_dnstrack_take_client(struct eg_dnstrack *t, size_t i, struct eg_dns_client *out)
{
	const struct eg_dnswait *c;
	size_t at;

	if (t->expires[i] == 0)
		return false;
	at = eg_dnswaits_take(&t->waits, i);
	if (at == i)
		t->expires[i] = t->marks[i] = 0;
	c = &t->waits.of[at];
	query_of(&t->questions[i], &out->query);
	out->query.id = c->id;
	eg_dnscase_restore(&c->letters, &out->query.name, out->query.raw);
	out->addr = c->addr;
	out->resolver = t->questions[i].resolver;
	out->port = c->port;
	memcpy(out->mac, c->mac, sizeof(out->mac));
	return true;
}

bool eg_dnstrack_has_port(const struct eg_dnstrack *t, const struct eg_addr *addr, uint16_t port,
			  uint64_t now)
{
	return eg_dnsports_find(&t->ports, addr, port, now) != EG_DNSPORTS_NONE;
}

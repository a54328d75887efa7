/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ports that queries leave from.
 *
 * Purpose. Slirp has a socket for each address and port that a guest sends from, and whoever
 * reaches that socket on the host reaches the guest. So queries leave from ports of our own,
 * whatever the client's, and nothing but answers is taken to these ports: a guest cannot use up the
 * host program's descriptors, nor have a look-up of its own answered by somebody who then is "the
 * network that wrote first". A new port is a new socket, and the host's system draws its port there
 * anew: who wants to answer in the resolver's place has to find it again.
 *
 * How long slirp keeps a socket (libslirp 4.7): 240 s after the last query that it sent, but 10 s
 * after the last datagram that it received. It is never told to close one. So a port is alive for
 * as long after its last query, or, where that one was answered, after the answer; a little
 * longer, as slirp looks twice a second. An answer to an earlier query says nothing: the later one
 * may have reached slirp after it.
 *
 * Life-cycle
 *   dead      dies is not ahead
 *   used      from its first query on
 *   retiring  when its owner has EG_DNSPORTS_USED younger ones; it is still heard, until it is dead
 *
 * A query leaves from a new port as long as there is room: an owner has one more until it uses
 * EG_DNSPORTS_USED, and from then on one every EG_DNSPORTS_TURN. Where there is none it leaves from
 * one of those that the owner uses, at random.
 *
 * Owners. A port belongs to the address, and the station, that asked first. An address without any
 * finds EG_DNSPORTS_KEPT places that the others leave to it. Where these are full, too, its queries
 * leave from a port of somebody else's, one that was answered last if there is any; answers are
 * for us to give out (dnstrack.c). So however many addresses there are, none is refused, and slirp
 * never has more than EG_DNSPORTS sockets of queries.
 *
 * Fails how. It does not.
 */
#include "dnsports.h"

enum { DRAWS = 32 };

static size_t first_of(const struct eg_addr *addr)
{
	return eg_addr_is4(addr) ? 0 : EG_DNSPORTS_ALIVE;
}

static bool in_room(uint16_t port)
{
	return port >= EG_DNSPORTS_FIRST &&
	       (port < EG_DNSPORTS_NOT_FIRST || port > EG_DNSPORTS_NOT_LAST);
}

size_t eg_dnsports_find(const struct eg_dnsports *t, const struct eg_addr *addr, uint16_t port,
			uint64_t now)
{
	size_t first;

	if (!in_room(port))
		return EG_DNSPORTS_NONE;
	first = first_of(addr);
	for (size_t i = first; i < first + EG_DNSPORTS_ALIVE; i++)
		if (t->port[i] == port && t->of[i].dies > now &&
		    eg_addr_equal(&t->of[i].addr, addr))
			return i;
	return EG_DNSPORTS_NONE;
}

/* What there is at a moment for an address, by number. */
struct view {
	size_t dead; /* one of them, or EG_DNSPORTS_NONE */
	unsigned alive, own, used, settled;
	uint64_t opened; /* when the last of its own was */
};

static struct view look(const struct eg_dnsports *t, const struct eg_addr *addr, uint64_t now)
{
	size_t first = first_of(addr);
	struct view v = { .dead = EG_DNSPORTS_NONE };

	for (size_t i = first; i < first + EG_DNSPORTS_ALIVE; i++) {
		const struct eg_dnsport *p = &t->of[i];

		if (p->dies <= now) {
			v.dead = i;
			continue;
		}
		v.alive++;
		v.settled += p->settled;
		if (!eg_addr_equal(&p->addr, addr))
			continue;
		v.own++;
		v.used += !p->retiring;
		if (p->opened > v.opened)
			v.opened = p->opened;
	}
	return v;
}

static bool has_room(const struct view *v, uint64_t now)
{
	if (v->own == 0)
		return v->alive < EG_DNSPORTS_ALIVE;
	return v->alive < EG_DNSPORTS_ALIVE - EG_DNSPORTS_KEPT &&
	       (v->used < EG_DNSPORTS_USED || now - v->opened >= EG_DNSPORTS_TURN);
}

/* A port for ADDR that none of its others is, drawn with RANDOM; not one that is taken, unless all
 * seem to be. */
static uint16_t draw(const struct eg_dnsports *t, const struct eg_addr *addr, uint64_t now,
		     uint64_t random, eg_port_taken *taken, void *ctx)
{
	for (int i = 0;; i++) {
		uint32_t n = (uint32_t)(random >> 32) % EG_DNSPORTS_ROOM;
		uint16_t port = (uint16_t)(EG_DNSPORTS_FIRST + n);

		if (port >= EG_DNSPORTS_NOT_FIRST)
			port += EG_DNSPORTS_NOT_LAST - EG_DNSPORTS_NOT_FIRST + 1;
		if (eg_dnsports_find(t, addr, port, now) == EG_DNSPORTS_NONE &&
		    (i >= DRAWS || !taken || !taken(ctx, addr, port)))
			return port;
		/* Knuth's, which comes by all numbers. */
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	}
}

/* The one that is number N of those that ADDR, for which V is, may use though it opens none. */
static size_t nth(const struct eg_dnsports *t, const struct eg_addr *addr, const struct view *v,
		  unsigned n, uint64_t now)
{
	for (size_t i = first_of(addr);; i++) {
		const struct eg_dnsport *p = &t->of[i];
		bool fits = v->used ? !p->retiring && eg_addr_equal(&p->addr, addr)
				    : p->settled || !v->settled;

		if (p->dies > now && fits && n-- == 0)
			return i;
	}
}

struct eg_dnsport_choice eg_dnsports_choose(const struct eg_dnsports *t, const struct eg_addr *addr,
					    uint64_t now, uint64_t random, eg_port_taken *taken,
					    void *ctx)
{
	struct eg_dnsport_choice c = { .fresh = false };
	struct view v = look(t, addr, now);
	unsigned count = v.used ? v.used : v.settled ? v.settled : v.alive;

	if (has_room(&v, now)) {
		c.fresh = true;
		c.number = (uint8_t)v.dead;
		c.port = draw(t, addr, now, random, taken, ctx);
		return c;
	}
	c.number = (uint8_t)nth(t, addr, &v, (unsigned)(random >> 16 & 0xffff) % count, now);
	c.port = t->port[c.number];
	return c;
}

/* ADDR has one port more: the oldest of too many retires. */
static void retire(struct eg_dnsports *t, const struct eg_addr *addr, uint64_t now)
{
	size_t first = first_of(addr), oldest = EG_DNSPORTS_NONE;
	unsigned used = 0;

	for (size_t i = first; i < first + EG_DNSPORTS_ALIVE; i++) {
		const struct eg_dnsport *p = &t->of[i];

		if (p->dies <= now || p->retiring || !eg_addr_equal(&p->addr, addr))
			continue;
		used++;
		if (oldest == EG_DNSPORTS_NONE || p->opened < t->of[oldest].opened)
			oldest = i;
	}
	if (used > EG_DNSPORTS_USED)
		t->of[oldest].retiring = true;
}

uint32_t eg_dnsports_use(struct eg_dnsports *t, const struct eg_dnsport_choice *choice,
			 const struct eg_addr *addr, const uint8_t mac[6], uint64_t now)
{
	struct eg_dnsport *p = &t->of[choice->number];

	p->dies = now + EG_DNSPORTS_LONG;
	p->settled = false;
	if (choice->fresh) {
		p->addr = *addr;
		memcpy(p->mac, mac, sizeof(p->mac));
		p->opened = now;
		p->retiring = false;
		t->port[choice->number] = choice->port;
		retire(t, addr, now);
	}
	return ++p->sent;
}

void eg_dnsports_answered(struct eg_dnsports *t, size_t i, uint32_t sent, uint64_t now)
{
	struct eg_dnsport *p = &t->of[i];

	if (sent == p->sent)
		p->settled = true;
	eg_dnsports_heard(t, i, now);
}

void eg_dnsports_heard(struct eg_dnsports *t, size_t i, uint64_t now)
{
	if (t->of[i].settled)
		t->of[i].dies = now + EG_DNSPORTS_SHORT;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of targets, as people write them.
 *
 * Purpose. Turn text into target sets, or into what is wrong with it: nothing is guessed.
 *
 *   list    = item, between blanks, tabs and commas
 *   item    = target | ports               ports alone go on with the target in front
 *   target  = address ":" ports | NAME     a name where the list has names
 *           | address                      likewise: all ports of both protocols
 *   address = IPV4 ["/" prefix] | "[" IPV6 ["/" prefix] "]" | "[" IPV6 "]" "/" prefix
 *   ports   = PORT | PORT "-" PORT, either ["/tcp" | "/udp"]
 *
 * Terms. A group is what shares a protocol: ports of one target up to the first with a protocol
 * behind it, or all where there is none, which then are meant of both. So 10.0.0.1:80,443/tcp is
 * TCP alone, as it reads; 10.0.0.1:53/udp,443/tcp are two groups; and what follows a group with
 * a protocol without one of its own (10.0.0.1:53/udp,443) could be read in two ways, and is none.
 *
 * Invariants. An address that could be read in two ways is none either: IPv6 stands in brackets (is
 * 2001:db8::1:443 a port?), bits behind the prefix are zero, numbers have no zeros in front. What
 * no station has as an address is no target; a prefix of length 0 is all of its family.
 *
 * Fails how. The first fault ends it.
 */
#include "targetlist.h"

#include "frame.h"
#include "resolver.h"
#include "text.h"

#include <errno.h>

enum { PORT_MAX = 65535 };

/* What is left of a list, and its current item. */
struct reader {
	struct eg_targetlist *list;
	const char *p, *end;
	struct text item;
};

/* A target without its ports. */
struct place {
	struct eg_addr addr;
	uint8_t prefix;
};

enum { TCP = 1, UDP = 2, BOTH = TCP | UDP };

static int refuse(const struct reader *r, const char *why)
{
	r->list->item = r->item.p;
	r->list->item_len = r->item.n;
	r->list->why = why;
	return -EINVAL;
}

/* Step to the next item. Returns false where there is none. */
static bool next(struct reader *r)
{
	while (r->p < r->end && is_separator(*r->p))
		r->p++;
	r->item = (struct text){ r->p, 0 };
	for (; r->p < r->end && !is_separator(*r->p); r->p++)
		r->item.n++;
	return r->item.n > 0;
}

/* How many of T's first characters are in SET. */
static size_t span(struct text t, const char *set)
{
	size_t n = 0;

	while (n < t.n && t.p[n] && strchr(set, t.p[n]))
		n++;
	return n;
}

/* Take what is in front of the first C out of T, and C with it; all of T where there is none. */
static struct text take_until(struct text *t, char c)
{
	const char *at = memchr(t->p, c, t->n);
	struct text front = { t->p, at ? (size_t)(at - t->p) : t->n };
	size_t gone = front.n + (at != NULL);

	*t = (struct text){ t->p + gone, t->n - gone };
	return front;
}

static bool has(struct text t, char c)
{
	return memchr(t.p, c, t.n) != NULL;
}

/* Read T as a decimal number up to MOST into N. */
static bool read_number(struct text t, unsigned most, unsigned *n)
{
	if (t.n == 0 || t.n > 5 || span(t, "0123456789") < t.n || (t.n > 1 && t.p[0] == '0'))
		return false;
	*n = 0;
	for (size_t i = 0; i < t.n; i++)
		*n = *n * 10 + (unsigned)(t.p[i] - '0');
	return *n <= most;
}

/*
 * Ports
 */

/* Whether T is ports alone, as far as its looks go. */
static bool is_ports(struct text t)
{
	size_t n = span(t, "0123456789-");

	return n > 0 && t.p[0] != '-' && (n == t.n || t.p[n] == '/');
}

/* The protocols that the ports T say; 0 where that is none. */
static unsigned protocols_of(struct text t)
{
	if (!has(t, '/'))
		return BOTH;
	take_until(&t, '/');
	if (t.n != 3)
		return 0;
	return memcmp(t.p, "tcp", 3) == 0 ? TCP : memcmp(t.p, "udp", 3) == 0 ? UDP : 0;
}

/* The protocols of the group that begins with the ports T, R's current item. */
static unsigned protocols_of_group(struct reader r, struct text t)
{
	while (!has(t, '/') && next(&r) && is_ports(r.item))
		t = r.item;
	return protocols_of(t);
}

/* Add the ports T of PROTOCOLS at PLACE. */
static int add_ports(const struct reader *r, const struct place *place, struct text t,
		     unsigned protocols)
{
	struct text high = take_until(&t, '/');
	bool is_range = has(high, '-');
	struct text low = take_until(&high, '-');
	struct eg_target target = { .addr = place->addr, .prefix = place->prefix };
	unsigned first, last;

	if (!read_number(low, PORT_MAX, &first) || first == 0)
		return refuse(r, "no port from 1 to 65535");
	last = first;
	if (is_range && (!read_number(high, PORT_MAX, &last) || last == 0))
		return refuse(r, "no port from 1 to 65535");
	if (last < first)
		return refuse(r, "a range of ports that goes down");
	target.first = (uint16_t)first;
	target.last = (uint16_t)last;
	for (unsigned p = TCP; p <= UDP; p++) {
		target.proto = p == TCP ? EG_PROTO_TCP : EG_PROTO_UDP;
		if (protocols & p && eg_ownnet_add(&r->list->targets, &target))
			return -ENOMEM;
	}
	return 0;
}

/* Add the ports T at PLACE, and those of the items that follow it and are ports alone. Leaves R at
 * the item behind them; returns whether there is one in *MORE. */
static int add_all_ports(struct reader *r, const struct place *place, struct text t, bool *more)
{
	bool said = false; /* a group had a protocol */

	do {
		unsigned protocols = protocols_of_group(*r, t);
		int rc;

		if (protocols == 0)
			return refuse(r, "neither /tcp nor /udp behind the ports");
		if (said && protocols == BOTH)
			return refuse(r, "ports without a protocol behind ports with one");
		for (;;) {
			bool ends = has(t, '/');

			rc = add_ports(r, place, t, protocols);
			*more = rc == 0 && next(r);
			t = r->item;
			said |= ends;
			if (rc != 0 || ends || !*more || !is_ports(t))
				break;
		}
		if (rc != 0)
			return rc;
	} while (*more && is_ports(t));
	return 0;
}

/*
 * Addresses
 */

static bool is_address4(struct text t)
{
	size_t n = span(t, "0123456789.");

	return n > 0 && memchr(t.p, '.', n) && (n == t.n || t.p[n] == '/' || t.p[n] == ':');
}

/* Whether T has what only IPv6 addresses have: two colons. */
static bool is_address6(struct text t)
{
	take_until(&t, ':');
	return has(t, ':');
}

/* Read ADDR and PREFIX, which is absent where its p is NULL, into PLACE. Returns NULL or why not.
 */
static const char *read_place(struct place *place, struct text addr, struct text prefix, bool is6)
{
	unsigned most = is6 ? 128 : 32, length = most;
	int version = eg_address_read(&place->addr, addr.p, addr.n);
	struct eg_addr cut;

	if (version != (is6 ? 6 : 4))
		return is6 ? "no IPv6 address in brackets" : "no IPv4 address";
	if (prefix.p && !read_number(prefix, most, &length))
		return is6 ? "no prefix length from 0 to 128" : "no prefix length from 0 to 32";
	place->prefix = (uint8_t)length;
	cut = eg_addr_cut(&place->addr, length + (is6 ? 0 : EG_ADDR_IP4 * 8));
	if (!eg_addr_equal(&cut, &place->addr))
		return "an address with bits set behind its prefix";
	if (length == 0)
		return NULL;
	return eg_address_unfit(&place->addr, version);
}

/* Take the address out of T, which becomes what is behind it: nothing, or ":" and the rest. */
static const char *take_place(struct text *t, struct place *place)
{
	bool is6 = t->p[0] == '[';
	struct text addr, prefix = { NULL, 0 };
	size_t n;

	if (is6) {
		if (!has(*t, ']'))
			return "no closing bracket";
		take_until(t, '[');
		prefix = take_until(t, ']');
		addr = take_until(&prefix, '/');
		if (addr.p + addr.n == prefix.p) /* no slash */
			prefix.p = NULL;
	} else {
		n = span(*t, "0123456789.");
		addr = (struct text){ t->p, n };
		*t = (struct text){ t->p + n, t->n - n };
	}
	if (t->n > 0 && t->p[0] == '/') {
		if (prefix.p)
			return "two prefix lengths";
		n = 1 + span((struct text){ t->p + 1, t->n - 1 }, "0123456789");
		prefix = (struct text){ t->p + 1, n - 1 };
		*t = (struct text){ t->p + n, t->n - n };
	}
	if (t->n > 0 && t->p[0] != ':')
		return "neither a prefix length nor ports behind the address";
	return read_place(place, addr, prefix, is6);
}

/*
 * Items
 */

/* Add R's current item, an address, and the ports that follow it. */
static int add_address(struct reader *r, bool *more)
{
	static const char all[] = "1-65535";
	struct text t = r->item;
	struct place place;
	const char *why = take_place(&t, &place);
	int rc;

	if (why)
		return refuse(r, why);
	if (t.n > 0) {
		take_until(&t, ':');
		if (!is_ports(t))
			return refuse(r, "no port from 1 to 65535");
		return add_all_ports(r, &place, t, more);
	}
	if (!r->list->names)
		return refuse(r, "an address without ports");
	rc = add_ports(r, &place, (struct text){ all, sizeof(all) - 1 }, BOTH);
	*more = rc == 0 && next(r);
	return rc;
}

static int add_name(struct reader *r, bool *more)
{
	struct text t = r->item;
	struct eg_name name;
	enum eg_namescope scope;
	const char *why;

	if (!r->list->names)
		return refuse(r, "only addresses can be connected to");
	if (has(t, ':'))
		return refuse(r, "a name with ports: only its look-up can be blocked");
	why = eg_listed_name(&name, &scope, t.p, t.n);
	if (why)
		return refuse(r, why);
	if (eg_nameset_add(r->list->names, &name, scope))
		return -ENOMEM;
	*more = next(r);
	return 0;
}

int eg_targetlist_read(struct eg_targetlist *l, const char *text, size_t n)
{
	struct reader r = { .list = l, .p = text, .end = text + n };
	bool more = next(&r);
	int rc = 0;

	while (more && rc == 0) {
		if (is_ports(r.item))
			rc = refuse(&r, "ports without an address in front");
		else if (r.item.p[0] == '[' || is_address4(r.item))
			rc = add_address(&r, &more);
		else if (is_address6(r.item))
			rc = refuse(&r, "an IPv6 address that stands in no brackets");
		else
			rc = add_name(&r, &more);
	}
	return rc;
}

const char *eg_listed_name(struct eg_name *name, enum eg_namescope *scope, const char *text,
			   size_t n)
{
	bool below = n >= 2 && memcmp(text, "*.", 2) == 0;
	struct text base = { text + (below ? 2 : 0), n - (below ? 2 : 0) };

	if ((n == 1 && text[0] == '*') ||
	    (below && (base.n == 0 || (base.n == 1 && base.p[0] == '.'))))
		return "would be every name";
	if (eg_is_address(base.p, base.n))
		return "an address where a name belongs";
	*scope = below ? EG_NAME_BELOW : EG_NAME_EXACT;
	return eg_name_parse(name, base.p, base.n);
}

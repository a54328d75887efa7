/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network that slirp makes, and which of its addresses are the host's own.
 *
 * Purpose. The host's loopback has many addresses on the guest's side, and a line of the policy
 * that means it must mean all of them. This is the one place that knows which they are.
 *
 *   address                                  leads to
 *   10.0.2.2, the IPv4 gateway               127.0.0.1, the host
 *   any of fd00::/64 but the resolver        ::1, the host
 *   fe80::2, the IPv6 router                 nothing known; taken for the host
 *   10.0.2.3 and fd00::3, the resolvers      a resolver of the host's, port 53 alone
 *   the rest of 10.0.2.0/24                  what the host has there; with cmdfwd= its programs
 *   255.255.255.255, ff02::1                 the host; groups, which never leave
 *   127.0.0.0/8, ::1, IPv4-mapped            decoded by nobody (frame.c)
 *
 * The addresses are those of libslirp 4.7 where it is told no others.
 *
 * Terms
 *   own    of slirp's network: all rows of the table but the last two
 *   host   the first three rows
 *   named  of an own address: by a prefix that is no wider than the network
 *
 * Rules
 *   - what is said of one address of the host's is said of all, in both families: under its IPv4
 *     gateway's address in the set of own ones.
 *   - `allow` of a prefix that is wider than the network, however wide, says nothing of own
 *     addresses: 0.0.0.0/0 are all other hosts. `block` of one has what is in it.
 *   - nothing is opened over UDP to an own address but a gateway: slirp then gives that address to
 *     whatever its socket hears from anybody, and a stranger with the same port is no stranger.
 *
 * Fails how. Adding may run out of memory; what was added for the same target stays.
 */
#include "ownnet.h"

#include "frame.h"

#include <errno.h>

#define ADDR4(a, b, c, d)                                                    \
	{                                                                    \
		{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d } \
	}
#define ADDR6(first, second, last)                                        \
	{                                                                 \
		{ first, second, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last } \
	}

const struct eg_ownnet eg_ownnet_default = { {
	[EG_OWNNET_IP6] = { ADDR6(0xfd, 0, 2), ADDR6(0xfd, 0, 3), 64 },
	[EG_OWNNET_IP4] = { ADDR4(10, 0, 2, 2), ADDR4(10, 0, 2, 3), 96 + 24 },
} };

static const struct eg_addr router = ADDR6(0xfe, 0x80, 2);

/* Whether ADDR begins with the first LENGTH bits of PREFIX, and is of its family. */
static bool begins(const struct eg_addr *addr, const struct eg_addr *prefix, unsigned length)
{
	const struct eg_addr a = eg_addr_cut(addr, length), b = eg_addr_cut(prefix, length);

	return eg_addr_is4(addr) == eg_addr_is4(prefix) && eg_addr_equal(&a, &b);
}

static bool is_own(const struct eg_ownnet *net, const struct eg_addr *addr)
{
	bool is4 = eg_addr_is4(addr);

	return begins(addr, &net->of[is4].gateway, net->of[is4].prefix) ||
	       eg_addr_equal(addr, &router);
}

/* Whether the host has an address that begins with the first LENGTH bits of PREFIX, which is own or
 * has what is own. */
static bool has_host(const struct eg_ownnet *net, const struct eg_addr *prefix, unsigned length)
{
	bool is4 = eg_addr_is4(prefix);

	if (is4)
		return begins(&net->of[is4].gateway, prefix, length);
	return length < 128 || !eg_addr_equal(prefix, &net->of[is4].resolver);
}

/* The address under which the set of own addresses has ADDR, which is own. */
static const struct eg_addr *known_as(const struct eg_ownnet *net, const struct eg_addr *addr)
{
	return has_host(net, addr, 128) ? &net->of[EG_OWNNET_IP4].gateway : addr;
}

int eg_ownnet_add(const struct eg_ownsets *s, const struct eg_target *t)
{
	bool is4 = eg_addr_is4(&t->addr);
	unsigned length = t->prefix + (is4 ? EG_ADDR_IP4 * 8u : 0);
	bool narrow = is_own(s->net, &t->addr) &&
		      (length >= s->net->of[is4].prefix || eg_addr_equal(&t->addr, &router));
	bool wide = begins(&s->net->of[is4].gateway, &t->addr, length) ||
		    begins(&router, &t->addr, length);
	struct eg_target host = *t;

	if (eg_targets_add(s->all, t))
		return -ENOMEM;
	if (!narrow && !(wide && s->wide))
		return 0;
	if (eg_targets_add(s->own, t))
		return -ENOMEM;
	if (!has_host(s->net, &t->addr, length))
		return 0;
	host.addr = s->net->of[EG_OWNNET_IP4].gateway;
	host.prefix = 32;
	return eg_targets_add(s->own, &host);
}

bool eg_ownnet_match(const struct eg_ownsets *s, const struct eg_addr *addr, uint8_t proto,
		     uint16_t port)
{
	if (is_own(s->net, addr))
		return eg_targets_match(s->own, known_as(s->net, addr), proto, port);
	return eg_targets_match(s->all, addr, proto, port);
}

bool eg_ownnet_hides_senders(const struct eg_ownnet *net, const struct eg_addr *addr)
{
	return is_own(net, addr) && !eg_addr_equal(addr, &net->of[eg_addr_is4(addr)].gateway);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose a UDP port of the guest's is.
 *
 * Purpose. A guest that may write to one must not hear all the others. Slirp has one socket for
 * each address and port that the guest sends from, whoever it sends to, and passes on what anybody
 * sends to that socket: it would look as if the network had opened a flow, and the guest could
 * answer. A forward of the host's is such a socket, too, which is meant to hear everybody. So an
 * address with a port belongs to who opened a flow with it first, and to one of the guest's the
 * network opens nothing.
 *
 * Terms. An address is one on the guest's side, of either family: 10.0.2.15 and 10.0.2.99 with the
 * same port are two sockets of slirp's, and so are 10.0.2.15 and fd00::15.
 *
 * Why for ever. Slirp closes such a socket 4 minutes after it last sent or heard something, but
 * when that was is not to be seen from here: what it hears while its channel is full, because the
 * guest takes no frames, renews the socket and reaches nobody. So nothing is forgotten as long as
 * the table lives.
 *
 * Invariants
 *   - a port is the guest's, the network's or nobody's; once it is somebody's it stays so.
 *   - what the network does takes half of the addresses at most, so that a station of the
 *     network's that writes to many does not use up the guest's.
 *
 * Limits. EG_UDPPORTS_ADDRESSES, each with two bits for each port. A switch of 32 guests takes some
 * 100 of them; the temporary IPv6 addresses (RFC 8981) of one guest that is allowed UDP take one
 * each day. A look-up compares all addresses in use; only what has no flow asks for it.
 *
 * Fails how. Closed: where there is no room the guest opens nothing from an address that is not
 * noted, while the network does, as nobody who is not noted has a socket there.
 */
#include "udpports.h"

#include <stdlib.h>

enum { PORTS = 65536, NETWORKS_MOST = EG_UDPPORTS_ADDRESSES / 2 };

/* One bit for each port. */
struct ports {
	uint8_t guests[PORTS / 8], networks[PORTS / 8];
};

struct eg_udpports {
	size_t count, by_network; /* of addresses, and of those that the network noted */
	struct eg_addr addresses[EG_UDPPORTS_ADDRESSES];
	struct ports ports[EG_UDPPORTS_ADDRESSES];
};

struct eg_udpports *eg_udpports_new(void)
{
	return calloc(1, sizeof(struct eg_udpports));
}

void eg_udpports_free(struct eg_udpports *t)
{
	free(t);
}

static bool is_set(const uint8_t bits[], uint16_t i)
{
	return bits[i / 8] & 1u << i % 8;
}

static void set(uint8_t bits[], uint16_t i)
{
	bits[i / 8] |= (uint8_t)(1u << i % 8);
}

/* The number of ADDR, T->count where it has none. */
static size_t find(const struct eg_udpports *t, const struct eg_addr *addr)
{
	size_t i = 0;

	while (i < t->count && !eg_addr_equal(&t->addresses[i], addr))
		i++;
	return i;
}

bool eg_udpports_is_guests(const struct eg_udpports *t, const struct eg_addr *addr, uint16_t port)
{
	size_t i = find(t, addr);

	return i < t->count && is_set(t->ports[i].guests, port);
}

bool eg_udpports_is_anybodys(const struct eg_udpports *t, const struct eg_addr *addr, uint16_t port)
{
	size_t i = find(t, addr);

	return i < t->count && (is_set(t->ports[i].guests, port) || is_set(t->ports[i].networks, port));
}

bool eg_udpports_guest_opens(struct eg_udpports *t, const struct eg_addr *addr, uint16_t port)
{
	size_t i = find(t, addr);

	if (i == EG_UDPPORTS_ADDRESSES)
		return false;
	if (i == t->count)
		t->addresses[t->count++] = *addr;
	if (!is_set(t->ports[i].networks, port))
		set(t->ports[i].guests, port);
	return true;
}

void eg_udpports_network_opened(struct eg_udpports *t, const struct eg_addr *addr, uint16_t port)
{
	size_t i = find(t, addr);

	if (i == t->count) {
		if (t->count == EG_UDPPORTS_ADDRESSES || t->by_network == NETWORKS_MOST)
			return;
		t->addresses[t->count++] = *addr;
		t->by_network++;
	}
	if (!is_set(t->ports[i].guests, port))
		set(t->ports[i].networks, port);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose a UDP port of the guest's is: see udpports.c. */
#ifndef EG_UDPPORTS_H
#define EG_UDPPORTS_H

#include "addr.h"

enum {
	EG_UDPPORTS_ADDRESSES = 256, /* at most; of these the network notes half at most */
};

struct eg_udpports;

/* A table in which no port is anybody's, or NULL (out of memory). Owned by the caller. All its
 * memory, 4 MiB, is taken here; pages are touched as ports are used. */
struct eg_udpports *eg_udpports_new(void);
void eg_udpports_free(struct eg_udpports *t); /* NULL is fine */

/* Whether PORT of ADDR, an address on the guest's side, is the guest's. */
bool eg_udpports_is_guests(const struct eg_udpports *t, const struct eg_addr *addr, uint16_t port);

/* Whether PORT of ADDR is the guest's or the network's. */
bool eg_udpports_is_anybodys(const struct eg_udpports *t, const struct eg_addr *addr,
			     uint16_t port);

/* The guest opens a flow from PORT of ADDR: the port is its own from now on, unless it is the
 * network's. Returns false where there is no room to note that: it must not open. */
bool eg_udpports_guest_opens(struct eg_udpports *t, const struct eg_addr *addr, uint16_t port);

/* The network opened a flow to PORT of ADDR, which is not the guest's: it is the network's. Where
 * there is no room it is nobody's. */
void eg_udpports_network_opened(struct eg_udpports *t, const struct eg_addr *addr, uint16_t port);

#endif

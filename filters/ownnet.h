/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network that slirp makes, and which of its addresses are the host's own: see ownnet.c. */
#ifndef EG_OWNNET_H
#define EG_OWNNET_H

#include "targets.h"

enum { EG_OWNNET_IP6, EG_OWNNET_IP4, EG_OWNNET_FAMILIES };

struct eg_ownnet {
	/* By family. A prefix is in bits of struct eg_addr: IPv4's are 96 more than people write. */
	struct {
		struct eg_addr gateway, resolver;
		uint8_t prefix;
	} of[EG_OWNNET_FAMILIES];
};

/* libslirp's, where it is told nothing: 10.0.2.0/24 and fd00::/64. */
extern const struct eg_ownnet eg_ownnet_default;

/* Two sets that make one: ALL has what lines say of any address, OWN what they say of NET's. */
struct eg_ownsets {
	const struct eg_ownnet *net;
	struct eg_targets *all, *own;
	bool wide; /* a prefix that is wider than NET means what is in it, too */
};

/* Add T to S. Returns 0 or -ENOMEM. */
int eg_ownnet_add(const struct eg_ownsets *s, const struct eg_target *t);

/* Whether S has PORT of PROTO at ADDR. Never allocates, never fails. */
bool eg_ownnet_match(const struct eg_ownsets *s, const struct eg_addr *addr, uint8_t proto,
		     uint16_t port);

/* Whether a datagram to ADDR would make slirp take everybody's for ADDR's: it is NET's and not its
 * gateway. */
bool eg_ownnet_hides_senders(const struct eg_ownnet *net, const struct eg_addr *addr);

#endif

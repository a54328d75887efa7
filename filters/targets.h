/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Target sets: addresses and prefixes, each with the ports and the protocol that are meant.
 *
 * Filled while the policy is read, and only asked afterwards, by frames that would open a flow.
 */
#ifndef EG_TARGETS_H
#define EG_TARGETS_H

#include "addr.h"

struct eg_targets;

/* A new empty set, or NULL (out of memory). Owned by the caller. */
struct eg_targets *eg_targets_new(void);
void eg_targets_free(struct eg_targets *set); /* NULL is fine */

/* Ports FIRST to LAST, both included, of PROTO (EG_PROTO_TCP or EG_PROTO_UDP; others are
 * never met) at the addresses that begin with the first PREFIX bits of ADDR: 0 to 32 for IPv4, 0
 * to 128 for IPv6. What ADDR has behind them counts for nothing. */
struct eg_target {
	struct eg_addr addr;
	uint8_t prefix;
	uint8_t proto;
	uint16_t first, last;
};

/* Add T, FIRST <= LAST, to SET. Adding twice is fine. Returns 0 or -ENOMEM, and SET is then as it
 * was. */
int eg_targets_add(struct eg_targets *set, const struct eg_target *t);

/* Whether SET has PORT of PROTO at ADDR. Never allocates, never fails. */
bool eg_targets_match(const struct eg_targets *set, const struct eg_addr *addr, uint8_t proto,
		      uint16_t port);

/* How many prefixes SET has, whatever their ports. */
size_t eg_targets_count(const struct eg_targets *set);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much a guest may say by look-ups: see dnslimit.c. */
#ifndef EG_DNSLIMIT_H
#define EG_DNSLIMIT_H

#include "name.h"
#include "reason.h"
#include "siphash.h"

enum {
	EG_DNSLIMIT_DEFAULT = 120, /* new names a minute */
	EG_DNSLIMIT_MAX = 1000000,
	EG_DNSLIMIT_BELOW =
		128,            /* bytes of one name below its domain, lengths of labels included */
	EG_DNSLIMIT_BYTES = 32, /* bytes for each new name that is allowed a minute */
	EG_DNSLIMIT_ASKED = 10, /* queries for each, and as many for listed names */
	EG_DNSLIMIT_FRESH = 600000, /* ms for which a name is not new again */
};

struct eg_dnslimit;

/* A limit of NAMES new names a minute (0: none at all) with hash key SEED, or NULL (out of
 * memory). As much as a minute allows may come at once. Owned by the caller. */
struct eg_dnslimit *eg_dnslimit_new(size_t names, const struct eg_seed *seed);
void eg_dnslimit_free(struct eg_dnslimit *l); /* NULL is fine */

/* Charge a query for NAME at NOW (ms, monotonic), the first BELOW bytes of which stand below
 * a listed domain; 0: it is listed itself, which costs a query alone, of which there are as many as
 * by default at least. Returns EG_R_NONE, or EG_R_DNS_LIMIT, with nothing charged. */
enum eg_reason eg_dnslimit_charge(struct eg_dnslimit *l, const struct eg_name *name, size_t below,
				  uint64_t now);

#endif

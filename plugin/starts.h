/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When each living flow started, on the wall clock: see starts.c. */
#ifndef EG_STARTS_H
#define EG_STARTS_H

#include "flow.h"

struct eg_starts;

/* Room for FLOWS flows, 1 or more; SEED keys its hash. NULL where memory is short. The caller's.
 * Not thread-safe: one caller at a time. */
struct eg_starts *eg_starts_new(size_t flows, const struct eg_seed *seed);
void eg_starts_free(struct eg_starts *s); /* NULL is fine */

/* Remember that the flow of KEY started at WHEN (ns, 1 or more). Where there is no room it is not
 * known. */
void eg_starts_put(struct eg_starts *s, const struct eg_flow_key *key, uint64_t when);

/* When the flow of KEY started, which is forgotten; 0 where that is not known. */
uint64_t eg_starts_take(struct eg_starts *s, const struct eg_flow_key *key);

#endif

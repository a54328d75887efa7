/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When flows started.
 *
 * Purpose. A flow knows the second in which it was opened, on a clock that is not the wall's. What
 * is written about its end must say the same moment as what was written about its start, also
 * where somebody set the wall clock in between: so that moment is remembered.
 *
 * Invariants. A slot is free where its print is 0. Prints stand as near behind the slot that they
 * hash to as was free; no free slot is between. At most half of the slots are used, so that one is
 * found in a few steps. Two flows have one print by a chance of one in 2^64 for each pair.
 *
 * Limits. As many flows as the table of flows has room for; pages are touched as they come.
 *
 * Fails how. What has no room is not known.
 */
#include "starts.h"

#include <stdlib.h>

struct slot {
	uint64_t print; /* of the flow's key; 0: free */
	uint64_t when;
};

struct eg_starts {
	struct eg_seed seed;
	size_t mask, count, most;
	struct slot slots[];
};

struct eg_starts *eg_starts_new(size_t flows, const struct eg_seed *seed)
{
	size_t room = 2;
	struct eg_starts *s;

	while (room < 2 * flows)
		room *= 2;
	s = calloc(1, sizeof(*s) + room * sizeof(s->slots[0]));
	if (!s)
		return NULL;
	s->seed = *seed;
	s->mask = room - 1;
	s->most = flows;
	return s;
}

void eg_starts_free(struct eg_starts *s)
{
	free(s);
}

static uint64_t print_of(const struct eg_starts *s, const struct eg_flow_key *key)
{
	uint64_t print = eg_siphash13(&s->seed, key, sizeof(*key));

	return print ? print : 1;
}

/* Where PRINT stands, or the free slot that ends the search. */
static size_t find(const struct eg_starts *s, uint64_t print)
{
	size_t i = (size_t)print & s->mask;

	while (s->slots[i].print && s->slots[i].print != print)
		i = (i + 1) & s->mask;
	return i;
}

void eg_starts_put(struct eg_starts *s, const struct eg_flow_key *key, uint64_t when)
{
	uint64_t print = print_of(s, key);
	struct slot *slot = &s->slots[find(s, print)];

	if (!slot->print && s->count == s->most)
		return;
	s->count += !slot->print;
	*slot = (struct slot){ .print = print, .when = when };
}

/* Free slot I, and move up what would not be found behind it any more. */
static void close_up(struct eg_starts *s, size_t i)
{
	for (size_t j = (i + 1) & s->mask; s->slots[j].print; j = (j + 1) & s->mask) {
		size_t home = (size_t)s->slots[j].print & s->mask;

		if (((j - home) & s->mask) < ((j - i) & s->mask))
			continue;
		s->slots[i] = s->slots[j];
		i = j;
	}
	s->slots[i] = (struct slot){ 0 };
}

uint64_t eg_starts_take(struct eg_starts *s, const struct eg_flow_key *key)
{
	size_t i = find(s, print_of(s, key));
	uint64_t when = s->slots[i].when;

	if (!s->slots[i].print)
		return 0;
	close_up(s, i);
	s->count--;
	return when;
}

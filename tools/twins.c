/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "twins.h"

#include <stdlib.h>

enum { FEW = 1024 };

/* A pair as one number, which is no other's but by a chance of one in 2^64 for each pair of them; 0
 * is a free slot. */
static uint64_t print_of(const struct eg_twins *t, uint64_t ns, uint64_t number)
{
	const uint64_t pair[2] = { ns / 1000, number };
	uint64_t print = eg_siphash13(&t->seed, pair, sizeof(pair));

	return print ? print : 1;
}

static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t print)
{
	size_t i = (size_t)print & (room - 1);

	while (slots[i] && slots[i] != print)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

/* A quarter of the slots stays free. */
static bool grow(struct eg_twins *t)
{
	size_t room = t->room ? 2 * t->room : FEW;
	uint64_t *slots;

	if (t->count < t->room / 4 * 3)
		return true;
	if (t->count >= EG_TWINS_MAX)
		return false;
	slots = calloc(room, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i])
			*slot_of(slots, room, t->slots[i]) = t->slots[i];
	free(t->slots);
	t->slots = slots;
	t->room = room;
	return true;
}

bool eg_twins_add(struct eg_twins *t, uint64_t ns, uint64_t number)
{
	uint64_t print = print_of(t, ns, number), *slot;

	if (!grow(t))
		return false;
	slot = slot_of(t->slots, t->room, print);
	t->count += *slot == 0;
	*slot = print;
	return true;
}

bool eg_twins_has(const struct eg_twins *t, uint64_t ns, uint64_t number)
{
	uint64_t print = print_of(t, ns, number);

	return t->room && *slot_of(t->slots, t->room, print) == print;
}

void eg_twins_free(struct eg_twins *t)
{
	free(t->slots);
	t->slots = NULL;
	t->count = t->room = 0;
}

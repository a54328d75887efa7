/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor: a hash table and nothing else. The key of a flow is made, hashed and looked
 * up in slots of one cache line, and what is found there says which key is next, so that
 * no two look-ups overlap. Half of the slots are taken.
 */
#include "bench.h"

#include "siphash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKUPS = 64, WARM = 1024, BATCHES = 101, LINE = 64, KEY = 40 };

struct slot {
	uint8_t key[KEY];
	uint32_t taken, next;
	uint8_t rest[LINE - KEY - 8];
};

struct table {
	struct eg_seed seed;
	struct slot *slots;
	uint32_t mask, flows, at;
};

static void make_key(uint8_t key[KEY], uint32_t flow)
{
	memset(key, 0, KEY);
	memcpy(key + 12, &flow, sizeof(flow));
}

static struct slot *find(const struct table *t, uint32_t flow)
{
	uint8_t key[KEY];
	uint64_t i;

	make_key(key, flow);
	for (i = eg_siphash13(&t->seed, key, KEY);; i++) {
		struct slot *s = &t->slots[i & t->mask];

		if (!s->taken || memcmp(s->key, key, KEY) == 0)
			return s;
	}
}

static void walk(struct table *t, size_t n)
{
	while (n-- > 0)
		t->at = find(t, t->at)->next;
}

static double slice(void *table)
{
	struct table *t = table;
	double ns[BATCHES];

	walk(t, t->flows < WARM ? WARM : t->flows < 100000 ? t->flows : 100000);
	for (size_t i = 0; i < BATCHES; i++) {
		double begun = clock_ns();

		walk(t, LOOKUPS);
		ns[i] = (clock_ns() - begun) / LOOKUPS;
	}
	return quantile(ns, BATCHES, 0.5);
}

/* Put all flows in, each leading to the next of a random order: one cycle (Sattolo). */
static void fill(struct table *t)
{
	uint32_t *next = calloc(t->flows, sizeof(*next));

	if (!next)
		die("no memory");
	for (uint32_t i = 0; i < t->flows; i++)
		next[i] = i;
	for (uint32_t i = t->flows - 1; i > 0; i--) {
		uint32_t other = draw() % i, was = next[i];

		next[i] = next[other];
		next[other] = was;
	}
	for (uint32_t i = 0; i < t->flows; i++) {
		struct slot *s = find(t, i);

		make_key(s->key, i);
		s->taken = 1;
		s->next = next[i];
	}
	free(next);
}

struct cell *floor_add(uint32_t flows)
{
	struct table *t = calloc(1, sizeof(*t));
	uint32_t slots = 2;
	struct cell *c;

	while (slots < 2 * flows)
		slots *= 2;
	if (!t || !(t->slots = aligned_alloc(LINE, slots * sizeof(*t->slots))))
		die("no memory");
	memset(t->slots, 0, slots * sizeof(*t->slots));
	t->seed = (struct eg_seed){ draw(), draw() };
	t->mask = slots - 1;
	t->flows = flows;
	fill(t);
	c = cell_new(slice, t, "hash table alone, %u entries", flows);
	row_add((struct row){ .name = c->name, .cell = c });
	return c;
}

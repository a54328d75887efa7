/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Name sets.
 *
 * Purpose. Tell for a name whether it, or an ancestor of it, is on a list of up to
 * millions, at a cost that depends neither on the length of the list nor, beyond its
 * deepest name, on the labels of the name that is asked for.
 *
 * Terms
 *   suffix   a name with none or more labels taken off its left end; the root is one
 *   depth    how many labels a name or suffix has, the root none
 *   scope    bits of enum eg_namescope
 *   slot     a place in the table: 30 bits of hash, the scopes, and where in the arena
 *            the name stands
 *   arena    the names' wire forms, each behind one byte with its length, appended
 *            one by one and never moved within it
 *
 * Look-up. The hash of a name is made from its root leftwards, label by label, so that
 * one pass over a name gives the hashes of all its suffixes. Each proper suffix is asked
 * for BELOW, the name itself for EXACT: one probe each, and none at a depth at which the
 * set has no name of that scope.
 *
 * Invariants
 *   - a slot is empty where its scope bits are 0; a name has one slot, for both scopes.
 *   - the slots are a power of two, and at most half are taken: runs of taken slots
 *     stay short, and linear probing always ends at an empty one.
 *   - what decides is that the wire forms are the same in all their bytes. Hashes
 *     that collide cost time and decide nothing.
 *
 * Limits. 4 GiB of names. A name takes 16 to 32 bytes of slots, and its wire form and
 * one byte of the arena. The hash has no key: who writes the list can make its own
 * look-ups slow, but who only asks cannot lengthen a probe beyond the longest run
 * that the list itself made.
 *
 * Fails how. Adding may run out of memory; the set is then as it was before.
 *
 * References: RFC 1035 3.1 (wire form), RFC 4592 2.1 (what is meant by below is wider
 * here than what a wildcard of a zone matches: every name under it, always).
 */
#include "nameset.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 16, FIRST_ARENA = 512 };
enum { SCOPES = EG_NAME_EXACT | EG_NAME_BELOW, SCOPE_BITS = 2 };

struct slot {
	uint32_t tag; /* hash in the upper bits, scopes in the lowest two */
	uint32_t at;  /* offset in the arena */
};

struct eg_nameset {
	struct slot *slots;
	size_t mask;  /* slots - 1 */
	size_t names; /* slots taken */
	size_t count; /* scopes in them */
	uint8_t *arena;
	size_t used, size; /* of the arena */
	size_t deepest;
	uint8_t scopes_at[EG_LABELS_MAX + 1]; /* of all names of that depth */
};

struct eg_nameset *eg_nameset_new(void)
{
	struct eg_nameset *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->mask = FIRST_SLOTS - 1;
	set->slots = calloc(FIRST_SLOTS, sizeof(*set->slots));
	if (!set->slots) {
		free(set);
		return NULL;
	}
	return set;
}

void eg_nameset_free(struct eg_nameset *set)
{
	if (!set)
		return;
	free(set->slots);
	free(set->arena);
	free(set);
}

size_t eg_nameset_count(const struct eg_nameset *set)
{
	return set->count;
}

/* Where the suffixes of a name start: AT[0] is the name itself, AT[n] its root. */
struct suffixes {
	size_t n;
	uint8_t at[EG_LABELS_MAX + 1];
};

static void split(const struct eg_name *name, struct suffixes *s)
{
	size_t i = 0;

	s->n = 0;
	for (; i < name->len && name->wire[i]; i += 1u + name->wire[i])
		s->at[s->n++] = (uint8_t)i;
	s->at[s->n] = (uint8_t)i;
}

/* The hash of the label at P (its length byte first) in front of what hashes to H. Two odd
 * factors, each followed by a fold of the upper half, where the product has mixed best. */
static uint64_t add_label(uint64_t h, const uint8_t *p)
{
	size_t left = 1u + p[0];

	while (left > 0) {
		size_t n = left < 8 ? left : 8;
		uint64_t v = 0;

		for (size_t i = 0; i < n; i++)
			v |= (uint64_t)p[i] << 8 * i;
		h = (h ^ v) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
		p += n;
		left -= n;
	}
	h *= 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

/* The part of hash H that a slot keeps, in the place where it keeps it. */
static uint32_t to_tag(uint64_t h)
{
	return (uint32_t)h << SCOPE_BITS;
}

static bool is_empty(const struct slot *slot)
{
	return (slot->tag & SCOPES) == 0;
}

/* The slot of the N wire bytes at P whose hash is in TAG, or the empty one where they
 * would go. */
static struct slot *find(const struct eg_nameset *set, uint32_t tag, const uint8_t *p, size_t n)
{
	for (size_t i = tag >> SCOPE_BITS;; i++) {
		struct slot *slot = &set->slots[i & set->mask];
		const uint8_t *entry;

		if (is_empty(slot))
			return slot;
		if ((slot->tag ^ tag) >> SCOPE_BITS)
			continue;
		entry = set->arena + slot->at;
		if (entry[0] == n && memcmp(entry + 1, p, n) == 0)
			return slot;
	}
}

/* Make room for one more slot. */
static int reserve_slot(struct eg_nameset *set)
{
	size_t slots = set->mask + 1;
	size_t mask = 2 * slots - 1;
	struct slot *bigger;

	if (set->names + 1 <= slots / 2)
		return 0;
	bigger = calloc(mask + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	for (struct slot *old = set->slots; old < set->slots + slots; old++) {
		size_t i = old->tag >> SCOPE_BITS;

		if (is_empty(old))
			continue;
		while (!is_empty(&bigger[i & mask]))
			i++;
		bigger[i & mask] = *old;
	}
	free(set->slots);
	set->slots = bigger;
	set->mask = mask;
	return 0;
}

/* Make room for N more bytes in the arena. */
static int reserve_bytes(struct eg_nameset *set, size_t n)
{
	size_t size = set->size ? set->size : FIRST_ARENA;
	uint8_t *bigger;

	if (n > UINT32_MAX - set->used)
		return -ENOMEM;
	while (size < set->used + n)
		size += size / 2;
	if (size == set->size)
		return 0;
	bigger = realloc(set->arena, size);
	if (!bigger)
		return -ENOMEM;
	set->arena = bigger;
	set->size = size;
	return 0;
}

/* Append NAME to the arena, where there is room, and have SLOT point to it. */
static void store(struct eg_nameset *set, struct slot *slot, uint32_t tag,
		  const struct eg_name *name)
{
	*slot = (struct slot){ .tag = tag, .at = (uint32_t)set->used };
	set->arena[set->used++] = name->len;
	memcpy(set->arena + set->used, name->wire, name->len);
	set->used += name->len;
	set->names++;
}

int eg_nameset_add(struct eg_nameset *set, const struct eg_name *name, enum eg_namescope scope)
{
	struct suffixes s;
	struct slot *slot;
	uint64_t h = 0;

	if (reserve_slot(set) || reserve_bytes(set, 1u + name->len))
		return -ENOMEM;
	split(name, &s);
	for (size_t depth = 1; depth <= s.n; depth++)
		h = add_label(h, name->wire + s.at[s.n - depth]);
	slot = find(set, to_tag(h), name->wire, name->len);
	if (is_empty(slot))
		store(set, slot, to_tag(h), name);
	if (!(slot->tag & scope))
		set->count++;
	slot->tag |= scope;
	set->scopes_at[s.n] |= (uint8_t)scope;
	if (set->deepest < s.n)
		set->deepest = s.n;
	return 0;
}

bool eg_nameset_match(const struct eg_nameset *set, const struct eg_name *name, size_t *below)
{
	struct suffixes s;
	bool found = false;
	uint64_t h = 0;

	split(name, &s);
	for (size_t depth = 0; depth <= s.n && depth <= set->deepest; depth++) {
		unsigned wanted = depth == s.n ? EG_NAME_EXACT : EG_NAME_BELOW;
		size_t at = s.at[s.n - depth];
		const uint8_t *suffix = name->wire + at;

		if (depth > 0)
			h = add_label(h, suffix);
		if ((set->scopes_at[depth] & wanted) &&
		    (find(set, to_tag(h), suffix, name->len - at)->tag & wanted)) {
			*below = at;
			found = true;
		}
	}
	return found;
}

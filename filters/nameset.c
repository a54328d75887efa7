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
 *   slot     a place in the table: 30 bits of hash, the scopes, and the name's wire form,
 *            or where it stands in the arena
 *   arena    the wire forms of long names, appended one by one and never moved within it
 *
 * Look-up. The hash of a name is made from its root leftwards, label by label, so that
 * one pass over a name gives the hashes of all its suffixes. Each proper suffix is asked
 * for BELOW, the name itself for EXACT: one probe each, and none at a depth at which the
 * set has no name of that scope. A probe most often reads one cache line, from a table that is
 * larger than all caches, and who says in advance what will be asked waits little even for that.
 *
 * Invariants
 *   - a slot is empty where its scope bits are 0; a name has one slot, for both scopes.
 *   - the slots are a power of two, and at most half are taken: runs of taken slots
 *     stay short, and linear probing always ends at an empty one.
 *   - what decides is that the wire forms are the same in all their bytes. Hashes
 *     that collide cost time and decide nothing.
 *
 * Limits. 4 GiB of long names. A name takes 64 to 128 bytes of slots, and one that is longer than
 * INLINE its wire form of the arena. The hash has no key: who writes the list can make its own
 * look-ups slow, but who only asks cannot lengthen a probe beyond the longest run
 * that the list itself made.
 *
 * Fails how. Adding may run out of memory; the set is then as it was before.
 *
 * References: RFC 1035 3.1 (wire form), RFC 4592 2.1 (what is meant by below is wider
 * here than what a wildcard of a zone matches: every name under it, always).
 */
#include "nameset.h"

#include "pages.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 16, FIRST_ARENA = 512 };
enum { SCOPES = EG_NAME_EXACT | EG_NAME_BELOW, SCOPE_BITS = 2 };

enum { INLINE = 27 }; /* bytes of a name in its slot */

struct slot {
	uint32_t tag; /* hash in the upper bits, scopes in the lowest two */
	uint8_t len;
	uint8_t name[INLINE]; /* or its offset in the arena, 32 bits */
};
static_assert(sizeof(struct slot) == 32, "no slot lies in two cache lines");

struct eg_nameset {
	struct slot *slots;
	void *memory; /* they stand in it */
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
	set->slots = eg_pages_new(FIRST_SLOTS * sizeof(*set->slots), EG_PAGES_DENSE, &set->memory);
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
	free(set->memory);
	free(set->arena);
	free(set);
}

size_t eg_nameset_count(const struct eg_nameset *set)
{
	return set->count;
}

/* The hash of the label at P (its length byte first) in front of what hashes to H. Two odd
 * factors, each followed by a fold of the upper half, where the product has mixed best. Always
 * eight bytes are read: of the last ones those are cleared that are no longer the label's, as no
 * branch could foretell how many they are. */
static uint64_t add_label(uint64_t h, const uint8_t *p)
{
	for (size_t left = 1u + p[0];; left -= 8, p += 8) {
		uint64_t few = eg_get64le(p);

		if (left < 8)
			few &= UINT64_MAX >> 8 * (8 - left);
		h = (h ^ few) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
		if (left <= 8)
			break;
	}
	h *= 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

/* The part of hash H that a slot keeps, in the place where it keeps it. */
static uint32_t to_tag(uint64_t h)
{
	return (uint32_t)h << SCOPE_BITS;
}

static void split(const struct eg_name *name, struct eg_suffixes *s)
{
	size_t i = 0;

	s->n = 0;
	for (; i < name->len && name->wire[i]; i += 1u + name->wire[i])
		s->at[s->n++] = (uint8_t)i;
	s->at[s->n] = (uint8_t)i;
}

void eg_suffixes(struct eg_suffixes *s, const struct eg_name *name, size_t deepest)
{
	uint64_t h = 0;

	split(name, s);
	s->tags[0] = 0;
	for (size_t depth = 1; depth <= s->n && depth <= deepest; depth++) {
		h = add_label(h, name->wire + s->at[s->n - depth]);
		s->tags[depth] = to_tag(h);
	}
}

static bool is_empty(const struct slot *slot)
{
	return (slot->tag & SCOPES) == 0;
}

static const uint8_t *name_in(const struct eg_nameset *set, const struct slot *slot)
{
	uint32_t at;

	if (slot->len <= INLINE)
		return slot->name;
	memcpy(&at, slot->name, sizeof(at));
	return set->arena + at;
}

/* The slot of the N wire bytes at P whose hash is in TAG, or the empty one where they
 * would go. */
static struct slot *find(const struct eg_nameset *set, uint32_t tag, const uint8_t *p, size_t n)
{
	for (size_t i = tag >> SCOPE_BITS;; i++) {
		struct slot *slot = &set->slots[i & set->mask];

		if (is_empty(slot))
			return slot;
		if ((slot->tag ^ tag) >> SCOPE_BITS)
			continue;
		if (slot->len == n && memcmp(name_in(set, slot), p, n) == 0)
			return slot;
	}
}

/* Make room for one more slot. */
static int reserve_slot(struct eg_nameset *set)
{
	size_t slots = set->mask + 1;
	size_t mask = 2 * slots - 1;
	struct slot *bigger;
	void *memory;

	if (set->names + 1 <= slots / 2)
		return 0;
	bigger = eg_pages_new((mask + 1) * sizeof(*bigger), EG_PAGES_DENSE, &memory);
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
	free(set->memory);
	set->memory = memory;
	set->slots = bigger;
	set->mask = mask;
	return 0;
}

/* Make room for N more bytes in the arena. */
static int reserve_bytes(struct eg_nameset *set, size_t n)
{
	size_t size = set->size ? set->size : FIRST_ARENA;
	uint8_t *bigger;

	if (n == 0)
		return 0;
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

/* Put NAME into SLOT; for a long one there is room in the arena. */
static void store(struct eg_nameset *set, struct slot *slot, uint32_t tag,
		  const struct eg_name *name)
{
	uint32_t at = (uint32_t)set->used;

	slot->tag = tag;
	slot->len = name->len;
	if (name->len <= INLINE) {
		eg_copy(slot->name, name->wire, name->len);
	} else {
		memcpy(slot->name, &at, sizeof(at));
		eg_copy(set->arena + set->used, name->wire, name->len);
		set->used += name->len;
	}
	set->names++;
}

int eg_nameset_add(struct eg_nameset *set, const struct eg_name *name, enum eg_namescope scope)
{
	struct eg_suffixes s;
	struct slot *slot;
	uint32_t tag;

	if (reserve_slot(set) || reserve_bytes(set, name->len > INLINE ? name->len : 0))
		return -ENOMEM;
	eg_suffixes(&s, name, EG_LABELS_MAX);
	tag = s.tags[s.n];
	slot = find(set, tag, name->wire, name->len);
	if (is_empty(slot))
		store(set, slot, tag, name);
	if (!(slot->tag & scope))
		set->count++;
	slot->tag |= scope;
	set->scopes_at[s.n] |= (uint8_t)scope;
	if (set->deepest < s.n)
		set->deepest = s.n;
	return 0;
}

size_t eg_nameset_deepest(const struct eg_nameset *set)
{
	return set->deepest;
}

/* The scope that the suffix of DEPTH labels of S is asked for, or 0: SET has none of that depth. */
static unsigned wanted(const struct eg_nameset *set, const struct eg_suffixes *s, size_t depth)
{
	return set->scopes_at[depth] & (depth == s->n ? EG_NAME_EXACT : EG_NAME_BELOW);
}

void eg_nameset_expect(const struct eg_nameset *set, const struct eg_suffixes *s)
{
	for (size_t depth = 0; depth <= s->n && depth <= set->deepest; depth++)
		if (wanted(set, s, depth))
			__builtin_prefetch(&set->slots[s->tags[depth] >> SCOPE_BITS & set->mask]);
}

bool eg_nameset_match(const struct eg_nameset *set, const struct eg_name *name,
		      const struct eg_suffixes *s, size_t *below)
{
	bool found = false;

	for (size_t depth = 0; depth <= s->n && depth <= set->deepest; depth++) {
		unsigned scope = wanted(set, s, depth);
		uint8_t at = s->at[s->n - depth];

		if (!scope)
			continue;
		if (find(set, s->tags[depth], name->wire + at, (size_t)name->len - at)->tag &
		    scope) {
			*below = at;
			found = true;
		}
	}
	return found;
}

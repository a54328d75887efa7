/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups of slots of a hash table, by tags.
 *
 * Purpose. Say which slots of a group are worth a look, from 16 bytes and with no branch that
 * depends on what is in them: none could be foretold. Tables that are larger than all caches wait
 * for their slots; their tags, one byte for each slot, stay in a cache.
 *
 * Terms
 *   tag      8 bits of the hash of what is in a slot, never 0; 0 where nothing is
 *   home     the group that the hash of something leads to
 *
 * What is put in is in its home, or where that was full in the first group behind it that was not;
 * all groups from its home to there count it. So a search ends at the first group that none passed
 * by, and nothing has to be left where something was.
 *
 * Limits. EG_COUNTLESS of them stay so many: such a group is passed by for ever.
 */
#ifndef EG_TAGGROUP_H
#define EG_TAGGROUP_H

#include "span.h"

enum { EG_GROUP = 15, EG_COUNTLESS = 255 };

struct eg_taggroup {
	uint8_t tags[EG_GROUP];
	uint8_t passed_by;
};

/* The home of HASH among N groups: of its upper half. */
static inline uint32_t eg_group_home(uint64_t hash, uint32_t n)
{
	return (uint32_t)((hash >> 32) * n >> 32);
}

/* The group behind GROUP among N. */
static inline uint32_t eg_group_next(uint32_t group, uint32_t n)
{
	return group + 1 < n ? group + 1 : 0;
}

/* The tag of HASH: of its lower half. */
static inline uint8_t eg_tag(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 24);

	return tag ? tag : 1;
}

/* The bytes of WORD that are TAG, as their highest bits; those above the first may be others. */
static inline uint64_t eg_bytes_alike(uint64_t word, uint8_t tag)
{
	const uint64_t ones = 0x0101010101010101;

	word ^= tag * ones;
	return (word - ones) & ~word & (ones << 7);
}

/* The slots of G with TAG, and perhaps others behind the first of them, as a set: see
 * eg_group_first. */
static inline uint64_t eg_group_alike(const struct eg_taggroup *g, uint8_t tag)
{
	uint64_t low = eg_bytes_alike(eg_get64le(g->tags), tag);
	uint64_t high = eg_bytes_alike(eg_get64le((const uint8_t *)g + 8), tag);

	return low >> 7 | (high & UINT64_MAX >> 8) >> 6;
}

/* The number of a slot in SET, which is not empty; SET &= SET - 1 takes it out. Where what was
 * asked for is tag 0, it is a slot that has it. */
static inline uint32_t eg_group_first(uint64_t set)
{
	uint32_t bit = (uint32_t)__builtin_ctzll(set);

	return bit / 8 + bit % 8 * 8;
}

/* Whether no slot of G has anything in it. */
static inline bool eg_group_is_empty(const struct eg_taggroup *g)
{
	return (eg_get64le(g->tags) | (eg_get64le((const uint8_t *)g + 8) & UINT64_MAX >> 8)) == 0;
}

/* Take a slot for what has HASH in one of the N groups at GROUPS, one of which is not full. Returns
 * its number among all. */
static inline size_t eg_group_take(struct eg_taggroup *groups, uint32_t n, uint64_t hash)
{
	uint32_t group = eg_group_home(hash, n), at;
	uint64_t set;

	while (!(set = eg_group_alike(&groups[group], 0))) {
		if (groups[group].passed_by < EG_COUNTLESS)
			groups[group].passed_by++;
		group = eg_group_next(group, n);
	}
	at = eg_group_first(set);
	groups[group].tags[at] = eg_tag(hash);
	return (size_t)group * EG_GROUP + at;
}

/* Give back slot number AT, of what has HASH. */
static inline void eg_group_give(struct eg_taggroup *groups, uint32_t n, uint64_t hash, size_t at)
{
	for (uint32_t group = eg_group_home(hash, n); group != at / EG_GROUP;
	     group = eg_group_next(group, n))
		if (groups[group].passed_by < EG_COUNTLESS)
			groups[group].passed_by--;
	groups[at / EG_GROUP].tags[at % EG_GROUP] = 0;
}

#endif

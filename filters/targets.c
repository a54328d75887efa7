/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Target sets.
 *
 * Purpose. Tell for an address, a protocol and a port whether a list of any length has them, at a
 * cost that does not depend on the length of the list.
 *
 * Terms
 *   length   of a prefix, in bits of struct eg_addr: IPv4's are 96 more than people write
 *   place    a protocol and a port as one number: TCP's ports, and UDP's behind them
 *   entry    one prefix, with the places that it has as ranges
 *   slot     room for an entry in the hash table
 *
 * Look-up. For each length that the list has for the address's family, longest first or last is
 * the same: the address is cut to it, its entry found by hash, and the place sought among the
 * entry's ranges by bisection. One probe per length in use (most lists have one or two; there are
 * 33 of IPv4 and 129 of IPv6), and at most 16 steps: the number of targets has no part in it.
 *
 * Invariants
 *   - a slot is empty where its entry has no range.
 *   - an entry's ranges are in order, and no two overlap or touch.
 *   - the slots are a power of two, and at most half are taken.
 *   - the families are apart: only lengths of its own family are tried for an address, so that ::/0
 *     has no address of IPv4 although its bits would.
 *
 * Limits. Memory: 80 bytes for a prefix with a port of one protocol, 8 for each range more. The
 * hash has no key: who writes the list can make its own look-ups slow, but who only asks cannot
 * lengthen a probe beyond the longest run that the list itself made.
 *
 * Fails how. Adding may run out of memory; the set is then as it was before.
 */
#include "targets.h"

#include "frame.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 16, FIRST_RANGES = 2, LENGTHS = 129, IP4_BITS = EG_ADDR_IP4 * 8 };

struct range {
	uint32_t first, last; /* places */
};

struct entry {
	struct eg_addr addr; /* cut to length */
	uint32_t length;
	uint32_t count; /* of ranges; 0: the slot is empty */
	struct range *ranges;
};

struct eg_targets {
	struct entry *slots;
	size_t mask; /* slots - 1 */
	size_t count;
	/* The lengths that there are, by family: IPv6's, IPv4's. */
	size_t length_count[2];
	uint8_t lengths[2][LENGTHS];
};

struct eg_targets *eg_targets_new(void)
{
	struct eg_targets *set = calloc(1, sizeof(*set));

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

void eg_targets_free(struct eg_targets *set)
{
	if (!set)
		return;
	for (size_t i = 0; i <= set->mask; i++)
		free(set->slots[i].ranges);
	free(set->slots);
	free(set);
}

size_t eg_targets_count(const struct eg_targets *set)
{
	return set->count;
}

static uint32_t to_place(uint8_t proto, uint16_t port)
{
	return port + (proto == EG_PROTO_UDP ? UINT32_C(1) << 16 : 0);
}

/* Two odd factors, each followed by a fold of the upper half, where the product has mixed best. */
static uint64_t hash(const struct eg_addr *addr, uint32_t length)
{
	uint64_t h = length, v[2];

	memcpy(v, addr->b, sizeof(v));
	for (int i = 0; i < 2; i++) {
		h = (h ^ v[i]) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
	}
	h *= 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

/* The slot of ADDR, cut to LENGTH, among SLOTS, or the empty one where it would go. */
static struct entry *find(struct entry *slots, size_t mask, const struct eg_addr *addr,
			  uint32_t length)
{
	for (size_t i = (size_t)hash(addr, length);; i++) {
		struct entry *e = &slots[i & mask];

		if (e->count == 0 || (e->length == length && eg_addr_equal(&e->addr, addr)))
			return e;
	}
}

/* The first of E's ranges that ends at PLACE or behind it; E->count where none does. */
static uint32_t seek(const struct entry *e, uint32_t place)
{
	uint32_t low = 0, high = e->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (e->ranges[mid].last < place)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool eg_targets_match(const struct eg_targets *set, const struct eg_addr *addr, uint8_t proto,
		      uint16_t port)
{
	uint32_t place = to_place(proto, port);
	bool is4 = eg_addr_is4(addr);

	for (size_t i = 0; i < set->length_count[is4]; i++) {
		uint32_t length = set->lengths[is4][i];
		struct eg_addr cut = eg_addr_cut(addr, length);
		const struct entry *e = find(set->slots, set->mask, &cut, length);
		uint32_t at = seek(e, place);

		if (at < e->count && e->ranges[at].first <= place)
			return true;
	}
	return false;
}

/*
 * Adding
 */

/* Make room for one more slot. */
static int reserve_slot(struct eg_targets *set)
{
	size_t slots = set->mask + 1;
	struct entry *bigger;

	if (set->count + 1 <= slots / 2)
		return 0;
	bigger = calloc(slots * 2, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	for (size_t i = 0; i < slots; i++) {
		const struct entry *e = &set->slots[i];

		if (e->count)
			*find(bigger, slots * 2 - 1, &e->addr, e->length) = *e;
	}
	free(set->slots);
	set->slots = bigger;
	set->mask = slots * 2 - 1;
	return 0;
}

/* Make room for one more range in E: they grow to powers of two. */
static int reserve_range(struct entry *e)
{
	size_t room = e->count ? (size_t)e->count * 2 : FIRST_RANGES;
	struct range *bigger;

	if (e->count && (e->count < FIRST_RANGES || (e->count & (e->count - 1))))
		return 0;
	bigger = realloc(e->ranges, room * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	e->ranges = bigger;
	return 0;
}

/* Put NEW in its place among E's ranges, where there is room, and into one with those that it
 * overlaps or touches: those from AT to END. */
static void merge(struct entry *e, struct range new)
{
	uint32_t at = seek(e, new.first ? new.first - 1 : 0);
	uint32_t end = at;

	for (; end < e->count && e->ranges[end].first <= new.last + 1; end++) {
		if (e->ranges[end].first < new.first)
			new.first = e->ranges[end].first;
		if (e->ranges[end].last > new.last)
			new.last = e->ranges[end].last;
	}
	memmove(e->ranges + at + 1, e->ranges + end, (e->count - end) * sizeof(new));
	e->ranges[at] = new;
	e->count += at + 1 - end;
}

static void note_length(struct eg_targets *set, bool is4, uint32_t length)
{
	uint8_t *lengths = set->lengths[is4];

	if (!memchr(lengths, (int)length, set->length_count[is4]))
		lengths[set->length_count[is4]++] = (uint8_t)length;
}

int eg_targets_add(struct eg_targets *set, const struct eg_target *t)
{
	const struct range new = { to_place(t->proto, t->first), to_place(t->proto, t->last) };
	bool is4 = eg_addr_is4(&t->addr);
	uint32_t length = t->prefix + (is4 ? IP4_BITS : 0u);
	struct eg_addr cut = eg_addr_cut(&t->addr, length);
	struct entry *e;

	if (reserve_slot(set))
		return -ENOMEM;
	e = find(set->slots, set->mask, &cut, length);
	if (reserve_range(e))
		return -ENOMEM;
	if (e->count == 0) {
		e->addr = cut;
		e->length = length;
		set->count++;
		note_length(set, is4, length);
	}
	merge(e, new);
	return 0;
}

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
 * Look-up. For each length that the list has for the address's family: the address is cut to it,
 * its entry found by hash, and the place sought among the entry's ranges by bisection. One probe
 * per length in use (most lists have one or two; there are 33 of IPv4 and 129 of IPv6), and at most
 * 16 steps: the number of targets has no part in it.
 *
 * Invariants
 *   - a slot is empty where its entry has no range, and no entry lies across two cache lines: a
 *     look-up in a long list waits for memory once for each length.
 *   - an entry's ranges are in order, and no two overlap or touch.
 *   - the slots are a power of two, and at most half are taken.
 *   - the families are apart: only lengths of its own family are tried for an address, so that ::/0
 *     has no address of IPv4 although its bits would.
 *
 * Limits. Memory: 64 to 128 bytes for a prefix, 8 to 16 more for each of its ranges where it has
 * several. The hash has no key: who writes the list can make its own look-ups slow, but who only
 * asks cannot lengthen a probe beyond the longest run that the list itself made.
 *
 * Fails how. Adding may run out of memory; the set is then as it was before.
 */
#include "targets.h"

#include "frame.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 16, LINE = 64, LENGTHS = 129, IP4_BITS = EG_ADDR_IP4 * 8 };

struct range {
	uint32_t first, last; /* places */
};

struct entry {
	struct eg_addr addr; /* cut to length */
	uint32_t length : 8, count : 24;
	union {
		struct range one;   /* where count is 1, */
		struct range *many; /* and where it is more */
	};
};

_Static_assert(sizeof(struct entry) == 32, "two in a cache line");

struct eg_targets {
	struct entry *slots;
	size_t mask; /* slots - 1 */
	size_t count;
	/* The lengths that there are, by family: IPv6's, IPv4's. */
	size_t length_count[2];
	uint8_t lengths[2][LENGTHS];
};

/* N empty slots, or NULL. */
static struct entry *new_slots(size_t n)
{
	struct entry *slots = aligned_alloc(LINE, n * sizeof(*slots));

	if (slots)
		memset(slots, 0, n * sizeof(*slots));
	return slots;
}

struct eg_targets *eg_targets_new(void)
{
	struct eg_targets *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->mask = FIRST_SLOTS - 1;
	set->slots = new_slots(FIRST_SLOTS);
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
		if (set->slots[i].count > 1)
			free(set->slots[i].many);
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

/* The first of the N ranges at R that ends at PLACE or behind it; N where none does. */
static uint32_t seek(const struct range *r, uint32_t n, uint32_t place)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (r[mid].last < place)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool has_place(const struct entry *e, uint32_t place)
{
	const struct range *r = e->count > 1 ? e->many : &e->one;
	uint32_t at = seek(r, e->count, place);

	return at < e->count && r[at].first <= place;
}

bool eg_targets_match(const struct eg_targets *set, const struct eg_addr *addr, uint8_t proto,
		      uint16_t port)
{
	uint32_t place = to_place(proto, port);
	bool is4 = eg_addr_is4(addr);

	for (size_t i = 0; i < set->length_count[is4]; i++) {
		uint32_t length = set->lengths[is4][i];
		struct eg_addr cut = eg_addr_cut(addr, length);

		if (has_place(find(set->slots, set->mask, &cut, length), place))
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
	bigger = new_slots(slots * 2);
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

/* Make room for one more range in E, which has one at least, and have them all in E->many: there
 * is room for the next power of two. */
static int reserve_range(struct entry *e)
{
	struct range one = e->one, *bigger;

	if (e->count & (e->count - 1u))
		return 0;
	bigger = realloc(e->count > 1 ? e->many : NULL, 2 * (size_t)e->count * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	if (e->count == 1)
		bigger[0] = one;
	e->many = bigger;
	return 0;
}

/* Put NEW among E's ranges, and into one with those that it overlaps or touches: those from AT to
 * END. */
static int add_range(struct entry *e, struct range new)
{
	const struct range *r = e->count > 1 ? e->many : &e->one;
	uint32_t at = seek(r, e->count, new.first ? new.first - 1 : 0);
	uint32_t end = at, count;

	for (; end < e->count && r[end].first <= new.last + 1; end++) {
		if (r[end].first < new.first)
			new.first = r[end].first;
		if (r[end].last > new.last)
			new.last = r[end].last;
	}
	count = e->count + 1 - (end - at);
	if (count > e->count && e->count > 0 && reserve_range(e))
		return -ENOMEM;
	if (count == 1) {
		if (e->count > 1)
			free(e->many);
		e->one = new;
	} else {
		memmove(e->many + at + 1, e->many + end, (e->count - end) * sizeof(new));
		e->many[at] = new;
	}
	e->count = count & 0xffffffu;
	return 0;
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
	if (e->count == 0) {
		e->addr = cut;
		e->length = length & 255u;
		set->count++;
		note_length(set, is4, length);
	}
	return add_range(e, new);
}

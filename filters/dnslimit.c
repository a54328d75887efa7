/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much a guest may say below listed domains.
 *
 * Purpose. Whoever serves a domain that is listed as *.example.org reads what the guest
 * writes into the labels below it: that is how tunnels over DNS get their data out. No
 * form tells such a name from a content network's, but its amount does: a tunnel needs
 * new names all the time, and long ones. So names and their bytes are counted by the minute.
 *
 * Terms
 *   below   the bytes of a name in front of the listed domain, lengths of labels included
 *   new     not asked for within EG_DNSLIMIT_FRESH, as far as remembered: A and AAAA of a
 *           name and its repetitions cost one name
 *   bucket  what may still be said; it fills up again at an even rate, to a minute's worth
 *
 * What it leaves a tunnel, by default: 64 bytes a second in new names; and in the choice
 * among names that it said before, ten bits with each of 20 queries a second.
 *
 * Invariants. A query is charged to all buckets or to none. Names that are listed themselves
 * are never charged: nothing can be written into them.
 *
 * Limits. REMEMBERED names are remembered; where their places are wanted by others the one asked
 * for longest ago is new again, so that a guest can only make itself pay more.
 *
 * Fails how. EG_R_DNS_LIMIT; a client takes that for a server's trouble, and asks again.
 */
#include "dnslimit.h"

#include <stdlib.h>

enum {
	MINUTE = 60000,
	WAYS = 4,
	SETS = 256, /* a power of two */
	REMEMBERED = SETS * WAYS,
};

enum { NAMES, BYTES, ASKED, BUCKETS };

/* What a minute allows, for each new name that it allows. */
static const uint32_t factor[BUCKETS] = {
	[NAMES] = 1,
	[BYTES] = EG_DNSLIMIT_BYTES,
	[ASKED] = EG_DNSLIMIT_ASKED,
};

struct fresh {
	uint64_t hash;
	uint64_t until; /* ms; from then on the name is new */
};

struct eg_dnslimit {
	struct eg_seed seed;
	uint64_t rate;          /* new names a minute; 0: nothing is limited */
	uint64_t filled;        /* when the buckets were last filled, ms */
	uint64_t left[BUCKETS]; /* in 1/MINUTE of what they count */
	struct fresh fresh[REMEMBERED];
};

struct eg_dnslimit *eg_dnslimit_new(size_t names, const struct eg_seed *seed)
{
	struct eg_dnslimit *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->seed = *seed;
	l->rate = names;
	for (int i = 0; i < BUCKETS; i++)
		l->left[i] = names * factor[i] * MINUTE;
	return l;
}

void eg_dnslimit_free(struct eg_dnslimit *l)
{
	free(l);
}

static void fill(struct eg_dnslimit *l, uint64_t now)
{
	uint64_t ms = now - l->filled < MINUTE ? now - l->filled : MINUTE;

	for (int i = 0; i < BUCKETS; i++) {
		uint64_t full = l->rate * factor[i] * MINUTE;

		l->left[i] += ms * l->rate * factor[i];
		if (l->left[i] > full)
			l->left[i] = full;
	}
	l->filled = now;
}

/* Where HASH is remembered, or else is to be: the place of its set that was asked for longest
 * ago. */
static struct fresh *find(struct eg_dnslimit *l, uint64_t hash)
{
	struct fresh *set = l->fresh + (hash % SETS) * WAYS, *oldest = set;

	for (struct fresh *f = set; f < set + WAYS; f++) {
		if (f->hash == hash && f->until)
			return f;
		if (f->until < oldest->until)
			oldest = f;
	}
	return oldest;
}

enum eg_reason eg_dnslimit_charge(struct eg_dnslimit *l, const struct eg_name *name, size_t below,
				  uint64_t now)
{
	uint64_t hash;
	struct fresh *f;
	bool new;
	uint64_t cost[BUCKETS] = { [ASKED] = 1 };

	if (below == 0 || l->rate == 0)
		return EG_R_NONE;
	hash = eg_siphash13(&l->seed, name->wire, name->len);
	f = find(l, hash);
	new = f->hash != hash || f->until <= now;
	if (new) {
		cost[NAMES] = 1;
		cost[BYTES] = below;
	}
	fill(l, now);
	for (int i = 0; i < BUCKETS; i++)
		if (below > EG_DNSLIMIT_BELOW || cost[i] * MINUTE > l->left[i])
			return EG_R_DNS_LIMIT;
	for (int i = 0; i < BUCKETS; i++)
		l->left[i] -= cost[i] * MINUTE;
	if (new)
		*f = (struct fresh){ hash, now + EG_DNSLIMIT_FRESH };
	return EG_R_NONE;
}

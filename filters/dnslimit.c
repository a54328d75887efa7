/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much a guest may say by look-ups.
 *
 * Purpose. Whoever serves a domain that is listed as *.example.org reads what the guest
 * writes into the labels below it: that is how tunnels over DNS get their data out. No
 * form tells such a name from a content network's, but its amount does: a tunnel needs
 * new names all the time, and long ones. So names and their bytes are counted by the minute.
 * And whoever serves a name that is listed itself reads when it is asked for, in which type, and
 * which of several is: so all queries are counted, too.
 *
 * Terms
 *   below   the bytes of a name in front of the listed domain, lengths of labels included
 *   new     not asked for within EG_DNSLIMIT_FRESH, as far as remembered: A and AAAA of a
 *           name and its repetitions cost one name
 *   bucket  what may still be said; it fills up again at an even rate, to a minute's worth
 *
 * What it leaves a tunnel, by default: 64 bytes a second in new names; and the choice among names
 * that it said before, and among those that are listed, with 20 queries a second each.
 *
 * Invariants. A query is charged to all buckets or to none. A query that does not leave, as its
 * answer is under way already, is not charged for (judge_query.c).
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

enum { NAMES, BYTES, ASKED, LISTED, BUCKETS };

/* What a minute allows, for each new name that it allows. */
static const uint32_t factor[BUCKETS] = {
	[NAMES] = 1,
	[BYTES] = EG_DNSLIMIT_BYTES,
	[ASKED] = EG_DNSLIMIT_ASKED,
	[LISTED] = EG_DNSLIMIT_ASKED,
};

struct fresh {
	uint64_t hash;
	uint64_t until; /* ms; from then on the name is new */
};

struct eg_dnslimit {
	struct eg_seed seed;
	bool off;               /* nothing is limited */
	uint64_t full[BUCKETS]; /* what a minute allows */
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
	l->off = names == 0;
	for (int i = 0; i < BUCKETS; i++) {
		/* Few new names are no reason to ask seldom for those that are listed. */
		size_t n = i == LISTED && names < EG_DNSLIMIT_DEFAULT ? EG_DNSLIMIT_DEFAULT : names;

		l->full[i] = n * factor[i];
		l->left[i] = l->full[i] * MINUTE;
	}
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
		l->left[i] += ms * l->full[i];
		if (l->left[i] > l->full[i] * MINUTE)
			l->left[i] = l->full[i] * MINUTE;
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
	uint64_t hash = 0;
	struct fresh *f = NULL;
	bool new = false;
	uint64_t cost[BUCKETS] = { [ASKED] = below > 0, [LISTED] = below == 0 };

	if (l->off)
		return EG_R_NONE;
	if (below > 0) {
		hash = eg_siphash13(&l->seed, name->wire, name->len);
		f = find(l, hash);
		new = f->hash != hash || f->until <= now;
	}
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sampling: the first of a kind are recorded whole, the rest is counted.
 *
 * Purpose. A guest that sends a million frames a second must not fill a disk with
 * them, nor push out of a record what it did before. What is told of a flood is
 * its beginning, and then how much there was of it.
 *
 * Terms. Frames of one kind are those of one key: direction, reason, protocol, and to
 * whom. A window is EG_SAMPLE_WINDOW from a key's first frame on.
 *
 * Life-cycle. A bucket is taken for a key by its first frame. Behind so many of a
 * window they are counted. A count is reported when its window is over; a bucket
 * with nothing to report whose window is over is free.
 *
 * Invariants. Every frame is taken or counted, and every count is reported once: a
 * bucket with a count is never given to another key. Nor is one whose window is not over, or
 * a guest could begin windows at will. A key that finds no room shares a bucket with
 * all such keys of its reason.
 *
 * Limits. EG_SAMPLE_BUCKETS keys, in sets of WAYS; so at most that many times the
 * sample is recorded in a window.
 *
 * Fails how. Not at all.
 */
#include "sample.h"

#include <stdlib.h>

enum {
	WAYS = 8,
	SETS = EG_SAMPLE_BUCKETS / WAYS,
	REST = 2 * EG_SAMPLE_KINDS * EG_REASON_COUNT, /* buckets for what found no room */
	ALL = EG_SAMPLE_BUCKETS + REST,
};

_Static_assert((SETS & (SETS - 1)) == 0, "a set is chosen by a mask");
_Static_assert(ALL <= EG_SAMPLE_ROUND * EG_SAMPLE_CHUNK, "a round comes across all");
_Static_assert(sizeof(struct eg_sample_key) == 24, "no padding");

/* A cache line. */
struct bucket {
	struct eg_sample_key key;
	uint64_t count, first, last; /* counted, and not yet reported */
	uint64_t window;             /* when it began, ms */
	uint32_t whole;              /* frames taken in it */
	bool used;
	bool due; /* the count is of a window that is over */
};

struct eg_sample {
	struct eg_seed seed;
	uint32_t whole; /* frames that are taken in a window; 0: all */
	size_t next;    /* bucket to be collected */
	struct bucket buckets[ALL];
};

struct eg_sample *eg_sample_new(unsigned whole, const struct eg_seed *seed)
{
	struct eg_sample *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->seed = *seed;
	s->whole = whole;
	return s;
}

void eg_sample_free(struct eg_sample *s)
{
	free(s);
}

/*
 * Keys. No judge need have understood the frame: what is there is read.
 */

/* The destination port of a TCP or UDP header at OFF. */
static void set_port(struct eg_sample_key *k, const uint8_t *frame, size_t len, size_t off)
{
	if ((k->proto == EG_PROTO_TCP || k->proto == EG_PROTO_UDP) && len >= off + 4)
		k->dport = eg_get16(frame + off + 2);
}

static void set_ip4(struct eg_sample_key *k, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + EG_ETH_LEN;

	if (len < EG_ETH_LEN + EG_IP4_LEN)
		return;
	k->is_ip = 1;
	k->proto = ip[9];
	k->has_dst = 1;
	k->dst = eg_addr4(ip + 16);
	if ((eg_get16(ip + 6) & 0x1fff) == 0) /* the start of a datagram */
		set_port(k, frame, len, EG_ETH_LEN + 4u * (ip[0] & 15));
}

static void set_ip6(struct eg_sample_key *k, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + EG_ETH_LEN;

	if (len < EG_ETH_LEN + EG_IP6_LEN)
		return;
	k->is_ip = 1;
	k->proto = ip[6];
	k->has_dst = 1;
	k->dst = eg_addr6(ip + 24);
	set_port(k, frame, len, EG_ETH_LEN + EG_IP6_LEN);
}

static void set_arp(struct eg_sample_key *k, const uint8_t *frame, size_t len)
{
	enum { ARP_LEN = 28 };

	if (len < EG_ETH_LEN + ARP_LEN)
		return;
	k->has_dst = 1;
	k->dst = eg_addr4(frame + EG_ETH_LEN + 24);
}

struct eg_sample_key eg_sample_key(unsigned kind, enum eg_dir dir, enum eg_reason reason,
				   const uint8_t *frame, size_t len)
{
	struct eg_sample_key k = {
		.kind = (uint8_t)kind,
		.dir = dir == EG_FROM_NETWORK,
		.reason = (uint8_t)reason,
	};

	if (len < EG_ETH_LEN)
		return k;
	k.ethertype = eg_get16(frame + 12);
	if (k.ethertype == EG_ETHERTYPE_IP4)
		set_ip4(&k, frame, len);
	else if (k.ethertype == EG_ETHERTYPE_IP6)
		set_ip6(&k, frame, len);
	else if (k.ethertype == EG_ETHERTYPE_ARP)
		set_arp(&k, frame, len);
	return k;
}

/*
 * Buckets
 */

static bool is_over(const struct bucket *b, uint64_t now)
{
	return now - b->window >= EG_SAMPLE_WINDOW;
}

static bool is_free(const struct bucket *b, uint64_t now)
{
	return !b->used || (b->count == 0 && is_over(b, now));
}

static struct bucket *take_for(struct bucket *b, const struct eg_sample_key *key, uint64_t now)
{
	*b = (struct bucket){ .key = *key, .window = now, .used = true };
	return b;
}

/* The bucket of all keys of KEY's reason that found no room. */
static struct bucket *rest_of(struct eg_sample *s, const struct eg_sample_key *key, uint64_t now)
{
	const struct eg_sample_key all = {
		.kind = key->kind,
		.reason = key->reason,
		.dir = key->dir,
	};
	size_t row = key->kind % EG_SAMPLE_KINDS * 2u + key->dir;
	struct bucket *b = &s->buckets[EG_SAMPLE_BUCKETS + row * EG_REASON_COUNT +
				       key->reason % EG_REASON_COUNT];

	return b->used ? b : take_for(b, &all, now);
}

static struct bucket *find(struct eg_sample *s, const struct eg_sample_key *key, uint64_t now)
{
	size_t set = eg_siphash13(&s->seed, key, sizeof(*key)) & (SETS - 1);
	struct bucket *first = &s->buckets[set * WAYS], *room = NULL;

	for (struct bucket *b = first; b < first + WAYS; b++) {
		if (b->used && memcmp(&b->key, key, sizeof(*key)) == 0)
			return b;
		if (!room && is_free(b, now))
			room = b;
	}
	return room ? take_for(room, key, now) : rest_of(s, key, now);
}

/* Begin a new window where the last one is over. */
static void roll(struct bucket *b, uint64_t now)
{
	if (!is_over(b, now))
		return;
	b->due = b->count > 0;
	b->window = now;
	b->whole = 0;
}

static void count(struct bucket *b, uint64_t when)
{
	if (b->count == 0 || when < b->first)
		b->first = when;
	if (b->count == 0 || when > b->last)
		b->last = when;
	b->count++;
}

bool eg_sample_take(struct eg_sample *s, const struct eg_sample_key *key, uint64_t now,
		    uint64_t when)
{
	struct bucket *b;

	if (s->whole == 0)
		return true;
	b = find(s, key, now);
	roll(b, now);
	if (b->whole < s->whole) {
		b->whole++;
		return true;
	}
	count(b, when);
	return false;
}

void eg_sample_miss(struct eg_sample *s, const struct eg_sample_key *key, uint64_t now,
		    uint64_t when)
{
	struct bucket *b = find(s, key, now);

	roll(b, now);
	count(b, when);
}

size_t eg_sample_collect(struct eg_sample *s, uint64_t now, bool all,
			 struct eg_sample_summary out[EG_SAMPLE_CHUNK])
{
	size_t n = 0;

	for (int i = 0; i < EG_SAMPLE_CHUNK; i++) {
		struct bucket *b = &s->buckets[s->next];

		s->next = (s->next + 1) % ALL;
		if (b->count == 0 || !(all || b->due || is_over(b, now)))
			continue;
		out[n++] = (struct eg_sample_summary){ b->key, b->count, b->first, b->last };
		b->count = 0;
		b->due = false;
	}
	return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sampling: the first of a kind are recorded whole, the rest is counted.
 *
 * Purpose. A guest that sends a million frames a second must not fill a disk with
 * them, nor push out of a record what it did before. What is told of a flood is
 * its beginning, and then how much there was of it.
 *
 * Terms. Frames of one kind are those of one key: direction, reason, protocol, and to
 * whom. A window is EG_SAMPLE_WINDOW from a key's first frame on. The budget is of bytes, over all
 * keys and windows: one for what the caller has as kind 0, one for all else.
 *
 * Life-cycle. A bucket is taken for a key by its first frame. After so many of a
 * window they are counted. A count is reported when its window is over; a bucket
 * with nothing to report whose window is over is free.
 *
 * Priorities. There may be more destinations than there is room in a record, though each had but
 * one frame. So the emptier the budget, the more a frame must tell: first those that are not the
 * first of their key in a window are cut to their headers, then they are counted; then the first
 * are cut; then counts are not told by destination; and at last the first are counted, too. (keeps
 * says at which level.) So the first frame after a flood is recorded as soon as something came
 * back.
 *
 * Invariants. Every frame is taken or counted, and every count is reported once: a
 * bucket with a count is never given to another key. Nor is one whose window is not over, or
 * a guest could begin windows at will. A key that finds no room shares a bucket with
 * all such keys of its reason, and so do counts that the budget has no room for.
 *
 * Limits. EG_SAMPLE_BUCKETS keys, in sets of WAYS. What is recorded of kind 0, and of the rest, in
 * whatever time is the budget's burst and what came back in it, and one summary in a window for
 * each reason and direction of each kind.
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
	HEADERS_LEAST = 60, /* the shortest Ethernet frame: it is not worth while to cut more off */
};

/* Parts of the budget that are to be left: by whether the frame is the first of its key in a
 * window, for it whole and cut; and for a count by destination. */
static const struct keep {
	unsigned whole, cut;
} keeps[] = {
	[false] = { .whole = EG_BUDGET_PARTS / 2, .cut = EG_BUDGET_PARTS / 4 },
	[true] = { .whole = EG_BUDGET_PARTS / 8, .cut = 0 },
};
enum { KEEP_OF_COUNTS = EG_BUDGET_PARTS / 16 };

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
	struct eg_budget budgets[2];
	struct bucket buckets[ALL];
};

struct eg_sample *eg_sample_new(unsigned whole, const struct eg_budget_limits *limits,
				const struct eg_seed *seed)
{
	struct eg_sample *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->seed = *seed;
	s->whole = whole;
	eg_budget_init(&s->budgets[0], limits);
	eg_budget_init(&s->budgets[1], limits);
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

/* The length of the header of PROTO at OFF. */
static size_t l4_length(uint8_t proto, const uint8_t *frame, size_t len, size_t off)
{
	enum { TCP_OFFSET = 12, UDP_LEN = 8, ICMP_LEN = 8 };

	if (proto == EG_PROTO_TCP)
		return len > off + TCP_OFFSET ? 4u * (frame[off + TCP_OFFSET] >> 4) : 0;
	if (proto == EG_PROTO_UDP)
		return UDP_LEN;
	return proto == EG_PROTO_ICMP || proto == EG_PROTO_ICMP6 ? ICMP_LEN : 0;
}

size_t eg_sample_headers(const uint8_t *frame, size_t len)
{
	uint16_t type = len >= EG_ETH_LEN ? eg_get16(frame + 12) : 0;
	const uint8_t *ip = frame + EG_ETH_LEN;
	size_t n = EG_ETH_LEN;

	if (type == EG_ETHERTYPE_IP4 && len >= EG_ETH_LEN + EG_IP4_LEN) {
		n += 4u * (ip[0] & 15);
		if ((eg_get16(ip + 6) & 0x1fff) == 0)
			n += l4_length(ip[9], frame, len, n);
	} else if (type == EG_ETHERTYPE_IP6 && len >= EG_ETH_LEN + EG_IP6_LEN) {
		n += EG_IP6_LEN;
		n += l4_length(ip[6], frame, len, n);
	}
	n = n < HEADERS_LEAST ? HEADERS_LEAST : n;
	return n < len ? n : len;
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

static struct eg_budget *budget_of(struct eg_sample *s, const struct eg_sample_key *key)
{
	return &s->budgets[key->kind != 0];
}

/* What of a frame the budget has room for. */
static enum eg_sampled afford(struct eg_budget *b, const struct eg_sample_cost *cost, bool first,
			      uint64_t now)
{
	const struct keep *keep = &keeps[first];

	if (eg_budget_spend(b, cost->whole, keep->whole, now))
		return EG_SAMPLED_WHOLE;
	if (!eg_budget_spend(b, cost->cut, keep->cut, now))
		return EG_SAMPLED_NOT;
	return cost->cut < cost->whole ? EG_SAMPLED_CUT : EG_SAMPLED_WHOLE;
}

enum eg_sampled eg_sample_take(struct eg_sample *s, const struct eg_sample_key *key,
			       const struct eg_sample_cost *cost, uint64_t now, uint64_t when)
{
	enum eg_sampled how = EG_SAMPLED_NOT;
	struct bucket *b;

	if (s->whole == 0)
		return EG_SAMPLED_WHOLE;
	b = find(s, key, now);
	roll(b, now);
	if (b->whole < s->whole)
		how = afford(budget_of(s, key), cost, b->whole == 0, now);
	if (how == EG_SAMPLED_NOT)
		count(b, when);
	else
		b->whole++;
	return how;
}

void eg_sample_miss(struct eg_sample *s, const struct eg_sample_key *key, uint64_t now,
		    uint64_t when)
{
	struct bucket *b = find(s, key, now);

	roll(b, now);
	count(b, when);
}

/* Add what B counted to what is of all destinations. */
static void fold(struct eg_sample *s, struct bucket *b, uint64_t now)
{
	struct bucket *rest = rest_of(s, &b->key, now);
	uint64_t sum = rest->count + b->count;

	if (rest->count == 0) /* its window begins with the first of them */
		roll(rest, now);
	count(rest, b->first);
	count(rest, b->last);
	rest->count = sum;
}

/* Whether there is room for a summary of B alone. Of all destinations there is one always. */
static bool can_tell(struct eg_sample *s, const struct bucket *b, uint64_t now)
{
	return s->whole == 0 || b >= &s->buckets[EG_SAMPLE_BUCKETS] ||
	       eg_budget_spend(budget_of(s, &b->key), EG_SAMPLE_NOTE, KEEP_OF_COUNTS, now);
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
		if (can_tell(s, b, now))
			out[n++] =
				(struct eg_sample_summary){ b->key, b->count, b->first, b->last };
		else
			fold(s, b, now);
		b->count = 0;
		b->due = false;
	}
	return n;
}

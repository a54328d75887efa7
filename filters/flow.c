/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flow table.
 *
 * Purpose: find the flow of a frame fast, whatever the guest does, in memory that
 * was bounded when the table was made.
 *
 * Terms
 *   slot     room for one struct eg_flow; slots are numbered from 1, and 0 is none
 *   ref      the number of a slot, and above it a few bits of the hash of what is in it
 *   bucket   the refs of flows whose hashes agree in what is left: a few singles, and the first
 *            of a chain of all others
 *   link     the ref of the slot behind one, in its chain or among the free
 *   fresh    a slot that was never used: its pages were never touched
 *   hand     the slot at which the next sweep starts; it goes round like a clock's
 *
 * In a table that is larger than all caches, what counts is how often memory is waited for. Most
 * often it is twice: for the bucket, which lies in one cache line and seldom has a chain of more
 * than one, and for the flow, as the bits in a ref rule out nearly all others.
 *
 * Life-cycle: insert takes a slot that was given back, else a fresh one, and puts
 * it into its bucket. A flow is alive while its expiry lies ahead; find meets an
 * expired one as if it were not there. It is given back by remove, by a find that
 * comes across it, by the hand, which looks at a few slots at each insert and at a part
 * of the table whenever it is told to age, or by
 * the sweep of everything that a full table makes, at most once a second: a host
 * that opens flows faster than they end waits for one such sweep, never for one
 * at each frame.
 *
 * Invariants
 *   - proto is 0 in exactly those slots that are free or fresh.
 *   - a flow is in the bucket of its hash, once; a free slot is in the free chain.
 *   - no two live flows have the same key (the caller asks find before insert).
 *   - a bucket for each two slots: chains stay short, also under attack, as the hash
 *     is keyed (see siphash.h).
 *
 * Limits: EG_FLOWS_MAX flows, 112 bytes each, 4 for its link and 8 for its part of a bucket;
 * their pages are touched as flows come.
 *
 * Fails how: insert returns NULL where all slots hold live flows, or half of them hold the
 * guest's and it wants another. None is ever evicted: a guest must not be able to end
 * what the host opened, nor to keep it from opening more.
 */
#include "flow.h"

#include "pages.h"

#include <assert.h>
#include <stdlib.h>

enum {
	SWEEP_STEP = 4,     /* slots that each insert looks at: several for each it takes */
	SWEEP_PAUSE = 1000, /* ms between two sweeps of the whole table */
};

/* Of a ref. */
enum { NUMBER_BITS = 25, NUMBER = (1 << NUMBER_BITS) - 1 };

/* Refs of a bucket: the last is that of a chain. */
enum { SINGLES = 3, CHAIN = SINGLES, BUCKET = SINGLES + 1 };

static_assert(EG_PAGES_ALIGN % (BUCKET * sizeof(uint32_t)) == 0, "a bucket lies in one line");
static_assert(sizeof(struct eg_flow_key) == 37, "padding would be compared");
static_assert(sizeof(struct eg_flow) == 112, "more than 128 bytes a flow, all in all");
static_assert((int)EG_FLOWS_MAX <= (int)NUMBER, "slots are numbered in fewer bits");

struct eg_flows {
	struct eg_seed seed;
	struct eg_flow *slots; /* slot number n is slots[n - 1] */
	uint32_t *buckets;     /* refs, BUCKET for each */
	uint32_t *links;       /* refs; that of slot number n is links[n] */
	void *memory;          /* the three stand in it */
	uint32_t bucket_count;
	uint32_t capacity;
	uint32_t used; /* slots that are not fresh: the first ones */
	uint32_t free; /* first slot of the free chain */
	uint32_t hand; /* slots[hand] is looked at next */
	uint32_t count;
	uint32_t guests;     /* of them, how many the guest opened */
	uint64_t sweep_from; /* when the whole table may be swept again */
	eg_flow_ended_fn *ended;
	void *ctx;
	struct eg_flow *last; /* the slot that was found last, whatever is in it now */
	uint8_t pair[12];     /* of stations: the last that was hashed, and its hash */
	uint32_t pair_hash;
};

static uint32_t hash_pair(const struct eg_flows *t, const uint8_t pair[12])
{
	return (uint32_t)eg_siphash13(&t->seed, pair, 12) | 1;
}

static size_t lines(size_t bytes)
{
	return (bytes + EG_PAGES_ALIGN - 1) & ~(size_t)(EG_PAGES_ALIGN - 1);
}

/* Take the memory of all arrays, as one piece. Returns whether there was some. */
static bool take_memory(struct eg_flows *t)
{
	size_t buckets = lines((size_t)t->bucket_count * BUCKET * sizeof(*t->buckets));
	size_t links = lines(((size_t)t->capacity + 1) * sizeof(*t->links));
	uint8_t *p = eg_pages_new(buckets + links + t->capacity * sizeof(*t->slots), &t->memory);

	if (!p)
		return false;
	t->buckets = (uint32_t *)p;
	t->links = (uint32_t *)(p + buckets);
	t->slots = (struct eg_flow *)(p + buckets + links);
	return true;
}

struct eg_flows *eg_flows_new(size_t capacity, const struct eg_seed *seed)
{
	struct eg_flows *t;

	if (capacity < 1 || capacity > EG_FLOWS_MAX)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->seed = *seed;
	t->capacity = (uint32_t)capacity;
	t->bucket_count = t->capacity / 2 + 1;
	if (!take_memory(t)) {
		free(t);
		return NULL;
	}
	t->last = t->slots;
	t->pair_hash = hash_pair(t, t->pair);
	return t;
}

void eg_flows_free(struct eg_flows *t)
{
	if (!t)
		return;
	free(t->memory);
	free(t);
}

static inline uint64_t word(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* The two IPv4 addresses of KEY as one word. */
static inline uint64_t ip4_pair(const struct eg_flow_key *key)
{
	uint32_t guest, network;

	memcpy(&guest, key->guest.b + EG_ADDR_IP4, sizeof(guest));
	memcpy(&network, key->network.b + EG_ADDR_IP4, sizeof(network));
	return (uint64_t)network << 32 | guest;
}

/* The hash of KEY, of as few words as say all of it. Which family it is, their number says. */
static inline uint64_t hash_of(const struct eg_flows *t, const struct eg_flow_key *key)
{
	struct eg_sip s = eg_sip_begin(&t->seed);
	uint64_t last =
		(uint64_t)key->proto << 32 | (uint32_t)key->network_port << 16 | key->guest_port;

	if (eg_addr_is4(&key->guest) && eg_addr_is4(&key->network)) {
		eg_sip_take(&s, ip4_pair(key));
		return eg_sip_end(&s, last | (uint64_t)13 << 56);
	}
	eg_sip_take(&s, word(key->guest.b));
	eg_sip_take(&s, word(key->guest.b + 8));
	eg_sip_take(&s, word(key->network.b));
	eg_sip_take(&s, word(key->network.b + 8));
	return eg_sip_end(&s, last | (uint64_t)37 << 56);
}

static inline uint32_t *bucket_of(const struct eg_flows *t, uint64_t hash)
{
	uint64_t number = (hash & UINT32_MAX) * t->bucket_count >> 32;

	return t->buckets + number * BUCKET;
}

static inline uint32_t ref_of(uint64_t hash, uint32_t number)
{
	return ((uint32_t)(hash >> 32) & ~(uint32_t)NUMBER) | number;
}

/* Put slot number AT into the bucket of HASH. */
static void put_in(struct eg_flows *t, uint64_t hash, uint32_t at)
{
	uint32_t *bucket = bucket_of(t, hash);
	int i = 0;

	while (i < SINGLES && bucket[i])
		i++;
	t->links[at] = i == CHAIN ? bucket[CHAIN] : 0;
	bucket[i] = ref_of(hash, at);
}

/* Take slot number AT out of the bucket of HASH, where it is. */
static void take_out(struct eg_flows *t, uint64_t hash, uint32_t at)
{
	uint32_t *ref = bucket_of(t, hash), *chain = ref + CHAIN;

	while (ref < chain && (*ref & NUMBER) != at)
		ref++;
	while ((*ref & NUMBER) != at)
		ref = &t->links[*ref & NUMBER];
	*ref = t->links[at];
}

static void expire(struct eg_flows *t, struct eg_flow *flow)
{
	if (t->ended)
		t->ended(t->ctx, flow);
	eg_flows_remove(t, flow);
}

/* The flow of KEY that REF leads to, or NULL. ALIKE has the bits of the key's hash. */
static inline struct eg_flow *flow_at(const struct eg_flows *t, uint32_t ref, uint32_t alike,
				      const struct eg_flow_key *key)
{
	struct eg_flow *flow;

	if (!ref || (ref ^ alike) > NUMBER)
		return NULL;
	flow = &t->slots[(ref & NUMBER) - 1];
	return eg_flow_key_equal(&flow->key, key) ? flow : NULL;
}

/* Which ref of BUCKET it most likely is, or 0: without a branch, as none could be foretold; and
 * compilers are kept from making one. */
static inline uint32_t guess(const uint32_t *bucket, uint32_t alike)
{
	uint32_t ref = bucket[CHAIN];

	for (int i = 0; i < SINGLES; i++) {
		uint32_t differs = (bucket[i] ^ alike) > NUMBER;

		ref = differs ? ref : bucket[i];
		__asm__("" : "+r"(ref));
	}
	return ref;
}

/* The flow of KEY, alive or not, or NULL. */
static inline struct eg_flow *look_up(const struct eg_flows *t, const struct eg_flow_key *key)
{
	uint64_t hash = hash_of(t, key);
	const uint32_t *bucket = bucket_of(t, hash);
	uint32_t alike = ref_of(hash, 0);
	struct eg_flow *flow = flow_at(t, guess(bucket, alike), alike, key);

	for (int i = 0; i < SINGLES && !flow; i++)
		flow = flow_at(t, bucket[i], alike, key);
	for (uint32_t ref = bucket[CHAIN]; ref && !flow; ref = t->links[ref & NUMBER])
		flow = flow_at(t, ref, alike, key);
	return flow;
}

struct eg_flow *eg_flows_find(struct eg_flows *t, const struct eg_flow_key *key, uint64_t now)
{
	struct eg_flow *flow = t->last;

	if (!eg_flow_key_equal(&flow->key, key)) {
		flow = look_up(t, key);
		if (!flow)
			return NULL;
		t->last = flow;
	}
	if (flow->expires > now)
		return flow;
	expire(t, flow);
	return NULL;
}

/* Look at the next N slots, and give back those whose flow expired by NOW. */
static void sweep(struct eg_flows *t, uint32_t n, uint64_t now)
{
	while (n-- > 0) {
		struct eg_flow *flow;

		if (t->hand >= t->used)
			t->hand = 0;
		flow = &t->slots[t->hand++];
		if (flow->key.proto && flow->expires <= now)
			expire(t, flow);
	}
}

/* Sweep the whole table, unless that was done within the last second. */
static void sweep_all(struct eg_flows *t, uint64_t now)
{
	if (now < t->sweep_from)
		return;
	t->sweep_from = now + SWEEP_PAUSE;
	sweep(t, t->used, now);
}

/* Whether the table is as full as it may become for OPENER. */
static bool is_full(const struct eg_flows *t, enum eg_dir opener)
{
	return t->count == t->capacity || (opener == EG_FROM_GUEST && t->guests >= t->capacity / 2);
}

/* The number of a slot that may be filled, or 0. */
static uint32_t take_slot(struct eg_flows *t)
{
	uint32_t at = t->free;

	if (at)
		t->free = t->links[at];
	else if (t->used < t->capacity)
		at = ++t->used;
	return at;
}

struct eg_flow *eg_flows_insert(struct eg_flows *t, const struct eg_flow_key *key,
				enum eg_dir opener, uint64_t now)
{
	uint64_t hash = hash_of(t, key);
	struct eg_flow *flow;
	uint32_t at;

	sweep(t, t->used < SWEEP_STEP ? t->used : SWEEP_STEP, now);
	if (is_full(t, opener))
		sweep_all(t, now);
	at = is_full(t, opener) ? 0 : take_slot(t);
	if (!at)
		return NULL;
	flow = &t->slots[at - 1];
	memset(flow, 0, sizeof(*flow));
	flow->key = *key;
	flow->opened = (uint32_t)(now / 1000) & INT32_MAX;
	flow->by_guest = opener == EG_FROM_GUEST;
	t->guests += flow->by_guest;
	put_in(t, hash, at);
	t->count++;
	return flow;
}

void eg_flows_remove(struct eg_flows *t, struct eg_flow *flow)
{
	uint32_t at = (uint32_t)(flow - t->slots) + 1;

	take_out(t, hash_of(t, &flow->key), at);
	flow->key.proto = 0;
	t->links[at] = t->free;
	t->free = at;
	t->count--;
	t->guests -= flow->by_guest;
}

void eg_flows_on_end(struct eg_flows *t, eg_flow_ended_fn *fn, void *ctx)
{
	t->ended = fn;
	t->ctx = ctx;
}

void eg_flows_age(struct eg_flows *t, uint64_t now)
{
	sweep(t, t->used < EG_FLOWS_AGED ? t->used : EG_FLOWS_AGED, now);
}

void eg_flows_end(struct eg_flows *t)
{
	sweep(t, t->used, UINT64_MAX);
}

size_t eg_flows_count(const struct eg_flows *t)
{
	return t->count;
}

/* Most frames are of the pair that the last one was of. */
uint32_t eg_flows_stations(struct eg_flows *t, const uint8_t guest[6], const uint8_t network[6])
{
	uint8_t pair[12];

	memcpy(pair, guest, 6);
	memcpy(pair + 6, network, 6);
	if (memcmp(pair, t->pair, sizeof(pair)) != 0) {
		memcpy(t->pair, pair, sizeof(pair));
		t->pair_hash = hash_pair(t, pair);
	}
	return t->pair_hash;
}

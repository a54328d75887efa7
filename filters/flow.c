/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flow table.
 *
 * Purpose: find the flow of a frame fast, whatever the guest does, in memory that
 * was bounded when the table was made.
 *
 * Terms
 *   slot     room for one struct eg_flow; slots stand in groups, found by tags (taggroup.h)
 *   hand     the group at which the next sweep starts; it goes round like a clock's
 *
 * In a table that is larger than all caches, what counts is how often memory is waited for. It is
 * once: the tags of all groups, one byte a flow, stay in a cache, and rule out nearly
 * all slots but the right one. And it is waited for while something else is done, where a frame is
 * expected before it is copied and decoded: see eg_flows_expect.
 *
 * Life-cycle: insert puts a flow into the first free slot. It is alive while its expiry lies
 * ahead; find meets an expired one as if it were not there. It is given back by remove, by a find
 * that comes across it, by the hand, which looks at a group at each insert and at a part of the
 * table whenever it is told to age, or by the sweep of everything that a full table makes, at most
 * once a second: a host that opens flows faster than they end waits for one such sweep,
 * never for one at each frame.
 *
 * Invariants
 *   - the tag of a slot is 0, and its proto, in exactly those slots that are free.
 *   - no two live flows have the same key (the caller asks find before insert).
 *   - one slot in fifteen is free: few flows are away from home, also under attack, as the hash is
 *     keyed. Who found out which flows meet, from nanoseconds and among flows that only an allow
 *     line lets a guest open, could make a search as long as all tags are: some microseconds with
 *     the default limits.
 *
 * Patience: a flow that nobody moves on (half open, half closed, or with bytes that the guest does
 * not acknowledge) costs its place here and, where the network is slirp, a descriptor of the host
 * program's. While less than half of either is used it has all its time; from there on less, and at
 * seven eighths next to none. So a guest that keeps things open cannot fill what the host needs.
 *
 * Limits: EG_FLOWS_MAX flows, 118 bytes each, and 1 for its tag, of which 14 in 15 are used;
 * their pages are touched as flows come, a small one or two for each: large ones would be filled by
 * few flows.
 *
 * Fails how: insert returns NULL where there are as many live flows as there may be, or half as
 * many of the guest's and it wants another. None is ever evicted: a guest must not be able to end
 * what the host opened, nor to keep it from opening more.
 */
#include "flow.h"

#include "flowwords.h"
#include "pages.h"
#include "taggroup.h"

#include <assert.h>
#include <stdlib.h>

enum {
	AGED_GROUPS = 1 << 16, /* that one call of eg_flows_age looks at, at most */
	AGE_ROUND = 60000,     /* ms: after a round of many calls the next begins by then */
	SWEEP_PAUSE = 1000,    /* ms between two sweeps of the whole table */
};

enum { SPARE = 15 }; /* of all slots, one in so many stays free */

static_assert(sizeof(struct eg_flow_key) == 37, "a key has no padding");
static_assert(sizeof(struct eg_flow) == 118, "more than 128 bytes a flow, all in all");

/* A frame that was expected, by the bytes that say whose it is, and the slot that was guessed. */
struct expected {
	uint64_t addresses;
	uint32_t ports;
	struct eg_flow *slot;
};

struct eg_flows {
	struct eg_seed seed;
	uint64_t keys[KEYS];
	struct eg_taggroup *groups;
	struct eg_flow *slots; /* EG_GROUP for each */
	void *memory;          /* both stand in it */
	uint32_t group_count;
	uint32_t capacity;
	uint32_t hand;
	uint32_t count;
	uint32_t guests;     /* of them, how many the guest opened */
	uint32_t many, full; /* flows: from where on patience gets less, and where it ends */
	uint64_t sweep_from; /* when the whole table may be swept again */
	uint32_t age_hand;   /* the group at which eg_flows_age goes on */
	uint32_t age_left;   /* groups until its round is complete */
	uint64_t age_next;   /* the soonest expiry that it came across in this round */
	eg_flow_ended_fn *ended;
	void *ctx;
	struct eg_flow *last; /* the slot that was found last, or guessed, whatever is in it now */
	struct expected expected[2]; /* last, by enum eg_dir */
};

/* Take the memory of both arrays, as one piece. Returns whether there was some. */
static bool take_memory(struct eg_flows *t)
{
	size_t tags = (t->group_count * sizeof(*t->groups) + EG_PAGES_ALIGN - 1) &
		      ~(size_t)(EG_PAGES_ALIGN - 1);
	size_t slots = (size_t)t->group_count * EG_GROUP * sizeof(*t->slots);
	uint8_t *p = eg_pages_new(tags + slots, EG_PAGES_SPARSE, &t->memory);

	if (!p)
		return false;
	t->groups = (struct eg_taggroup *)p;
	t->slots = (struct eg_flow *)(p + tags);
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
	for (uint64_t i = 0; i < KEYS; i++)
		t->keys[i] = eg_siphash13(seed, &i, sizeof(i));
	t->capacity = (uint32_t)capacity;
	t->group_count = (uint32_t)(capacity * SPARE / (SPARE - 1) / EG_GROUP + 1);
	if (!take_memory(t)) {
		free(t);
		return NULL;
	}
	t->last = t->expected[0].slot = t->expected[1].slot = t->slots;
	eg_flows_descriptors(t, 0);
	return t;
}

void eg_flows_descriptors(struct eg_flows *t, size_t n)
{
	/* Half of them are for whatever else the host program has. */
	uint32_t room = n > 0 && n / 2 < t->capacity ? (uint32_t)(n / 2) : t->capacity;

	t->many = room / 2;
	t->full = room - room / 8;
}

uint32_t eg_flows_patience(const struct eg_flows *t, uint32_t ms)
{
	if (t->count <= t->many)
		return ms;
	if (t->count < t->full)
		ms = (uint32_t)((uint64_t)ms * (t->full - t->count) / (t->full - t->many));
	else
		ms = 0;
	return ms > EG_FLOWS_HURRY ? ms : EG_FLOWS_HURRY;
}

void eg_flows_free(struct eg_flows *t)
{
	if (!t)
		return;
	free(t->memory);
	free(t);
}

/* The flow of W, alive or not, or NULL. */
static inline struct eg_flow *look_up(struct eg_flows *t, const struct words *w)
{
	uint64_t hash = hash_of(t->keys, w);
	uint32_t group = eg_group_home(hash, t->group_count);

	for (uint32_t n = t->group_count; n > 0; n--) {
		const struct eg_taggroup *g = &t->groups[group];

		for (uint64_t set = eg_group_alike(g, eg_tag(hash)); set; set &= set - 1) {
			struct eg_flow *flow = &t->slots[group * EG_GROUP + eg_group_first(set)];

			if (is_of(flow, w))
				return t->last = flow;
		}
		if (!g->passed_by)
			break;
		group = eg_group_next(group, t->group_count);
	}
	return NULL;
}

EG_APART struct eg_flow *look_up_frame(struct eg_flows *t, const struct eg_frame *f,
				       enum eg_dir dir)
{
	const struct words w = words_of_frame(f, dir);
	struct eg_flow *flow = look_up(t, &w);

	if (flow)
		t->expected[dir].slot = flow;
	return flow;
}

/* Forget FLOW, which expired. Returns whether that could be. */
EG_APART bool expire(struct eg_flows *t, struct eg_flow *flow, bool must)
{
	if (t->ended && !t->ended(t->ctx, flow, must) && !must)
		return false;
	eg_flows_remove(t, flow);
	return true;
}

static inline struct eg_flow *alive(struct eg_flows *t, struct eg_flow *flow, uint64_t now)
{
	if (!flow || flow->expires > now)
		return flow;
	expire(t, flow, true);
	return NULL;
}

/* What FRAME, from DIR and of IPv4 if it is what it looks like, would be found by. */
static inline struct words words_of_bytes(const uint8_t *frame, enum eg_dir dir)
{
	enum { PROTO = EG_ETH_LEN + 9, SRC = EG_ETH_LEN + 12, DST = EG_ETH_LEN + 16 };
	const uint8_t *ports = frame + EG_ETH_LEN + EG_IP4_LEN;
	uint64_t src = ip4_word(frame + SRC), dst = ip4_word(frame + DST);
	uint16_t sport = eg_get16(ports), dport = eg_get16(ports + 2);
	bool out = dir == EG_FROM_GUEST;

	return (struct words){
		.guest = { 0, out ? src : dst },
		.network = { 0, out ? dst : src },
		.ports = out ? ports_of(sport, dport) : ports_of(dport, sport),
		.proto = frame[PROTO],
	};
}

/* The first slot with the right tag is right but for one time in seventeen. */
EG_APART void guess(struct eg_flows *t, struct expected *e, const uint8_t *frame, enum eg_dir dir)
{
	const struct words w = words_of_bytes(frame, dir);
	uint64_t hash = hash_of(t->keys, &w);
	uint32_t group = eg_group_home(hash, t->group_count);
	uint64_t set = eg_group_alike(&t->groups[group], eg_tag(hash));

	if (!set)
		return;
	e->slot = &t->slots[group * EG_GROUP + eg_group_first(set)];
	__builtin_prefetch(e->slot, 1);
	__builtin_prefetch((const uint8_t *)(e->slot + 1) - 1, 1);
}

void eg_flows_expect(struct eg_flows *t, const uint8_t *frame, size_t len, enum eg_dir dir)
{
	enum { FIRST = EG_ETH_LEN, PLAIN = 0x45, PORTS = EG_ETH_LEN + EG_IP4_LEN };
	struct expected *e = &t->expected[dir];
	uint64_t addresses;
	uint32_t ports;

	if (len < PORTS + sizeof(ports) || frame[FIRST] != PLAIN)
		return;
	addresses = eg_get64le(frame + PORTS - sizeof(addresses));
	ports = eg_get32le(frame + PORTS);
	if (addresses != e->addresses || ports != e->ports) {
		e->addresses = addresses;
		e->ports = ports;
		guess(t, e, frame, dir);
	}
	if (t->last != e->slot) /* who reads what was just written waits for it */
		t->last = e->slot;
}

/* Most frames are of the flow that the last one was of, or that was guessed. */
EG_INLINED struct eg_flow *find(struct eg_flows *t, const struct eg_frame *f, enum eg_dir dir,
				uint64_t now)
{
	const struct words w = words_of_frame(f, dir);
	struct eg_flow *last = t->last;

	return alive(t, is_of(last, &w) ? last : look_up_frame(t, f, dir), now);
}

struct eg_flow *eg_flows_find_of_guest(struct eg_flows *t, const struct eg_frame *f, uint64_t now)
{
	return find(t, f, EG_FROM_GUEST, now);
}

struct eg_flow *eg_flows_find_of_network(struct eg_flows *t, const struct eg_frame *f, uint64_t now)
{
	return find(t, f, EG_FROM_NETWORK, now);
}

struct eg_flow *eg_flows_find_key(struct eg_flows *t, const struct eg_flow_key *key, uint64_t now)
{
	const struct words w = words_of_key(key);

	return alive(t, look_up(t, &w), now);
}

/* A part of the table that is swept. */
struct sweep {
	uint32_t hand;   /* the next group */
	uint32_t groups; /* that are still to be looked at, at most */
	uint32_t flows;  /* likewise */
	uint64_t now;
	uint64_t soonest; /* expiry of the flows that stay */
};

/* Give back the flows of the group at the hand that expired. Returns false where one of them cannot
 * be forgotten yet. */
static bool sweep_group(struct eg_flows *t, struct sweep *s)
{
	const struct eg_taggroup *g = &t->groups[s->hand];
	struct eg_flow *flow = &t->slots[(size_t)s->hand * EG_GROUP];

	for (int i = 0; i < EG_GROUP; i++, flow++) {
		if (!g->tags[i])
			continue;
		s->flows -= s->flows > 0;
		if (flow->expires > s->now)
			s->soonest = flow->expires < s->soonest ? flow->expires : s->soonest;
		else if (!expire(t, flow, false))
			return false;
	}
	return true;
}

/* Sweep groups from the hand on, until there were enough groups or flows. Returns false where it
 * had to end before. */
static bool sweep(struct eg_flows *t, struct sweep *s)
{
	for (; s->groups > 0 && s->flows > 0; s->groups--) {
		if (!eg_group_is_empty(&t->groups[s->hand]) && !sweep_group(t, s))
			return false;
		s->hand = eg_group_next(s->hand, t->group_count);
	}
	return true;
}

/* Sweep GROUPS from the table's hand on. */
static void sweep_on(struct eg_flows *t, uint32_t groups, uint64_t now)
{
	struct sweep s = { .hand = t->hand, .groups = groups, .flows = UINT32_MAX, .now = now };

	sweep(t, &s);
	t->hand = s.hand;
}

/* Sweep the whole table, unless that was done within the last second. */
static void sweep_all(struct eg_flows *t, uint64_t now)
{
	if (now < t->sweep_from)
		return;
	t->sweep_from = now + SWEEP_PAUSE;
	sweep_on(t, t->group_count, now);
}

/* Whether the table is as full as it may become for OPENER. */
static bool is_full(const struct eg_flows *t, enum eg_dir opener)
{
	return t->count == t->capacity || (opener == EG_FROM_GUEST && t->guests >= t->capacity / 2);
}

struct eg_flow *eg_flows_insert(struct eg_flows *t, const struct eg_flow_key *key,
				enum eg_dir opener, uint64_t now)
{
	const struct words w = words_of_key(key);
	struct eg_flow *flow;

	sweep_on(t, 1, now);
	if (is_full(t, opener))
		sweep_all(t, now);
	if (is_full(t, opener))
		return NULL;
	flow = &t->slots[eg_group_take(t->groups, t->group_count, hash_of(t->keys, &w))];
	memset(flow, 0, sizeof(*flow));
	flow->key = *key;
	flow->opened = (uint32_t)(now / 1000) & INT32_MAX;
	flow->by_guest = opener == EG_FROM_GUEST;
	t->guests += flow->by_guest;
	t->count++;
	return flow;
}

void eg_flows_remove(struct eg_flows *t, struct eg_flow *flow)
{
	const struct words w = words_of_key(&flow->key);

	eg_group_give(t->groups, t->group_count, hash_of(t->keys, &w), (size_t)(flow - t->slots));
	flow->key.proto = 0;
	t->count--;
	t->guests -= flow->by_guest;
}

void eg_flows_on_end(struct eg_flows *t, eg_flow_ended_fn *fn, void *ctx)
{
	t->ended = fn;
	t->ctx = ctx;
}

static inline uint32_t fewer(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* A round goes through the whole table, in as many calls as it takes. What is soonest in it is
 * known when it is complete; of what changed meanwhile in the part that it had passed, the next
 * round knows. */
uint64_t eg_flows_age(struct eg_flows *t, uint64_t now)
{
	bool whole = t->age_left == 0;
	uint32_t left = whole ? t->group_count : t->age_left;
	struct sweep s = { .hand = t->age_hand,
			   .groups = fewer(left, AGED_GROUPS),
			   .flows = EG_FLOWS_AGED,
			   .now = now,
			   .soonest = whole ? UINT64_MAX : t->age_next };
	uint32_t groups = s.groups;

	sweep(t, &s);
	t->age_hand = s.hand;
	t->age_left = left - (groups - s.groups);
	t->age_next = s.soonest;
	if (t->age_left > 0)
		return now + EG_FLOWS_PAUSE;
	if (!whole && s.soonest > now + AGE_ROUND && t->count > 0)
		return now + AGE_ROUND;
	return s.soonest;
}

void eg_flows_end(struct eg_flows *t)
{
	for (uint32_t i = 0; i < t->group_count * EG_GROUP; i++)
		if (t->groups[i / EG_GROUP].tags[i % EG_GROUP])
			expire(t, &t->slots[i], true);
}

size_t eg_flows_count(const struct eg_flows *t)
{
	return t->count;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flow table: what the host opened, and who belongs to it.
 *
 * Fixed capacity, all memory taken at open. One key serves both directions: it
 * says guest and network, not source and destination.
 */
#ifndef EG_FLOW_H
#define EG_FLOW_H

#include "siphash.h"
#include "tcp.h"

enum { EG_FLOWS_DEFAULT = 65536, EG_FLOWS_MAX = 1 << 24 };
enum {
	EG_UDP_TIMEOUT = 300000, /* ms idle; RFC 4787 4.3 asks for 2 minutes and recommends 5 */
	EG_FLOWS_AGED = 4096,    /* by one call of eg_flows_age */
	EG_UDP_ALONE = 3600000,  /* ms without a datagram of the network's; for one-way streams */
	EG_FLOWS_HURRY = 10000,  /* ms: no flow has less time */
	EG_FLOWS_PAUSE = 1000,   /* ms between two looks at parts of a large table */
};

/* Packed: compared as bytes, so it has no padding. */
struct __attribute__((packed)) eg_flow_key {
	struct eg_addr guest, network;
	uint16_t guest_port, network_port;
	uint8_t proto; /* TCP or UDP */
};

/* The two stations of a flow, as they stand in the network's frames: MAC addresses. */
struct __attribute__((packed)) eg_stations {
	uint8_t guest[6], network[6];
};

/* A sum in six bytes. */
struct __attribute__((packed)) eg_total {
	uint32_t low;
	uint16_t high;
};

static inline uint64_t eg_total_get(const struct eg_total *t)
{
	return (uint64_t)t->high << 32 | t->low;
}

static inline void eg_total_add(struct eg_total *t, uint32_t n)
{
	t->low += n;
	if (t->low < n)
		t->high++;
}

/* Packed, so that with its share of the table a flow takes less than 128 bytes. */
struct __attribute__((packed)) eg_flow {
	uint64_t expires;                   /* ms; from then on it is gone */
	struct eg_total bytes[2];           /* of frames that passed, by enum eg_dir */
	uint32_t opened : 31, by_guest : 1; /* when, s, and by whom */
	struct eg_stations stations;        /* whom the guest belongs to the flow with */
	struct eg_flow_key key;
	union __attribute__((packed)) {
		struct eg_tcp tcp; /* where proto is TCP */
		uint32_t heard;    /* where it is UDP: when the network last wrote, s */
	};
};

struct eg_flows;

/* Told of each flow that expired, before it is forgotten; must not call the table. Returns whether
 * it may be forgotten now: where not, it is asked again, unless it MUST be. */
typedef bool eg_flow_ended_fn(void *ctx, const struct eg_flow *flow, bool must);

/* A table for CAPACITY flows (1 to EG_FLOWS_MAX) with hash key SEED; NULL where
 * memory is short. Owned by the caller. Pages are touched as flows come, one or two for each. */
struct eg_flows *eg_flows_new(size_t capacity, const struct eg_seed *seed);
void eg_flows_free(struct eg_flows *t); /* NULL is fine */

/* Have FN called with CTX for each flow that expires. Without one they are forgotten silently. */
void eg_flows_on_end(struct eg_flows *t, eg_flow_ended_fn *fn, void *ctx);

/* The host program has room for this many descriptors: see eg_flows_patience. 0: nobody knows. */
void eg_flows_descriptors(struct eg_flows *t, size_t n);

/* How long a flow may wait that nobody moves on: MS while the table has room, and less the fuller
 * it is (as pf's adaptive timeouts), down to EG_FLOWS_HURRY. */
uint32_t eg_flows_patience(const struct eg_flows *t, uint32_t ms);

/* Come across flows that expired by NOW, among the next EG_FLOWS_AGED of the table. Returns when to
 * call again (ms; UINT64_MAX where there is no flow), unless a flow is given less time before. */
uint64_t eg_flows_age(struct eg_flows *t, uint64_t now);

/* All flows of T have ended: FN is told of each, and none is left. */
void eg_flows_end(struct eg_flows *t);

/* The key of F (decoded TCP or UDP) travelling in DIR. */
static inline struct eg_flow_key eg_flow_key(const struct eg_frame *f, enum eg_dir dir)
{
	bool from_guest = dir == EG_FROM_GUEST;

	return (struct eg_flow_key){
		.guest = from_guest ? f->src : f->dst,
		.network = from_guest ? f->dst : f->src,
		.guest_port = from_guest ? f->sport : f->dport,
		.network_port = from_guest ? f->dport : f->sport,
		.proto = f->proto,
	};
}

/* LEN bytes at FRAME, from DIR, come next: have memory bring the flow that they seem to belong to.
 * A guess, of bytes that nobody has looked at yet, and that may be others when they are decoded:
 * nothing but time depends on it. */
void eg_flows_expect(struct eg_flows *t, const uint8_t *frame, size_t len, enum eg_dir dir);

/* The live flow that the guest's or the network's F (decoded TCP or UDP) belongs to at NOW (ms,
 * monotonic), or NULL. It stays the table's and is valid while it lives or until it is removed. */
struct eg_flow *eg_flows_find_of_guest(struct eg_flows *t, const struct eg_frame *f, uint64_t now);
struct eg_flow *eg_flows_find_of_network(struct eg_flows *t, const struct eg_frame *f,
					 uint64_t now);

static inline struct eg_flow *eg_flows_find(struct eg_flows *t, const struct eg_frame *f,
					    enum eg_dir dir, uint64_t now)
{
	return dir == EG_FROM_GUEST ? eg_flows_find_of_guest(t, f, now)
				    : eg_flows_find_of_network(t, f, now);
}

/* The same, for who has no frame. */
struct eg_flow *eg_flows_find_key(struct eg_flows *t, const struct eg_flow_key *key, uint64_t now);

/* A new flow for KEY, for which find just returned NULL, opened by OPENER: all else zero, so that
 * expires must be set before the table is asked again. Frees some that expired by
 * NOW on the way, and where the table is full all of them, at most once a second.
 * Returns NULL where there is no room: a live flow is never evicted. Half of the table is for
 * flows that the network opens alone. */
struct eg_flow *eg_flows_insert(struct eg_flows *t, const struct eg_flow_key *key,
				enum eg_dir opener, uint64_t now);

/* Forget FLOW, which came from find or insert. */
void eg_flows_remove(struct eg_flows *t, struct eg_flow *flow);

/* Flows in the table, expired ones that nobody has come across included. */
size_t eg_flows_count(const struct eg_flows *t);

#endif

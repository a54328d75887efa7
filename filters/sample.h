/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which frames are recorded, whole or cut, and which are only counted: see sample.c. */
#ifndef EG_SAMPLE_H
#define EG_SAMPLE_H

#include "budget.h"
#include "frame.h"
#include "siphash.h"

enum {
	EG_SAMPLE_WINDOW = 10000, /* ms */
	EG_SAMPLE_DEFAULT = 50,   /* frames recorded whole in a window */
	EG_SAMPLE_MAX = 1000000,
	EG_SAMPLE_BUCKETS = 4096, /* destinations at a time */
	EG_SAMPLE_KINDS = 4,      /* of records, each with destinations of its own */
	EG_SAMPLE_CHUNK = 64,     /* summaries that one eg_sample_collect gives at most */
	EG_SAMPLE_ROUND = 69,     /* calls of it that come across all */
	EG_SAMPLE_NOTE = 512,     /* bytes that a summary is taken to cost where it is written */
};

/* What becomes of a frame. */
enum eg_sampled {
	EG_SAMPLED_NOT, /* it was counted */
	EG_SAMPLED_WHOLE,
	EG_SAMPLED_CUT, /* to its headers */
};

/* What a frame costs where it is written, in bytes. */
struct eg_sample_cost {
	size_t whole;
	size_t cut; /* no more than whole */
};

/* What is counted together. Compared and hashed as bytes: no padding. */
struct eg_sample_key {
	struct eg_addr dst;
	uint16_t dport; /* of UDP and TCP, as far as it is there; else 0 */
	uint16_t ethertype;
	uint8_t proto; /* what the IP header says, where is_ip */
	uint8_t kind;  /* the caller's, below EG_SAMPLE_KINDS */
	uint8_t reason;
	uint8_t dir : 1;
	uint8_t is_ip : 1;
	uint8_t has_dst : 1; /* of IP, or the target of ARP */
	uint8_t zero : 5;
};

/* So many were counted of KEY since the last time. With no ethertype in KEY and no destination,
 * they are of all destinations that found no room (or frames that are shorter than a header). */
struct eg_sample_summary {
	struct eg_sample_key key;
	uint64_t count, first, last; /* ns, wall clock: the earliest and the latest of them */
};

struct eg_sample;

/* Takes the first WHOLE of each key in a window, as far as LIMITS go (0: all, without a limit).
 * Keys of kind 0 have a budget of their own, those of other kinds one together; both are of LIMITS.
 * SEED keys its hash. NULL where memory is short. Owned by the caller. Not thread-safe: one caller
 * at a time. */
struct eg_sample *eg_sample_new(unsigned whole, const struct eg_budget_limits *limits,
				const struct eg_seed *seed);
void eg_sample_free(struct eg_sample *s); /* NULL is fine */

/* The key of a frame, LEN bytes at FRAME, whatever they are. */
struct eg_sample_key eg_sample_key(unsigned kind, enum eg_dir dir, enum eg_reason reason,
				   const uint8_t *frame, size_t len);

/* How much of the LEN bytes at FRAME are its headers, as far as it says so itself: what is left of
 * it where it is cut. LEN at most. */
size_t eg_sample_headers(const uint8_t *frame, size_t len);

/* What of a frame of KEY, at NOW (ms, monotonic) and WHEN (ns, wall clock), is to be recorded,
 * where that costs what COST says. */
enum eg_sampled eg_sample_take(struct eg_sample *s, const struct eg_sample_key *key,
			       const struct eg_sample_cost *cost, uint64_t now, uint64_t when);

/* Count a frame that was to be recorded, and could not. */
void eg_sample_miss(struct eg_sample *s, const struct eg_sample_key *key, uint64_t now,
		    uint64_t when);

/* Look at the next few keys: those whose window is over, or with ALL each that has a count, are
 * summed up in OUT and begin to count anew. What the budget has no room for is added to what is of
 * all destinations: with ALL it takes two rounds to come across that, too. Returns how many. */
size_t eg_sample_collect(struct eg_sample *s, uint64_t now, bool all,
			 struct eg_sample_summary out[EG_SAMPLE_CHUNK]);

#endif

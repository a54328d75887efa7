/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who tried what: all findings, added up. */
#ifndef EG_TALLY_H
#define EG_TALLY_H

#include "finding.h"
#include "lexicon.h"
#include "table.h"
#include "timeline.h"

/* Counters of one guest, over all times that its network was opened. */
struct eg_tally_stats {
	bool any;
	struct eg_finding_stats before; /* sums of the times that are over; uptime: of these */
	struct eg_finding_stats now;    /* the last that were said */
};

/* Open: outputs read all of it. */
struct eg_tally {
	struct eg_row total;    /* frames, and queries that passed */
	struct eg_row opened;   /* flows: PASSED, and bytes of those that ended */
	uint64_t ended;         /* flows */
	uint64_t answers, lost; /* what the guest was told; records */
	struct eg_lexicon guests, reasons, types;
	struct eg_row by_guest[EG_LEXICON_MAX], by_reason[EG_LEXICON_MAX]; /* by number */
	struct eg_tally_stats stats[EG_LEXICON_MAX];                       /* by guest */
	struct eg_table destinations, names, flows;
	struct eg_timeline timeline; /* tries, by reason */
};

/* What a row of destinations and flows is about. */
struct eg_tally_place {
	unsigned int guest; /* number of the lexicon */
	uint32_t proto;
	bool has_addr; /* else: various, or none */
	struct eg_addr addr;
	uint16_t port; /* 0: none */
};

/* An empty tally with random hash keys, the caller's to free; NULL where memory is short. */
struct eg_tally *eg_tally_new(void);
void eg_tally_free(struct eg_tally *t); /* NULL is fine */

/* Add F, of which nothing is kept. */
void eg_tally_add(struct eg_tally *t, const struct eg_finding *f);

struct eg_tally_place eg_tally_place(const struct eg_table *t, const struct eg_row *row);

/* The name of a row of names, "*.name" for what was folded: printable ASCII, not NUL-terminated.
 * *GUEST: whose. */
struct eg_span eg_tally_name(const struct eg_table *t, const struct eg_row *row,
			     unsigned int *guest);

/* The counters of GUEST over all times. Returns false where none were said. */
bool eg_tally_counters(const struct eg_tally *t, unsigned int guest, struct eg_finding_stats *sum);

#endif

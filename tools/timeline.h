/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much happened when, of each kind: bins that grow with the time that they cover. */
#ifndef EG_TIMELINE_H
#define EG_TIMELINE_H

#include "lexicon.h"

enum { EG_TIMELINE_BINS = 512 };

/* To start: zero everything. Bin I begins at (begin + I) * width. */
struct eg_timeline {
	uint64_t width; /* ns; 0: nothing was counted */
	uint64_t begin; /* in widths since 1970 */
	size_t used;    /* bins, the first and last of which are not empty */
	uint64_t bins[EG_TIMELINE_BINS][EG_LEXICON_MAX];
	unsigned int step; /* its own */
};

/* Count N of KIND (below EG_LEXICON_MAX) at WHEN, in whatever order they come. */
void eg_timeline_add(struct eg_timeline *t, uint64_t when, unsigned int kind, uint64_t n);

/* Make bins wider until there are MOST (1 or more) of them at most. Nothing moves into another bin
 * than the one that holds its own. */
void eg_timeline_narrow(struct eg_timeline *t, size_t most);

/* All that bin BIN has. */
uint64_t eg_timeline_sum(const struct eg_timeline *t, size_t bin);

/* The width of a bin in words, as in "10 min". */
const char *eg_timeline_unit(const struct eg_timeline *t);

#endif

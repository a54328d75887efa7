/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* So many bytes at once, and so many a second: see budget.c. */
#ifndef EG_BUDGET_H
#define EG_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum { EG_BUDGET_PARTS = 16 }; /* that a budget's burst is divided into */

struct eg_budget_limits {
	uint64_t burst; /* bytes at once; 0: nothing is limited */
	uint64_t rate;  /* bytes a second, 1 at least */
};

/* To start: eg_budget_init. Times are ms, monotonic, from whatever moment on. */
struct eg_budget {
	struct eg_budget_limits limits;
	uint64_t left; /* thousandths of a byte */
	uint64_t at;   /* as of when */
};

/* A budget of LIMITS, all of which is there. */
void eg_budget_init(struct eg_budget *b, const struct eg_budget_limits *limits);

/* Spend COST bytes at NOW, where KEEP parts of the burst are left then. Returns whether they were
 * spent. */
bool eg_budget_spend(struct eg_budget *b, uint64_t cost, unsigned keep, uint64_t now);

#endif

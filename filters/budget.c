/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A budget: what may be spent at once, and how fast it comes back.
 *
 * One budget serves what matters more and what matters less: each says how much of it is to be left
 * for what matters more still. So a flood of what matters little finds it empty while there is
 * enough for the rest, and nobody divides it beforehand.
 */
#include "budget.h"

#include <stddef.h>

enum { THOUSAND = 1000 };

void eg_budget_init(struct eg_budget *b, const struct eg_budget_limits *limits)
{
	*b = (struct eg_budget){ .limits = *limits, .left = limits->burst * THOUSAND };
}

/* Take in what came back by NOW: a byte a second is a thousandth a millisecond. */
static void refill(struct eg_budget *b, uint64_t now)
{
	uint64_t missing = b->limits.burst * THOUSAND - b->left, passed = now - b->at;

	b->at = now;
	/* Not multiplied before it is known to fit. */
	if (passed > missing / b->limits.rate)
		b->left += missing;
	else
		b->left += passed * b->limits.rate;
}

bool eg_budget_spend(struct eg_budget *b, uint64_t cost, unsigned keep, uint64_t now)
{
	uint64_t kept = b->limits.burst * THOUSAND / EG_BUDGET_PARTS * keep;

	if (b->limits.burst == 0)
		return true;
	refill(b, now);
	if (cost > b->limits.burst || b->left < kept || b->left - kept < cost * THOUSAND)
		return false;
	b->left -= cost * THOUSAND;
	return true;
}

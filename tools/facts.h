/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tally in a few numbers. */
#ifndef EG_FACTS_H
#define EG_FACTS_H

#include "tally.h"

enum eg_fact_number {
	EG_FACT_FIRST, /* ns; EG_MOMENT_NONE: no time was said */
	EG_FACT_LAST,
	EG_FACT_BLOCKED,
	EG_FACT_WOULD,
	EG_FACT_UNMARKED,
	EG_FACT_SUPPRESSED,
	EG_FACT_LOST,
	EG_FACT_DESTINATIONS, /* rows, and what was folded */
	EG_FACT_NAMES,
	EG_FACT_ANSWERS,
	EG_FACT_QUERIES,
	EG_FACT_OPENED,
	EG_FACT_ENDED,
	EG_FACT_PASSED_GUEST, /* by the counters of "stats" events, as are the next two */
	EG_FACT_PASSED_NETWORK,
	EG_FACT_COUNTED,
	EG_FACTS
};

struct eg_fact {
	const char *key, *title; /* for programs, for people */
	const char *meaning;
	uint64_t number;
	bool always; /* shown to people even where it is 0 */
};

/* Fill FACTS from T. */
void eg_facts(const struct eg_tally *t, struct eg_fact facts[EG_FACTS]);

#endif

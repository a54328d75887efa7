/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include "sum.h"

static const struct eg_fact empty[EG_FACTS] = {
	[EG_FACT_FIRST] = { "first", "first", "when the first of all was sent", 0, false },
	[EG_FACT_LAST] = { "last", "last", "when the last of all was sent", 0, false },
	[EG_FACT_BLOCKED] = { "blocked", "blocked", "frames that were blocked and recorded", 0,
			      true },
	[EG_FACT_WOULD] = { "would_block", "would block",
			    "frames that passed in mode monitor, and else would have been blocked",
			    0, false },
	[EG_FACT_UNMARKED] = { "unmarked", "unmarked", "frames of captures that say no reason", 0,
			       false },
	[EG_FACT_SUPPRESSED] = { "suppressed", "suppressed",
				 "frames that were blocked, counted and not recorded", 0, true },
	[EG_FACT_LOST] = { "lost", "lost", "records that could not be written", 0, true },
	[EG_FACT_DESTINATIONS] = { "destinations", "destinations", "that were tried", 0, true },
	[EG_FACT_NAMES] = { "names", "names", "that were looked up", 0, true },
	[EG_FACT_ANSWERS] = { "answers", "answers",
			      "frames that the guest was told something about", 0, false },
	[EG_FACT_QUERIES] = { "queries_passed", "queries passed", "for names that are allowed", 0,
			      false },
	[EG_FACT_OPENED] = { "flows_opened", "flows opened", "by the host or by a rule", 0, false },
	[EG_FACT_ENDED] = { "flows_ended", "flows ended", "by the host or by a rule", 0, false },
	[EG_FACT_PASSED_GUEST] = { "counted_passed_guest", "passed from the guest",
				   "frames, by the counters", 0, false },
	[EG_FACT_PASSED_NETWORK] = { "counted_passed_network", "passed to the guest",
				     "frames, by the counters", 0, false },
	[EG_FACT_COUNTED] = { "counted_blocked", "blocked in all",
			      "frames, by the counters: recorded, suppressed and lost", 0, false },
};

/* Distinct rows, as far as they were told apart. */
static uint64_t distinct(const struct eg_table *t)
{
	uint64_t sum = t->others.folded;

	for (size_t i = 0; i < t->count; i++)
		sum = eg_sum(sum, t->rows[i].folded ? t->rows[i].folded : 1);
	return sum;
}

static void add_counters(const struct eg_tally *t, struct eg_fact *facts)
{
	struct eg_finding_stats s;
	uint64_t lost = 0;

	for (unsigned int guest = 0; guest < EG_LEXICON_MAX; guest++) {
		if (!eg_tally_counters(t, guest, &s))
			continue;
		facts[EG_FACT_PASSED_GUEST].number =
			eg_sum(facts[EG_FACT_PASSED_GUEST].number, s.passed_guest);
		facts[EG_FACT_PASSED_NETWORK].number =
			eg_sum(facts[EG_FACT_PASSED_NETWORK].number, s.passed_network);
		facts[EG_FACT_COUNTED].number = eg_sum(facts[EG_FACT_COUNTED].number, s.blocked);
		lost = eg_sum(lost, s.lost);
	}
	/* The note about a loss may itself be lost. */
	if (lost > facts[EG_FACT_LOST].number)
		facts[EG_FACT_LOST].number = lost;
}

void eg_facts(const struct eg_tally *t, struct eg_fact facts[EG_FACTS])
{
	struct eg_row all = t->total;

	eg_row_merge(&all, &t->opened);
	memcpy(facts, empty, sizeof(empty));
	facts[EG_FACT_FIRST].number = all.first <= all.last ? all.first : EG_MOMENT_NONE;
	facts[EG_FACT_LAST].number = all.first <= all.last ? all.last : EG_MOMENT_NONE;
	facts[EG_FACT_BLOCKED].number = t->total.count[EG_COUNT_BLOCKED];
	facts[EG_FACT_WOULD].number = t->total.count[EG_COUNT_WOULD];
	facts[EG_FACT_UNMARKED].number = t->total.count[EG_COUNT_UNMARKED];
	facts[EG_FACT_SUPPRESSED].number = t->total.count[EG_COUNT_SUPPRESSED];
	facts[EG_FACT_LOST].number = t->lost;
	facts[EG_FACT_DESTINATIONS].number = distinct(&t->destinations);
	facts[EG_FACT_NAMES].number = distinct(&t->names);
	facts[EG_FACT_ANSWERS].number = t->answers;
	facts[EG_FACT_QUERIES].number = t->total.count[EG_COUNT_PASSED];
	facts[EG_FACT_OPENED].number = t->opened.count[EG_COUNT_PASSED];
	facts[EG_FACT_ENDED].number = t->ended;
	add_counters(t, facts);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What became of frames, as lines and in sum. */
#ifndef EG_VERDICTS_H
#define EG_VERDICTS_H

#include "rejudge.h"

#include <stdio.h>

struct eg_verdicts_sum {
	uint64_t frames, bytes;
};

/* To start: zero everything. */
struct eg_verdicts {
	/* By verdict, and by reason; of UNJUDGED by fault. */
	struct eg_verdicts_sum sums[EG_REJUDGE_VERDICTS][EG_REASON_COUNT];
	uint64_t answers, notes; /* that were passed over */
};

_Static_assert((int)EG_REJUDGE_FAULTS <= (int)EG_REASON_COUNT, "a sum per fault");

/* Count F. */
void eg_verdicts_add(struct eg_verdicts *v, const struct eg_rejudge_frame *f);

/* How many frames there are of VERDICT. */
uint64_t eg_verdicts_of(const struct eg_verdicts *v, enum eg_rejudge_verdict verdict);

/* How many of them are UNJUDGED for FAULT. */
uint64_t eg_verdicts_unjudged(const struct eg_verdicts *v, enum eg_rejudge_fault fault);

/* F as one line for people: its number (behind the file's name where NAMED), time, direction,
 * verdict, reason, rule, and what it is. Whatever its bytes are, the line is printable ASCII. */
void eg_verdicts_print_line(FILE *out, const struct eg_rejudge_frame *f, bool named);

/* The same as one JSON object on a line. */
void eg_verdicts_print_json_line(FILE *out, const struct eg_rejudge_frame *f);

/* The sums as a table for people, and as one JSON object. */
void eg_verdicts_print(FILE *out, const struct eg_verdicts *v);
void eg_verdicts_print_json(FILE *out, const struct eg_verdicts *v);

#endif

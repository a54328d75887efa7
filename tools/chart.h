/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The timeline of a page: bars of what was tried when, by reason. */
#ifndef EG_CHART_H
#define EG_CHART_H

#include "print.h"

enum { EG_CHART_COLOURS = 7 };

/* Colours of reasons, by their numbers: the first few of the sheet have one of their own, the
 * others share one. */
struct eg_chart_colours {
	unsigned char of[EG_LEXICON_MAX]; /* EG_CHART_COLOURS: the shared one */
};

void eg_chart_choose(struct eg_chart_colours *c, const struct eg_sheet *reasons);

/* The class of NUMBER's colour. */
const char *eg_chart_class(const struct eg_chart_colours *c, unsigned int number);

/* Print the figure; nothing where there is no time. The timeline must have EG_PRINT_PAGE_BINS at
 * most.
 */
void eg_chart_print(FILE *out, const struct eg_print *p, const struct eg_chart_colours *c);

/* N with its thousands apart, as HTML. */
void eg_chart_number(FILE *out, uint64_t n);

#endif

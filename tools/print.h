/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A report in the forms that it can have. */
#ifndef EG_PRINT_H
#define EG_PRINT_H

#include "facts.h"
#include "intake.h"
#include "sheet.h"

#include <stdio.h>

enum { EG_PRINT_PAGE_BINS = 120 }; /* of a page's timeline, at most */

/* All of a report: what the outputs print, and nothing else. */
struct eg_print {
	const struct eg_tally *tally;
	const struct eg_intake *intake;
	struct eg_fact facts[EG_FACTS];
	struct eg_sheet sheets[EG_SHEETS];
	bool one_day;      /* all times are of one: no date is shown with them */
	bool colour;       /* terminal */
	const char *nonce; /* page: a word that nobody can guess, letters and digits */
};

/* Errors of OUT are the caller's to look for, by ferror. */
void eg_print_text(FILE *out, const struct eg_print *p);
void eg_print_json(FILE *out, const struct eg_print *p);
void eg_print_csv(FILE *out, const struct eg_print *p, enum eg_sheet_kind kind);
void eg_print_page(FILE *out, const struct eg_print *p);

/* Whether P has anything in it that the sheet of KIND is worth printing for to people. */
bool eg_print_wants(const struct eg_print *p, enum eg_sheet_kind kind);

#endif

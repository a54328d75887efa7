/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For a terminal: aligned columns, numbers to the right. */
#include "print.h"

#include <ctype.h>
#include <inttypes.h>

enum { TEXT_WIDTH = 48, WORDS_SHOWN = 3, COLUMNS_MAX = 32 };

static const char *const bold = "\033[1m", *const dim = "\033[2m", *const red = "\033[1;31m",
			 *const plain = "\033[0m";

static void style(FILE *out, const struct eg_print *p, const char *sequence)
{
	if (p->colour)
		fputs(sequence, out);
}

/* A few words, and how many more there are. */
static void words_text(const struct eg_cell *cell, char *text, size_t size)
{
	size_t n = 0, shown = cell->words_n <= WORDS_SHOWN ? cell->words_n : WORDS_SHOWN - 1;

	snprintf(text, size, "-");
	for (size_t i = 0; i < shown; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", i ? "," : "", cell->words[i]);
	if (shown < cell->words_n)
		snprintf(text + n, size - n, ",+%zu", cell->words_n - shown);
}

/* The text of CELL. Of a long one that is to be CUT the end is shown: who owns a name stands there.
 */
static void cell_text(const struct eg_print *p, const struct eg_cell *cell, bool cut, char *text,
		      size_t size)
{
	size_t n = strlen(cell->text);
	char time[EG_MOMENT_MAX];

	switch (cell->kind) {
	case EG_CELL_TEXT:
		if (cut && n > TEXT_WIDTH)
			snprintf(text, size, "...%s", cell->text + n - (TEXT_WIDTH - 3));
		else
			snprintf(text, size, "%s", cell->text);
		break;
	case EG_CELL_NUMBER:
		snprintf(text, size, "%" PRIu64, cell->number);
		break;
	case EG_CELL_TIME:
		snprintf(text, size, "%s",
			 p->one_day ? eg_moment_clock(cell->number, time)
				    : eg_moment_text(cell->number, time));
		break;
	case EG_CELL_WORDS:
		words_text(cell, text, size);
		break;
	default:
		snprintf(text, size, "-");
	}
}

static size_t last_column(const struct eg_sheet *s)
{
	size_t c = s->columns_n - 1;

	while (c > 0 && !eg_sheet_shows(s, c))
		c--;
	return c;
}

/* The widths of the columns that are shown. */
static void measure(const struct eg_print *p, const struct eg_sheet *s, int widths[COLUMNS_MAX])
{
	struct eg_cell cell;
	char text[EG_CELL_TEXT_MAX];

	for (size_t c = 0; c < s->columns_n; c++) {
		widths[c] = (int)strlen(s->columns[c].title);
		for (size_t i = 0; i < s->count && eg_sheet_shows(s, c); i++) {
			eg_sheet_cell(s, c, s->rows[i], &cell);
			cell_text(p, &cell, c != last_column(s), text, sizeof(text));
			if ((int)strlen(text) > widths[c])
				widths[c] = (int)strlen(text);
		}
	}
}

/* TEXT in column C, and the gap behind it. */
static void print_field(FILE *out, const struct eg_sheet *s, size_t c, int width, const char *text)
{
	if (s->columns[c].kind == EG_CELL_NUMBER)
		fprintf(out, "%*s", width, text);
	else if (c == last_column(s))
		fputs(text, out);
	else
		fprintf(out, "%-*s", width, text);
	fputs(c == last_column(s) ? "\n" : "  ", out);
}

static void print_titles(FILE *out, const struct eg_print *p, const struct eg_sheet *s,
			 const int *widths)
{
	char title[64];

	style(out, p, dim);
	for (size_t c = 0; c < s->columns_n; c++) {
		size_t n = 0;

		if (!eg_sheet_shows(s, c))
			continue;
		for (; s->columns[c].title[n]; n++)
			title[n] = (char)toupper((unsigned char)s->columns[c].title[n]);
		title[n] = '\0';
		print_field(out, s, c, widths[c], title);
	}
	style(out, p, plain);
}

static void print_rest(FILE *out, const struct eg_sheet *s)
{
	if (s->rest.folded)
		fprintf(out, "and %" PRIu64 " more %s with %" PRIu64 " tries\n", s->rest.folded,
			s->rows_name, eg_row_tries(&s->rest));
	if (s->slack)
		fprintf(out,
			"There were too many %s to tell them all apart: a row may show up to "
			"%" PRIu64 " too few.\n",
			s->rows_name, s->slack);
}

static void print_sheet(FILE *out, const struct eg_print *p, const struct eg_sheet *s)
{
	int widths[COLUMNS_MAX];
	struct eg_cell cell;
	char text[EG_CELL_TEXT_MAX];

	fputc('\n', out);
	style(out, p, bold);
	fprintf(out, "%s\n", s->title);
	style(out, p, plain);
	measure(p, s, widths);
	print_titles(out, p, s, widths);
	for (size_t i = 0; i < s->count; i++)
		for (size_t c = 0; c < s->columns_n; c++) {
			if (!eg_sheet_shows(s, c))
				continue;
			eg_sheet_cell(s, c, s->rows[i], &cell);
			cell_text(p, &cell, c != last_column(s), text, sizeof(text));
			print_field(out, s, c, widths[c], text);
		}
	print_rest(out, s);
}

static void print_range(FILE *out, const struct eg_print *p)
{
	uint64_t first = p->facts[EG_FACT_FIRST].number, last = p->facts[EG_FACT_LAST].number;
	char from[EG_MOMENT_MAX], to[EG_MOMENT_MAX], span[EG_MOMENT_MAX];

	if (first == EG_MOMENT_NONE)
		return;
	fprintf(out, "%s to %s UTC (%s)\n", eg_moment_text(first, from),
		p->one_day ? eg_moment_clock(last, to) : eg_moment_text(last, to),
		eg_moment_span(last - first, span));
}

static void print_guests(FILE *out, const struct eg_print *p)
{
	const struct eg_sheet *s = &p->sheets[EG_SHEET_GUESTS];

	if (s->count == 0 || (s->count == 1 && s->rows[0] == s->by_number))
		return;
	style(out, p, bold);
	fputs(s->count == 1 ? "guest" : "guests", out);
	for (size_t i = 0; i < s->count && i < 8; i++)
		fprintf(out, "%s%s", i ? ", " : " ",
			eg_lexicon_word(s->lexicon, (unsigned int)(s->rows[i] - s->by_number)));
	if (s->all > 8)
		fprintf(out, " and %zu more", s->all - 8);
	style(out, p, plain);
	fputc('\n', out);
}

static void print_facts(FILE *out, const struct eg_print *p)
{
	for (int i = EG_FACT_BLOCKED; i < EG_FACTS; i++) {
		const struct eg_fact *f = &p->facts[i];
		bool loss = i == EG_FACT_LOST && f->number;

		if (!f->number && !f->always)
			continue;
		style(out, p, loss ? red : "");
		fprintf(out, "%10" PRIu64 "  %s", f->number, f->title);
		style(out, p, loss ? plain : "");
		fputc('\n', out);
	}
}

void eg_print_text(FILE *out, const struct eg_print *p)
{
	print_guests(out, p);
	print_range(out, p);
	print_facts(out, p);
	for (int kind = 0; kind < EG_SHEETS; kind++)
		if (eg_print_wants(p, (enum eg_sheet_kind)kind))
			print_sheet(out, p, &p->sheets[kind]);
}

bool eg_print_wants(const struct eg_print *p, enum eg_sheet_kind kind)
{
	return p->sheets[kind].count > (kind == EG_SHEET_GUESTS);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "print.h"

#include "escape.h"

#include <inttypes.h>

static void print_words(FILE *out, const struct eg_cell *cell)
{
	char text[EG_CELL_WORDS_MAX * (EG_LEXICON_WORD_MAX + 1)] = "";
	size_t n = 0;

	for (size_t i = 0; i < cell->words_n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "",
				      cell->words[i]);
	eg_escape_csv(out, text);
}

static void print_cell(FILE *out, const struct eg_cell *cell)
{
	char text[EG_MOMENT_MAX];

	switch (cell->kind) {
	case EG_CELL_NONE:
		break;
	case EG_CELL_TEXT:
		eg_escape_csv(out, cell->text);
		break;
	case EG_CELL_NUMBER:
		fprintf(out, "%" PRIu64, cell->number);
		break;
	case EG_CELL_TIME:
		fputs(eg_moment_exact(cell->number, text), out);
		break;
	case EG_CELL_WORDS:
		print_words(out, cell);
		break;
	}
}

static void print_row(FILE *out, const struct eg_sheet *s, const struct eg_row *row)
{
	struct eg_cell cell;

	for (size_t c = 0; c < s->columns_n; c++) {
		if (c)
			fputc(',', out);
		eg_sheet_cell(s, c, row, &cell);
		print_cell(out, &cell);
	}
	fputs("\r\n", out);
}

void eg_print_csv(FILE *out, const struct eg_print *p, enum eg_sheet_kind kind)
{
	const struct eg_sheet *s = &p->sheets[kind];

	for (size_t c = 0; c < s->columns_n; c++)
		fprintf(out, "%s%s", c ? "," : "", s->columns[c].key);
	fputs("\r\n", out);
	for (size_t i = 0; i < s->count; i++)
		print_row(out, s, s->rows[i]);
}

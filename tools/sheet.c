/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sheet.h"

#include <stdlib.h>

static const struct kind {
	const char *key, *title, *rows_name;
} kinds[EG_SHEETS] = {
	[EG_SHEET_REASONS] = { "reasons", "Reasons", "reasons" },
	[EG_SHEET_DESTINATIONS] = { "destinations", "Destinations", "destinations" },
	[EG_SHEET_NAMES] = { "names", "Names that were looked up", "names" },
	[EG_SHEET_FLOWS] = { "flows", "Flows that were open", "flows' ends" },
	[EG_SHEET_GUESTS] = { "guests", "Guests", "guests" },
};

enum eg_sheet_kind eg_sheet_find(const char *name)
{
	unsigned int kind = 0;

	while (kind < EG_SHEETS && strcmp(kinds[kind].key, name) != 0)
		kind++;
	return (enum eg_sheet_kind)kind;
}

const char *eg_sheet_key(enum eg_sheet_kind kind)
{
	return kinds[kind].key;
}

void eg_sheet_cell(const struct eg_sheet *s, size_t column, const struct eg_row *row,
		   struct eg_cell *cell)
{
	cell->kind = EG_CELL_NONE;
	cell->words_n = 0;
	cell->number = 0;
	cell->text[0] = '\0';
	s->columns[column].cell(s, row, cell);
}

/* Where the rows of a kind come from. */
static void set_source(struct eg_sheet *s, enum eg_sheet_kind kind)
{
	const struct eg_tally *t = s->tally;

	switch (kind) {
	case EG_SHEET_REASONS:
		s->by_number = t->by_reason;
		s->lexicon = &t->reasons;
		break;
	case EG_SHEET_GUESTS:
		s->by_number = t->by_guest;
		s->lexicon = &t->guests;
		break;
	case EG_SHEET_DESTINATIONS:
		s->table = &t->destinations;
		break;
	case EG_SHEET_NAMES:
		s->table = &t->names;
		break;
	default:
		s->table = &t->flows;
	}
}

static bool is_empty(const struct eg_row *row)
{
	uint64_t sum = row->bytes[0] | row->bytes[1];

	for (int i = 0; i < EG_COUNTS; i++)
		sum |= row->count[i];
	return sum == 0 && row->first > row->last;
}

/* Rows and their weights, sorted. */
struct ranked {
	const struct eg_row *row;
	const struct eg_table *table;
	uint64_t tries, passed;
};

/* Most tries first, then most passed; else by their keys, so that it is the same each time. */
static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	struct eg_span k, l;
	int order;

	if (x->tries != y->tries)
		return x->tries > y->tries ? -1 : 1;
	if (x->passed != y->passed)
		return x->passed > y->passed ? -1 : 1;
	if (!x->table)
		return x->row < y->row ? -1 : 1;
	k = eg_table_key(x->table, x->row);
	l = eg_table_key(y->table, y->row);
	order = memcmp(k.p, l.p, k.n < l.n ? k.n : l.n);
	return order ? order : (k.n > l.n) - (k.n < l.n);
}

/* Sort the rows that are not empty, and show TOP of them. */
static bool rank(struct eg_sheet *s, size_t top)
{
	const struct eg_row *rows = s->table ? s->table->rows : s->by_number;
	size_t n = s->table ? s->table->count : EG_LEXICON_MAX;
	struct ranked *all = malloc((n + 1) * sizeof(*all));

	s->rows = malloc((n + 1) * sizeof(const struct eg_row *));
	if (!all || !s->rows) {
		free(all);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!is_empty(&rows[i]))
			all[s->all++] = (struct ranked){ .row = &rows[i],
							 .table = s->table,
							 .tries = eg_row_tries(&rows[i]),
							 .passed = rows[i].count[EG_COUNT_PASSED] };
	qsort(all, s->all, sizeof(*all), by_rank);
	/* What is by number is never long. */
	s->count = s->table && top && top < s->all ? top : s->all;
	for (size_t i = 0; i < s->all; i++) {
		s->rows[i] = all[i].row;
		if (i >= s->count)
			eg_row_merge(&s->rest, all[i].row);
	}
	free(all);
	return true;
}

/* Whether a cell says anything. */
static bool says(const struct eg_cell *cell)
{
	if (cell->kind == EG_CELL_NUMBER)
		return cell->number != 0;
	if (cell->kind == EG_CELL_WORDS)
		return cell->words_n != 0;
	return cell->kind != EG_CELL_NONE;
}

static bool is_filled(const struct eg_sheet *s, size_t column)
{
	struct eg_cell cell;

	for (size_t i = 0; i < s->count; i++) {
		eg_sheet_cell(s, column, s->rows[i], &cell);
		if (says(&cell))
			return true;
	}
	return false;
}

static bool has_guests(const struct eg_tally *t)
{
	int guests = 0;

	for (size_t i = 0; i < EG_LEXICON_MAX; i++)
		guests += !is_empty(&t->by_guest[i]);
	return guests > 1;
}

static void choose_columns(struct eg_sheet *s)
{
	uint32_t parts = 0;

	for (size_t c = 0; c < s->columns_n; c++) {
		enum eg_column_show show = s->columns[c].show;
		uint32_t bit = (uint32_t)1 << c;

		if (show == EG_SHOW_ALWAYS || (show == EG_SHOW_GUEST && has_guests(s->tally)))
			s->shown |= bit;
		else if (show == EG_SHOW_FILLED && is_filled(s, c))
			s->shown |= bit;
		else if (show == EG_SHOW_PART && is_filled(s, c))
			parts |= bit;
	}
	/* A single one is the sum itself. */
	if (parts & (parts - 1))
		s->shown |= parts;
}

bool eg_sheet_make(struct eg_sheet *s, enum eg_sheet_kind kind, const struct eg_tally *t,
		   size_t top)
{
	memset(s, 0, sizeof(*s));
	s->key = kinds[kind].key;
	s->title = kinds[kind].title;
	s->rows_name = kinds[kind].rows_name;
	s->columns = eg_columns(kind, &s->columns_n);
	s->tally = t;
	s->rest.first = EG_MOMENT_NONE;
	set_source(s, kind);
	if (!rank(s, top)) {
		eg_sheet_free(s);
		return false;
	}
	if (s->table) {
		s->slack = s->table->slack;
		if (!is_empty(&s->table->others))
			eg_row_merge(&s->rest, &s->table->others);
	}
	choose_columns(s);
	return true;
}

void eg_sheet_free(struct eg_sheet *s)
{
	free(s->rows);
	s->rows = NULL;
	s->count = 0;
}

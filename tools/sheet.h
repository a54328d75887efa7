/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sheets: a tally as tables of cells, the same for every output.
 *
 * A sheet has columns, each of which makes a cell of a row. Outputs print cells by their kind and
 * give what has a meaning of its own in them (quotes, "<", "=") the form that it must have there;
 * all text is printable ASCII already.
 */
#ifndef EG_SHEET_H
#define EG_SHEET_H

#include "tally.h"

enum { EG_CELL_TEXT_MAX = EG_TABLE_KEY_MAX, EG_CELL_WORDS_MAX = EG_LEXICON_MAX };

enum eg_cell_kind {
	EG_CELL_NONE, /* nothing is known */
	EG_CELL_TEXT,
	EG_CELL_NUMBER,
	EG_CELL_TIME, /* number: ns */
	EG_CELL_WORDS,
};

struct eg_cell {
	enum eg_cell_kind kind;
	uint64_t number;
	size_t words_n;
	const char *words[EG_CELL_WORDS_MAX];
	char text[EG_CELL_TEXT_MAX];
};

struct eg_sheet;

/* Where people are shown a column; programs get all of them. */
enum eg_column_show {
	EG_SHOW_ALWAYS,
	EG_SHOW_FILLED, /* some row has more in it than 0 */
	EG_SHOW_PART,   /* the same of a part of a sum, which is more than that part */
	EG_SHOW_GUEST,  /* there is more than one guest */
};

struct eg_column {
	const char *key, *title; /* for programs, for people */
	enum eg_cell_kind kind;  /* of every cell that is not EG_CELL_NONE */
	void (*cell)(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell);
	enum eg_column_show show;
};

/* A sheet's rows, most tries first. */
struct eg_sheet {
	const char *key, *title;
	const char *rows_name; /* of what there may be more: "destinations" */
	const struct eg_column *columns;
	size_t columns_n;
	const struct eg_tally *tally;
	const struct eg_table *table; /* NULL: rows are by number of LEXICON */
	const struct eg_row *by_number;
	const struct eg_lexicon *lexicon;
	const struct eg_row **rows; /* owned, COUNT that are shown, of ALL */
	size_t count, all;
	struct eg_row rest; /* of those that are not shown: folded says how many */
	uint64_t slack;     /* see table.h */
	uint32_t shown;     /* bit N: column N is for people, too */
};

enum eg_sheet_kind {
	EG_SHEET_REASONS,
	EG_SHEET_DESTINATIONS,
	EG_SHEET_NAMES,
	EG_SHEET_FLOWS,
	EG_SHEET_GUESTS,
	EG_SHEETS
};

/* Make the sheet of KIND from T, which must stand as long, with TOP rows at most (0: all). Returns
 * false where memory is short. */
bool eg_sheet_make(struct eg_sheet *s, enum eg_sheet_kind kind, const struct eg_tally *t,
		   size_t top);
void eg_sheet_free(struct eg_sheet *s);

/* The kind whose key is NAME, EG_SHEETS where there is none. */
enum eg_sheet_kind eg_sheet_find(const char *name);
const char *eg_sheet_key(enum eg_sheet_kind kind);

/* Fill CELL with what COLUMN of S says of ROW. */
void eg_sheet_cell(const struct eg_sheet *s, size_t column, const struct eg_row *row,
		   struct eg_cell *cell);

/* Whether people are shown COLUMN. */
static inline bool eg_sheet_shows(const struct eg_sheet *s, size_t column)
{
	return s->shown >> column & 1;
}

/* The columns of a kind, for sheet.c: COUNT of them. */
const struct eg_column *eg_columns(enum eg_sheet_kind kind, size_t *count);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The columns of each sheet: what they are called, and what stands in them. */
#include "sheet.h"

#include "reason.h"

#include <stdio.h>

static void set_number(struct eg_cell *cell, uint64_t n)
{
	cell->kind = EG_CELL_NUMBER;
	cell->number = n;
}

static void set_text(struct eg_cell *cell, const char *text)
{
	cell->kind = EG_CELL_TEXT;
	snprintf(cell->text, sizeof(cell->text), "%s", text);
}

static void set_span(struct eg_cell *cell, struct eg_span s)
{
	if (s.n == 0 || s.n >= sizeof(cell->text))
		return;
	cell->kind = EG_CELL_TEXT;
	memcpy(cell->text, s.p, s.n);
	cell->text[s.n] = '\0';
}

static void set_words(struct eg_cell *cell, const struct eg_lexicon *l, uint64_t mask)
{
	for (unsigned int i = 1; i < EG_LEXICON_MAX; i++)
		if (mask >> i & 1)
			cell->words[cell->words_n++] = eg_lexicon_word(l, i);
	cell->kind = EG_CELL_WORDS;
}

static void set_time(struct eg_cell *cell, uint64_t ns)
{
	cell->kind = EG_CELL_TIME;
	cell->number = ns;
}

/*
 * Counts
 */

#define COUNT_CELL(name, what)                                                                     \
	static void name(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell) \
	{                                                                                          \
		(void)s;                                                                           \
		set_number(cell, row->count[what]);                                                \
	}

COUNT_CELL(blocked, EG_COUNT_BLOCKED)
COUNT_CELL(would_block, EG_COUNT_WOULD)
COUNT_CELL(unmarked, EG_COUNT_UNMARKED)
COUNT_CELL(suppressed, EG_COUNT_SUPPRESSED)
COUNT_CELL(passed, EG_COUNT_PASSED)

static void tries(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	(void)s;
	set_number(cell, eg_row_tries(row));
}

static void bytes_client(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	(void)s;
	set_number(cell, row->bytes[0]);
}

static void bytes_server(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	(void)s;
	set_number(cell, row->bytes[1]);
}

static void folded(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	(void)s;
	if (row->folded)
		set_number(cell, row->folded);
}

static void first(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	(void)s;
	if (row->first <= row->last)
		set_time(cell, row->first);
}

static void last(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	(void)s;
	if (row->first <= row->last)
		set_time(cell, row->last);
}

/*
 * Who, whom, why
 */

static void reasons(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	set_words(cell, &s->tally->reasons, row->reasons);
}

static void types(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	set_words(cell, &s->tally->types, row->types);
}

static void word(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	/* A guest without a name has none; frames without a reason can be asked for by "-". */
	if (row == s->by_number && s->lexicon == &s->tally->guests)
		return;
	set_text(cell, eg_lexicon_word(s->lexicon, (unsigned int)(row - s->by_number)));
}

static void meaning(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	const char *reason = eg_lexicon_word(s->lexicon, (unsigned int)(row - s->by_number));

	for (unsigned int r = EG_R_NONE + 1; r < EG_REASON_COUNT; r++)
		if (strcmp(reason, eg_reason_word((enum eg_reason)r)) == 0)
			set_text(cell, eg_reason_text((enum eg_reason)r));
	if (row == s->by_number)
		set_text(cell, "recorded without a reason");
}

static void guest(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	struct eg_span key = eg_table_key(s->table, row);

	if (key.n && key.p[0])
		set_text(cell, eg_lexicon_word(&s->tally->guests, key.p[0]));
}

static void proto(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	char text[EG_PROTO_TEXT_MAX];
	uint32_t p = eg_tally_place(s->table, row).proto;

	if (p != EG_PROTO_NONE)
		set_text(cell, eg_proto_text(p, text));
}

static void address(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	struct eg_tally_place p = eg_tally_place(s->table, row);
	char text[EG_ADDR_TEXT_MAX];

	if (p.has_addr)
		set_text(cell, eg_addr_text(&p.addr, text));
}

static void port(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	uint16_t p = eg_tally_place(s->table, row).port;

	if (p)
		set_number(cell, p);
}

static void label(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	if (row->label_n == EG_TABLE_LABEL_SEVERAL)
		set_text(cell, "(several)");
	else
		set_span(cell, eg_table_label_of(s->table, row));
}

static void name(const struct eg_sheet *s, const struct eg_row *row, struct eg_cell *cell)
{
	unsigned int number;

	set_span(cell, eg_tally_name(s->table, row, &number));
}

/*
 * Sheets
 */

/* clang-format off */
#define TIMES \
	{ "first", "first seen", EG_CELL_TIME, first, EG_SHOW_ALWAYS }, \
	{ "last", "last seen", EG_CELL_TIME, last, EG_SHOW_ALWAYS }

#define COUNTS \
	{ "tries", "tries", EG_CELL_NUMBER, tries, EG_SHOW_ALWAYS }, \
	{ "blocked", "blocked", EG_CELL_NUMBER, blocked, EG_SHOW_PART }, \
	{ "would_block", "would block", EG_CELL_NUMBER, would_block, EG_SHOW_PART }, \
	{ "unmarked", "unmarked", EG_CELL_NUMBER, unmarked, EG_SHOW_PART }, \
	{ "suppressed", "suppressed", EG_CELL_NUMBER, suppressed, EG_SHOW_PART }
/* clang-format on */

static const struct eg_column reason_columns[] = {
	{ "reason", "reason", EG_CELL_TEXT, word, EG_SHOW_ALWAYS },
	COUNTS,
	TIMES,
	{ "meaning", "what it is", EG_CELL_TEXT, meaning, EG_SHOW_ALWAYS },
};

static const struct eg_column destination_columns[] = {
	{ "guest", "guest", EG_CELL_TEXT, guest, EG_SHOW_GUEST },
	{ "proto", "proto", EG_CELL_TEXT, proto, EG_SHOW_ALWAYS },
	{ "address", "destination", EG_CELL_TEXT, address, EG_SHOW_ALWAYS },
	{ "port", "port", EG_CELL_NUMBER, port, EG_SHOW_ALWAYS },
	{ "name", "name", EG_CELL_TEXT, label, EG_SHOW_FILLED },
	COUNTS,
	{ "reasons", "reason", EG_CELL_WORDS, reasons, EG_SHOW_ALWAYS },
	TIMES,
};

static const struct eg_column name_columns[] = {
	{ "guest", "guest", EG_CELL_TEXT, guest, EG_SHOW_GUEST },
	{ "name", "name", EG_CELL_TEXT, name, EG_SHOW_ALWAYS },
	{ "names", "names", EG_CELL_NUMBER, folded, EG_SHOW_FILLED },
	{ "types", "types", EG_CELL_WORDS, types, EG_SHOW_ALWAYS },
	COUNTS,
	{ "passed", "passed", EG_CELL_NUMBER, passed, EG_SHOW_FILLED },
	{ "reasons", "reason", EG_CELL_WORDS, reasons, EG_SHOW_ALWAYS },
	TIMES,
};

static const struct eg_column flow_columns[] = {
	{ "guest", "guest", EG_CELL_TEXT, guest, EG_SHOW_GUEST },
	{ "proto", "proto", EG_CELL_TEXT, proto, EG_SHOW_ALWAYS },
	{ "address", "to", EG_CELL_TEXT, address, EG_SHOW_ALWAYS },
	{ "port", "port", EG_CELL_NUMBER, port, EG_SHOW_ALWAYS },
	{ "flows", "flows", EG_CELL_NUMBER, passed, EG_SHOW_ALWAYS },
	{ "bytes_toserver", "bytes to server", EG_CELL_NUMBER, bytes_client, EG_SHOW_ALWAYS },
	{ "bytes_toclient", "bytes to client", EG_CELL_NUMBER, bytes_server, EG_SHOW_ALWAYS },
	TIMES,
};

static const struct eg_column guest_columns[] = {
	{ "guest", "guest", EG_CELL_TEXT, word, EG_SHOW_ALWAYS },
	COUNTS,
	{ "passed", "queries passed", EG_CELL_NUMBER, passed, EG_SHOW_FILLED },
	{ "reasons", "reason", EG_CELL_WORDS, reasons, EG_SHOW_ALWAYS },
	TIMES,
};

#define COLUMNS(of) of, sizeof(of) / sizeof(of[0])

const struct eg_column *eg_columns(enum eg_sheet_kind kind, size_t *count)
{
	static const struct {
		const struct eg_column *columns;
		size_t count;
	} all[EG_SHEETS] = {
		[EG_SHEET_REASONS] = { COLUMNS(reason_columns) },
		[EG_SHEET_DESTINATIONS] = { COLUMNS(destination_columns) },
		[EG_SHEET_NAMES] = { COLUMNS(name_columns) },
		[EG_SHEET_FLOWS] = { COLUMNS(flow_columns) },
		[EG_SHEET_GUESTS] = { COLUMNS(guest_columns) },
	};

	*count = all[kind].count;
	return all[kind].columns;
}

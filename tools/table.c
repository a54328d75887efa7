/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table of counts with a bound on its memory.
 *
 * Purpose. Whoever floods a record with destinations or names must neither fill the memory of who
 * reads it nor push what matters out of sight.
 *
 * Terms. To fold a row: to add its counts to its parent's (for a name: "*." and the name above it),
 * or to others, and to forget it.
 *
 * Invariants. The counts of all rows and of others add up to what was counted. A row is found by a
 * hash whose key is random, so that no file can be made to be slow.
 *
 * Limits. A full table folds the half of its rows that were seen least, the older ones first; a key
 * that comes again starts anew. So a row may show less than there was, by slack at most: the sum,
 * over all times that the table was full, of the most that a folded row had.
 *
 * Fails how. Where memory is short, what cannot have a row goes to others.
 *
 * References. Manku and Motwani, "Approximate Frequency Counts over Data Streams" (2002).
 */
#include "table.h"

#include "moment.h"
#include "sum.h"

#include <stdlib.h>

enum { NO_ROW = 0 }; /* slots hold the number of a row, from 1 on */
#define FEW_ROWS 64

static void clear_row(struct eg_row *row)
{
	memset(row, 0, sizeof(*row));
	row->first = EG_MOMENT_NONE;
}

void eg_table_init(struct eg_table *t, const struct eg_seed *seed, size_t rows, size_t text,
		   bool (*parent)(const uint8_t *key, size_t n, uint8_t *out, size_t *out_n))
{
	memset(t, 0, sizeof(*t));
	t->seed = *seed;
	t->rows_max = rows;
	t->text_max = text;
	t->parent = parent;
	clear_row(&t->others);
}

void eg_table_free(struct eg_table *t)
{
	free(t->rows);
	free(t->text);
	free(t->index);
	t->rows = NULL;
	t->text = NULL;
	t->index = NULL;
	t->count = t->room = t->slots = 0;
}

struct eg_span eg_table_key(const struct eg_table *t, const struct eg_row *row)
{
	return (struct eg_span){ .p = t->text + row->key_at, .n = row->key_n };
}

struct eg_span eg_table_label_of(const struct eg_table *t, const struct eg_row *row)
{
	if (row->label_n == 0 || row->label_n == EG_TABLE_LABEL_SEVERAL)
		return (struct eg_span){ 0 };
	return (struct eg_span){ .p = t->text + row->label_at, .n = row->label_n };
}

/* The slot of the key: its row's, or the free one where it belongs. */
static uint32_t *slot_of(const struct eg_table *t, const void *key, size_t n)
{
	size_t i = (size_t)eg_siphash13(&t->seed, key, n) & (t->slots - 1);

	for (;; i = (i + 1) & (t->slots - 1)) {
		uint32_t number = t->index[i];
		const struct eg_row *row;

		if (number == NO_ROW)
			return &t->index[i];
		row = &t->rows[number - 1];
		if (row->key_n == n && memcmp(t->text + row->key_at, key, n) == 0)
			return &t->index[i];
	}
}

static void fill_index(struct eg_table *t)
{
	memset(t->index, 0, t->slots * sizeof(*t->index));
	for (size_t i = 0; i < t->count; i++)
		*slot_of(t, t->text + t->rows[i].key_at, t->rows[i].key_n) = (uint32_t)i + 1;
}

/* Room for one more row, and slots for twice as many. */
static bool grow_rows(struct eg_table *t)
{
	size_t room = t->room ? 2 * t->room : FEW_ROWS;
	struct eg_row *rows;
	uint32_t *index;

	if (t->count < t->room)
		return true;
	rows = realloc(t->rows, room * sizeof(*rows));
	if (!rows)
		return false;
	t->rows = rows;
	index = realloc(t->index, 2 * room * sizeof(*index));
	if (!index)
		return false;
	t->index = index;
	t->room = room;
	t->slots = 2 * room;
	fill_index(t);
	return true;
}

/* Room for N more bytes of text. */
static bool grow_text(struct eg_table *t, size_t n)
{
	size_t room = t->text_room ? t->text_room : 4096;
	uint8_t *text;

	while (room < t->text_n + n)
		room *= 2;
	if (room == t->text_room)
		return true;
	text = realloc(t->text, room);
	if (!text)
		return false;
	t->text = text;
	t->text_room = room;
	return true;
}

/* Keep N bytes; there is room. Returns where. */
static uint32_t keep(struct eg_table *t, const void *p, size_t n)
{
	size_t at = t->text_n;

	memcpy(t->text + at, p, n);
	t->text_n += n;
	return (uint32_t)at;
}

static bool is_full(const struct eg_table *t, size_t n)
{
	return t->count == t->rows_max || t->text_n + n > t->text_max;
}

/* A new row for a key that has none, in a table that is not full. NULL where memory is short. */
static struct eg_row *new_row(struct eg_table *t, const void *key, size_t n)
{
	struct eg_row *row;

	if (!grow_rows(t) || !grow_text(t, n))
		return NULL;
	row = &t->rows[t->count++];
	clear_row(row);
	*slot_of(t, key, n) = (uint32_t)t->count;
	row->key_at = keep(t, key, n);
	row->key_n = (uint16_t)n;
	return row;
}

uint64_t eg_row_tries(const struct eg_row *row)
{
	uint64_t sum = 0;

	for (int i = 0; i < EG_COUNT_PASSED; i++)
		sum = eg_sum(sum, row->count[i]);
	return sum;
}

static void see(struct eg_row *row, uint64_t first, uint64_t last)
{
	if (first == EG_MOMENT_NONE || last == EG_MOMENT_NONE)
		return;
	if (first < row->first)
		row->first = first;
	if (last > row->last)
		row->last = last;
}

void eg_row_count(struct eg_row *row, enum eg_count what, uint64_t n, uint64_t first, uint64_t last)
{
	row->count[what] = eg_sum(row->count[what], n);
	see(row, first, last);
}

void eg_row_merge(struct eg_row *to, const struct eg_row *from)
{
	for (int i = 0; i < EG_COUNTS; i++)
		to->count[i] = eg_sum(to->count[i], from->count[i]);
	for (int i = 0; i < 2; i++)
		to->bytes[i] = eg_sum(to->bytes[i], from->bytes[i]);
	to->reasons |= from->reasons;
	to->types |= from->types;
	to->dirs |= from->dirs;
	to->folded += from->folded ? from->folded : 1;
	see(to, from->first, from->last);
}

/*
 * Folding
 */

/* Rows on their way out, and the text that they and the rows that stay had until now. */
struct leaving {
	struct eg_row *rows;
	size_t count;
	uint8_t *text;
};

static uint64_t weight(const struct eg_row *row)
{
	return eg_sum(eg_row_tries(row), row->count[EG_COUNT_PASSED]);
}

/* Keep what stays, in its order, with a text of its own; L gets the others and the old text.
 * Returns false, and nothing changed, where memory is short. */
static bool part(struct eg_table *t, const bool *leaves, struct leaving *l)
{
	uint8_t *text = malloc(t->text_room);
	size_t stay = 0;

	l->rows = malloc(t->count * sizeof(*l->rows));
	l->count = 0;
	l->text = t->text;
	if (!text || !l->rows) {
		free(text);
		free(l->rows);
		return false;
	}
	t->text = text;
	t->text_n = 0;
	for (size_t i = 0; i < t->count; i++) {
		struct eg_row row = t->rows[i];

		if (leaves[i]) {
			l->rows[l->count++] = row;
			continue;
		}
		row.key_at = keep(t, l->text + row.key_at, row.key_n);
		if (row.label_n > 0 && row.label_n != EG_TABLE_LABEL_SEVERAL)
			row.label_at = keep(t, l->text + row.label_at, row.label_n);
		t->rows[stay++] = row;
	}
	t->count = stay;
	fill_index(t);
	return true;
}

/* Where the counts of a row go whose key is the N bytes at KEY. */
static struct eg_row *heir(struct eg_table *t, const uint8_t *key, size_t n)
{
	uint8_t parent[EG_TABLE_KEY_MAX];
	struct eg_row *row;
	uint32_t number;

	if (!t->parent || !t->parent(key, n, parent, &n))
		return &t->others;
	number = *slot_of(t, parent, n);
	if (number != NO_ROW)
		return &t->rows[number - 1];
	/* A quarter of the table is for what is to come. */
	if (t->count >= t->rows_max / 4 * 3 || t->text_n + n > t->text_max / 4 * 3)
		return &t->others;
	row = new_row(t, parent, n);
	return row ? row : &t->others;
}

/* Fold the rows that LEAVES marks. */
static bool fold(struct eg_table *t, const bool *leaves)
{
	struct leaving l;

	if (!part(t, leaves, &l))
		return false;
	for (size_t i = 0; i < l.count; i++) {
		const uint8_t *key = l.text + l.rows[i].key_at;

		eg_row_merge(heir(t, key, l.rows[i].key_n), &l.rows[i]);
	}
	free(l.rows);
	free(l.text);
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Mark the lighter half of the rows, of equals the older ones. Returns the most that one of them
 * weighs. */
static uint64_t mark_lighter(const struct eg_table *t, uint64_t *weights, bool *leaves)
{
	size_t half = (t->count + 1) / 2, lighter = 0;
	uint64_t limit;

	for (size_t i = 0; i < t->count; i++)
		weights[i] = weight(&t->rows[i]);
	qsort(weights, t->count, sizeof(*weights), by_number);
	limit = weights[half - 1];
	while (weights[lighter] < limit)
		lighter++;
	for (size_t i = 0, equals = half - lighter; i < t->count; i++) {
		uint64_t w = weight(&t->rows[i]);

		leaves[i] = w < limit || (w == limit && equals > 0 && equals-- > 0);
	}
	return limit;
}

static bool make_room(struct eg_table *t)
{
	uint64_t *weights = malloc(t->count * sizeof(*weights));
	bool *leaves = malloc(t->count * sizeof(*leaves)), good = weights && leaves;
	uint64_t limit;

	if (good) {
		limit = mark_lighter(t, weights, leaves);
		good = fold(t, leaves);
		t->slack = eg_sum(t->slack, good ? limit : 0);
	}
	free(weights);
	free(leaves);
	return good;
}

struct eg_row *eg_table_row(struct eg_table *t, const void *key, size_t n)
{
	uint32_t number = t->slots ? *slot_of(t, key, n) : NO_ROW;
	struct eg_row *row = NULL;

	if (number != NO_ROW)
		return &t->rows[number - 1];
	/* Half of the rows may be the half of the text that is short. */
	for (int tries = 0; is_full(t, n) && t->count > 0 && tries < 64; tries++)
		if (!make_room(t))
			break;
	if (!is_full(t, n))
		row = new_row(t, key, n);
	if (row)
		return row;
	t->short_of_memory = true;
	return &t->others;
}

void eg_table_label(struct eg_table *t, struct eg_row *row, const void *p, size_t n)
{
	struct eg_span now = eg_table_label_of(t, row);

	if (row == &t->others || row->label_n == EG_TABLE_LABEL_SEVERAL || n == 0 ||
	    n >= EG_TABLE_KEY_MAX)
		return;
	if (row->label_n > 0) {
		if (now.n != n || memcmp(now.p, p, n) != 0)
			row->label_n = EG_TABLE_LABEL_SEVERAL;
		return;
	}
	if (t->text_n + n > t->text_max || !grow_text(t, n))
		return;
	row->label_at = keep(t, p, n);
	row->label_n = (uint16_t)n;
}

/* Rows that a parent would get, in a table of parents. Returns false where memory was short. */
static bool count_children(const struct eg_table *t, struct eg_table *parents)
{
	uint8_t key[EG_TABLE_KEY_MAX];
	size_t n;

	for (size_t i = 0; i < t->count; i++) {
		struct eg_span own = eg_table_key(t, &t->rows[i]);

		if (t->parent(own.p, own.n, key, &n))
			eg_row_count(eg_table_row(parents, key, n), EG_COUNT_PASSED, 1,
				     EG_MOMENT_NONE, EG_MOMENT_NONE);
	}
	return !parents->short_of_memory;
}

void eg_table_gather(struct eg_table *t, size_t limit)
{
	struct eg_table parents;
	uint8_t key[EG_TABLE_KEY_MAX];
	bool *leaves = t->parent && t->count ? calloc(t->count, sizeof(*leaves)) : NULL;
	size_t n;

	if (!leaves)
		return;
	eg_table_init(&parents, &t->seed, t->rows_max, t->text_max, NULL);
	if (count_children(t, &parents)) {
		for (size_t i = 0; i < t->count; i++) {
			struct eg_span own = eg_table_key(t, &t->rows[i]);

			leaves[i] = t->parent(own.p, own.n, key, &n) &&
				    eg_table_row(&parents, key, n)->count[EG_COUNT_PASSED] > limit;
		}
		fold(t, leaves);
	}
	eg_table_free(&parents);
	free(leaves);
}

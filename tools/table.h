/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was tried, by some key: a table that stays within its bounds whatever comes. See table.c. */
#ifndef EG_TABLE_H
#define EG_TABLE_H

#include "siphash.h"
#include "span.h"

/* What is counted of a key. */
enum eg_count {
	EG_COUNT_BLOCKED,
	EG_COUNT_WOULD,      /* would have been blocked, in mode monitor */
	EG_COUNT_UNMARKED,   /* frames of captures that do not say what became of them */
	EG_COUNT_SUPPRESSED, /* blocked, counted and not recorded */
	EG_COUNT_PASSED,     /* queries that passed; flows that were opened */
	EG_COUNTS
};

enum { EG_TABLE_KEY_MAX = 1100, EG_TABLE_LABEL_SEVERAL = UINT16_MAX };

struct eg_row {
	uint64_t count[EG_COUNTS];
	uint64_t first, last; /* ns; first > last: no time was said */
	uint64_t reasons;     /* bit N: number N of the lexicon of reasons */
	uint64_t types;       /* the same of the types of DNS queries */
	uint64_t bytes[2];    /* of flows: by whom they were sent, client and server */
	uint64_t folded;      /* how many rows were folded into this one */
	uint32_t key_at;      /* the table's own */
	uint32_t label_at;
	uint16_t key_n;
	uint16_t label_n; /* 0: no label; EG_TABLE_LABEL_SEVERAL: more than one */
	uint8_t dirs;     /* bit N: direction N of enum eg_input_dir */
};

struct eg_table {
	struct eg_row *rows; /* owned, in the order in which they came; 0 to count - 1 */
	size_t count;
	struct eg_row
		others; /* what was folded and has no parent in the table: folded says how many */
	uint64_t slack; /* a count that is shown may be this much too low; 0: all are exact */
	bool short_of_memory; /* rows were lost to it: their counts went to others */

	/* Its own. */
	size_t room, rows_max;
	uint8_t *text; /* keys and labels */
	size_t text_n, text_room, text_max;
	uint32_t *index;
	size_t slots;
	struct eg_seed seed;
	bool (*parent)(const uint8_t *key, size_t n, uint8_t *out, size_t *out_n);
};

/* A table of ROWS rows and TEXT bytes of keys at most (each at least 2). PARENT writes the key that
 * a row's counts go to when it is folded, EG_TABLE_KEY_MAX bytes at most, or returns false: they go
 * to others; NULL: all do. */
void eg_table_init(struct eg_table *t, const struct eg_seed *seed, size_t rows, size_t text,
		   bool (*parent)(const uint8_t *key, size_t n, uint8_t *out, size_t *out_n));
void eg_table_free(struct eg_table *t);

/* The row of the key of N bytes (1 to EG_TABLE_KEY_MAX) at KEY, made where there is none; others
 * where memory is short. It stands until the table is next called. */
struct eg_row *eg_table_row(struct eg_table *t, const void *key, size_t n);

/* The same of the NUMBERth row. */
struct eg_span eg_table_key(const struct eg_table *t, const struct eg_row *row);

/* Say that ROW of T is also known as the N bytes at P. */
void eg_table_label(struct eg_table *t, struct eg_row *row, const void *p, size_t n);
struct eg_span eg_table_label_of(const struct eg_table *t, const struct eg_row *row);

/* Add N to one count of ROW, seen from FIRST to LAST (EG_MOMENT_NONE: unknown). Sums stop at the
 * largest number. */
void eg_row_count(struct eg_row *row, enum eg_count what, uint64_t n, uint64_t first,
		  uint64_t last);
/* Add all of FROM to TO. */
void eg_row_merge(struct eg_row *to, const struct eg_row *from);
/* All that was tried: the counts but PASSED. */
uint64_t eg_row_tries(const struct eg_row *row);

/* Fold the rows of every parent that has more than LIMIT of them. */
void eg_table_gather(struct eg_table *t, size_t limit);

#endif

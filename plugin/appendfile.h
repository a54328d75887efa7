/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of records that is appended to, whatever happened to it before: see appendfile.c. */
#ifndef EG_APPENDFILE_H
#define EG_APPENDFILE_H

#include "refusal.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { EG_PAGE = 4096 };

/* What is particular to a kind of file. STATE is the kind's own. */
struct eg_append_format {
	const char *what; /* the file is, in an error: "a capture" */
	size_t longest;   /* record; a tail that is longer and not whole is not of our making */
	/* Whether a file that begins with the N bytes (1 or more) at HEAD is of this kind. */
	bool (*is_ours)(const uint8_t *head, size_t n);
	/* Walk the records of FD, SIZE bytes. Returns where the last whole one ends (0: what is
	 * to stand before all records is not whole) and their number, or a negative errno. */
	off_t (*walk)(void *state, int fd, off_t size, uint64_t *records);
	/* Write into BUF, EG_PAGE bytes, what is to stand before the records of an opening: in
	 * an EMPTY file or behind other records. Returns its length. NULL: nothing. */
	size_t (*begin)(void *state, bool empty, uint8_t *buf);
	/* The same for what is to stand behind the last record. NULL: nothing. */
	size_t (*end)(void *state, uint8_t *buf);
	/* Write N bytes that readers skip into BUF, N being fill_least or more. NULL: there are
	 * none in this format. */
	void (*fill)(uint8_t *buf, size_t n);
	size_t fill_least;
};

/* The N oldest records that were put and not yet settled are now in the file, numbered from
 * FIRST on (from 1, in this file), or, where FIRST is 0, lost for ERROR, a negative errno. Called
 * from within put, flush and close; must not call back. */
typedef void eg_settled_fn(void *ctx, unsigned n, uint64_t first, int error);

struct eg_append_options {
	const char *path;
	const struct eg_append_format *format;
	void *state;            /* the format's, the caller's; until the close */
	off_t limit;            /* bytes in a file; 0: none */
	unsigned kept;          /* finished files, 0 to EG_ROTATE_FILES_MAX */
	eg_settled_fn *settled; /* with CTX */
	void *ctx;
};

struct eg_appendfile;

/* Open O->path for appending, or make it. Returns 0 and *OUT (the caller's, to close), or a
 * negative errno and the reason in WHY. Refused: what eg_ownfile_open refuses, a file that is of
 * another kind, one that is damaged by more than a torn tail, and names for the rotation that
 * others have. */
int eg_appendfile_open(struct eg_appendfile **out, const struct eg_append_options *o,
		       const struct eg_refusal *why);

/* Add the LEN bytes (format's longest at most) of one record. It is in the file once it is settled:
 * by a later put, by the next flush at the latest. */
void eg_appendfile_put(struct eg_appendfile *f, const uint8_t *record, size_t len);

/* Hand all that was put to the kernel, or lose it. */
void eg_appendfile_flush(struct eg_appendfile *f);

/* Flush, write the format's end, and close F; NULL is fine. */
void eg_appendfile_close(struct eg_appendfile *f);

#endif

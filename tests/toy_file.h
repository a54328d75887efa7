/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A format with nothing in it but what a format needs: blocks of a letter, a length and bytes. R is
 * a record, whose first four bytes number it; B stands at the beginning, E at the end, F is filler.
 */
#ifndef TOY_FILE_H
#define TOY_FILE_H

#include "appendfile.h"

#include "folder.h"

enum { TOY_HEADER = 5, TOY_LEAST = 12, TOY_LONGEST = 20000 };

static uint8_t toy_block[TOY_LONGEST];

static inline size_t toy_make(uint8_t *buf, char letter, uint32_t len)
{
	memset(buf, letter, len);
	memcpy(buf + 1, &len, 4);
	return len;
}

/* The length of the whole block at P, N bytes, or 0. */
static inline size_t toy_length(const uint8_t *p, size_t n)
{
	uint32_t len;

	if (n < TOY_HEADER)
		return 0;
	memcpy(&len, p + 1, 4);
	return len >= TOY_HEADER && len <= n && strchr("RBEF", p[0]) ? len : 0;
}

static inline bool toy_is_ours(const uint8_t *head, size_t n)
{
	return n > 0 && head[0] == 'B';
}

static inline off_t toy_walk(void *state, int fd, off_t size, uint64_t *records)
{
	uint8_t *bytes = malloc((size_t)size + 1);
	ssize_t n = pread(fd, bytes, (size_t)size, 0);
	size_t at = 0, len;

	(void)state;
	ck_assert_int_eq(n, size);
	while ((len = toy_length(bytes + at, (size_t)n - at)) > 0) {
		*records += bytes[at] == 'R';
		at += len;
	}
	free(bytes);
	return (off_t)at;
}

static inline size_t toy_begin(void *state, bool empty, uint8_t *buf)
{
	(void)state;
	return toy_make(buf, 'B', empty ? 40 : 20);
}

static inline size_t toy_end(void *state, uint8_t *buf)
{
	(void)state;
	return toy_make(buf, 'E', 30);
}

static inline void toy_fill(uint8_t *buf, size_t n)
{
	ck_assert_uint_ge(n, TOY_LEAST);
	ck_assert_uint_lt(n, EG_PAGE);
	toy_make(buf, 'F', (uint32_t)n);
}

static const struct eg_append_format toy_filled = {
	.what = "a toy",
	.longest = TOY_LONGEST,
	.is_ours = toy_is_ours,
	.walk = toy_walk,
	.begin = toy_begin,
	.end = toy_end,
	.fill = toy_fill,
	.fill_least = TOY_LEAST,
};

static const struct eg_append_format toy_plain = {
	.what = "a toy",
	.longest = TOY_LONGEST,
	.is_ours = toy_is_ours,
	.walk = toy_walk,
	.begin = toy_begin,
	.end = toy_end,
};

static inline void toy_put(struct eg_appendfile *f, uint32_t number, uint32_t len)
{
	toy_make(toy_block, 'R', len);
	memcpy(toy_block + TOY_HEADER, &number, 4);
	eg_appendfile_put(f, toy_block, len);
}

/* The letters of all blocks of NAME, filler left out, which must be whole; the numbers of its
 * records go into NUMBERS, up to MAX, and how many there are into *N. */
static inline const char *toy_read(const char *name, uint32_t *numbers, size_t max, size_t *n)
{
	static char letters[100000];
	size_t size, at = 0, count = 0, len;
	char *bytes = folder_read(name, &size);

	*n = 0;
	while ((len = toy_length((uint8_t *)bytes + at, size - at)) > 0) {
		if (bytes[at] == 'R') {
			ck_assert_uint_lt(*n, max);
			memcpy(&numbers[(*n)++], bytes + at + TOY_HEADER, 4);
		}
		if (bytes[at] != 'F')
			letters[count++] = bytes[at];
		at += len;
	}
	ck_assert_msg(at == size, "%s: torn at %zu of %zu", name, at, size);
	letters[count] = '\0';
	free(bytes);
	return letters;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shares no line with filters/dns.c, on purpose: it knows offsets instead of readers, and
 * compares labels one by one from the end instead of sets.
 */
#include "question.h"

#include <string.h>
#include <strings.h>

struct labels {
	size_t count;
	const uint8_t *at[128]; /* each at its length */
};

static size_t number(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* Returns the offset after the name at AT; 0 where it is none, or SMALL and it has capitals. */
static size_t name_end(const uint8_t *msg, size_t n, size_t at, struct labels *l, bool small)
{
	size_t start = at;

	l->count = 0;
	while (at < n && msg[at] != 0) {
		if (msg[at] > 63 || msg[at] >= n - at || l->count == 127)
			return 0;
		for (size_t i = 1; i <= msg[at]; i++)
			if (small && msg[at + i] >= 'A' && msg[at + i] <= 'Z')
				return 0;
		l->at[l->count++] = msg + at;
		at += 1 + (size_t)msg[at];
	}
	return at < n && at + 1 - start <= 255 ? at + 1 : 0;
}

/* Whether the last labels of L are those three. */
static bool ends_in(const struct labels *l, const char *const want[3])
{
	if (l->count < 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		const uint8_t *label = l->at[l->count - 3 + i];

		if (label[0] != strlen(want[i]) ||
		    strncasecmp((const char *)label + 1, want[i], label[0]) != 0)
			return false;
	}
	return true;
}

static bool on_the_list(const struct labels *l)
{
	static const char *const exact[3] = { "allowed", "example", "org" };
	static const char *const below[3] = { "wild", "example", "net" };

	return (l->count == 3 && ends_in(l, exact)) || (l->count > 3 && ends_in(l, below));
}

/* Whether the N bytes at P are an OPT record that says size and DO alone. */
static bool bare_opt(const uint8_t *p, size_t n, bool padded)
{
	size_t size;

	if (n < 11 || p[0] != 0 || number(p + 1) != 41 || p[5] || p[6] || (p[7] & 0x7f) || p[8])
		return false;
	size = number(p + 3);
	if (size < 512 || size > 1232 || number(p + 9) != n - 11)
		return false;
	if (n == 11)
		return true;
	if (!padded || n < 15 || number(p + 11) != 12 || number(p + 13) != n - 15)
		return false;
	for (size_t i = 15; i < n; i++)
		if (p[i])
			return false;
	return true;
}

bool question_listed(const uint8_t *msg, size_t n, bool padded)
{
	static const uint8_t counts[] = { 0, 1, 0, 0, 0, 0, 0 };
	struct labels l;
	size_t end;

	/* Of the flags RD, AD and CD alone. */
	if (n < 12 || (msg[2] & 0xfe) || (msg[3] & 0xcf) || memcmp(msg + 4, counts, 7) != 0)
		return false;
	/* Over UDP the filter chooses the letters. */
	end = name_end(msg, n, 12, &l, padded);
	if (!end || n - end < 4 || !on_the_list(&l))
		return false;
	if ((number(msg + end) != 1 && number(msg + end) != 28) || number(msg + end + 2) != 1)
		return false;
	if (msg[11] == 0)
		return n == end + 4;
	return msg[11] == 1 && bare_opt(msg + end + 4, n - end - 4, padded);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text with a length: what words.c, targetlist.c and dhcpoptions.c read. Private to them. */
#ifndef EG_TEXT_H
#define EG_TEXT_H

#include "span.h"

/* Characters somebody else owns, with no NUL behind them. */
struct text {
	const char *p;
	size_t n;
};

static inline bool is(struct text t, const char *s)
{
	return t.n == strlen(s) && memcmp(t.p, s, t.n) == 0;
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What stands between the items of a list. */
static inline bool is_separator(char c)
{
	return is_blank(c) || c == ',';
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

#endif

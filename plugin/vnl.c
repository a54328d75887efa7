/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plugin's own splitter of VNLs.
 *
 * Purpose: to read `[word="value"/word=value/...]{nested}` in one way only.
 * libvdeplug has functions for this, made for options that are a convenience.
 * They take any prefix of a word for the word, the last of repeated values,
 * quotes that never close, and drop whatever stands behind the closing bracket
 * or brace; the one that takes out the nested VNL counts no delimiter inside
 * quotes, so that what is left in front of it ends too early. A misread option
 * of a filter opens it. So here everything that is not exactly of the form is
 * refused, and what is accepted means the same as it does to libvdeplug.
 *
 * Terms: a mark is one of / [ ] { } outside quotes and not escaped. An option is
 * what stands between two marks in the brackets; it is a word, or word=value.
 *
 * The form: the brackets, the braces, both or neither, in this order, and
 * nothing before, between or behind. '...' and "..." are literal; outside them
 * \c is c and %XX is the byte XX (a % without two hexadecimal digits is itself).
 * Inside the brackets all marks but / must be quoted, so that no reader can see
 * another end of them. Inside the braces, braces balance, and all is left as
 * it is, for the network's own plugin to read; the brackets there are its own.
 * As in libvdeplug, quotes go before the '=' is looked for: "word=value" is the
 * same as word="value".
 *
 * Invariants: decoding never makes text longer, so that options are decoded in
 * place, in one copy of the VNL; each ends with a NUL where its mark stood.
 *
 * A VNL that is cut is refused: what is open is not closed. The one exception is a cut between the
 * brackets and the braces, which leaves another network. libvdeplug itself cuts there and says
 * nothing: of a file that holds a VNL it takes as many characters as a path may have. Options alone
 * that end at that very place are refused, too.
 *
 * Limits: none of its own; time and memory are linear in the length.
 *
 * Fails how: at the first fault, with its place: the number of the character
 * behind "egress://", from 1.
 *
 * References: vde_parsepathparms and vde_parsenestparms of libvdeplug_mod.h; vde_open of
 * libvdeplug.h, which takes the name of a file for its first line.
 */
#include "vnl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is left of the VNL of a file, behind "egress://": a path's bytes but for its NUL and a
 * newline, which libvdeplug takes off whether or not it is one. */
enum { CUT_AT = PATH_MAX - 2 - (int)(sizeof("egress://") - 1) };

enum unit {
	UNIT_END,
	UNIT_BYTE, /* of a word or a value: see byte */
	UNIT_MARK, /* likewise */
	UNIT_FAULT,
};

struct scan {
	char *at;        /* the next character */
	char *unit;      /* where the last unit stands, or what is at fault */
	char *open;      /* where the last quote was opened */
	char quote;      /* the open quote, or 0 */
	char byte;       /* of the last unit */
	const char *why; /* of a fault */
};

static enum unit fault(struct scan *s, char *where, const char *why)
{
	s->unit = where;
	s->why = why;
	return UNIT_FAULT;
}

/* The value of hexadecimal digit C, or -1. */
static int hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) % 16 : -1;
}

/* The byte that the %XX at P stands for, or -1 where P is no such thing. */
static int percent(const char *p)
{
	int high = p[0] == '%' ? hex(p[1]) : -1;
	int low = high >= 0 ? hex(p[2]) : -1;

	return low >= 0 ? high * 16 + low : -1;
}

/* The unit is BYTE, for which N characters stand. */
static enum unit take(struct scan *s, int byte, size_t n)
{
	s->at += n;
	s->byte = (char)byte;
	return UNIT_BYTE;
}

/* The next unit, outside quotes and no quote. */
static enum unit next_bare(struct scan *s)
{
	int byte = percent(s->at);

	if (byte == 0)
		return fault(s, s->at, "a zero byte");
	if (byte > 0)
		return take(s, byte, 3);
	if (*s->at == '\\' && s->at[1] == '\0')
		return fault(s, s->at, "a backslash with nothing behind it");
	if (*s->at == '\\')
		return take(s, s->at[1], 2);
	take(s, *s->at, 1);
	return strchr("/[]{}", s->byte) ? UNIT_MARK : UNIT_BYTE;
}

static enum unit next(struct scan *s)
{
	for (;; s->at++) {
		char c = *s->at;

		s->unit = s->at;
		if (c == '\0')
			return s->quote ? fault(s, s->open, "a quote that is not closed")
					: UNIT_END;
		if (s->quote && c != s->quote)
			return take(s, c, 1);
		if (!s->quote && c != '\'' && c != '"')
			return next_bare(s);
		s->quote = s->quote ? '\0' : c;
		s->open = s->at;
	}
}

/* Read the option at S and the mark behind it. Returns UNIT_MARK (byte: / or ]) or a fault. */
static enum unit read_option(struct scan *s, struct eg_vnl_option *option)
{
	char *start = s->at;
	char *to = start;
	char *equals;
	enum unit unit;

	while ((unit = next(s)) == UNIT_BYTE)
		*to++ = s->byte;
	if (unit == UNIT_FAULT)
		return unit;
	if (unit == UNIT_END)
		return fault(s, s->at, "the bracket is not closed");
	if (s->byte != '/' && s->byte != ']')
		return fault(s, s->unit, "a bracket or brace in an option must be quoted");
	*to = '\0';
	equals = strchr(start, '=');
	if (to == start || equals == start)
		return fault(s, start, "an option without a word");
	if (equals)
		*equals = '\0';
	*option = (struct eg_vnl_option){ start, equals ? equals + 1 : NULL };
	return UNIT_MARK;
}

static enum unit read_options(struct scan *s, struct eg_vnl *vnl)
{
	enum unit unit = UNIT_MARK;

	if (*s->at != '[')
		return UNIT_MARK;
	s->at++;
	s->byte = *s->at;
	if (s->byte == ']')
		s->at++;
	while (unit == UNIT_MARK && s->byte != ']')
		unit = read_option(s, &vnl->options[vnl->count++]);
	return unit;
}

static enum unit read_nested(struct scan *s, struct eg_vnl *vnl)
{
	size_t depth = 1;

	if (*s->at == '\0' && s->at - vnl->text == CUT_AT)
		return fault(s, s->at,
			     "libvdeplug may have cut it here: name the network in braces");
	if (*s->at == '\0')
		return UNIT_END;
	if (*s->at != '{')
		return fault(s, s->at, "neither [options] nor {network}");
	vnl->nested = ++s->at;
	while (depth > 0) {
		enum unit unit = next(s);

		if (unit == UNIT_FAULT)
			return unit;
		if (unit == UNIT_END)
			return fault(s, s->at, "the brace is not closed");
		if (unit == UNIT_MARK && s->byte == '{')
			depth++;
		if (unit == UNIT_MARK && s->byte == '}')
			depth--;
	}
	if (s->unit == vnl->nested)
		return fault(s, s->unit, "no network in the braces");
	if (*s->at != '\0')
		return fault(s, s->at, "nothing may stand behind the braces");
	*s->unit = '\0';
	return UNIT_END;
}

/* As many options as TEXT can have. */
static size_t options_max(const char *text)
{
	size_t n = 1;

	while ((text = strchr(text, '/')) != NULL) {
		text++;
		n++;
	}
	return n;
}

int eg_vnl_parse(struct eg_vnl *vnl, const char *text, char *error, size_t size)
{
	struct scan s = { 0 };

	memset(vnl, 0, sizeof(*vnl));
	s.at = vnl->text = strdup(text);
	vnl->options = calloc(options_max(text), sizeof(vnl->options[0]));
	if (!vnl->text || !vnl->options) {
		snprintf(error, size, "out of memory");
		eg_vnl_clear(vnl);
		return -ENOMEM;
	}
	if (read_options(&s, vnl) == UNIT_FAULT || read_nested(&s, vnl) == UNIT_FAULT) {
		snprintf(error, size, "character %zu: %s", (size_t)(s.unit - vnl->text) + 1, s.why);
		eg_vnl_clear(vnl);
		return -EINVAL;
	}
	return 0;
}

void eg_vnl_clear(struct eg_vnl *vnl)
{
	free(vnl->options);
	free(vnl->text);
	memset(vnl, 0, sizeof(*vnl));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "name.h"

/* ASCII only (RFC 4343 3). */
static uint8_t fold(uint8_t c)
{
	return (uint8_t)(c + ((uint8_t)(c - 'A') < 26 ? 'a' - 'A' : 0));
}

/* Eight bytes at once: a byte below 0x80 is a capital where one of two sums reaches 0x80 and the
 * other does not, and 0x20 makes it small. */
static inline uint64_t fold_eight(uint64_t x)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t low = x & 0x7f * each;
	uint64_t from_a = low + (0x80 - 'A') * each, behind_z = low + (0x7f - 'Z') * each;

	return x | ((from_a ^ behind_z) & ~x & 0x80 * each) >> 2;
}

static inline void fold_at(uint8_t *to, const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	memcpy(&x, p, n);
	x = fold_eight(x);
	memcpy(to, &x, n);
}

/* Fold N bytes from P to TO; the last pieces overlap, so that lengths need few branches. */
static void fold_all(uint8_t *to, const uint8_t *p, size_t n)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		fold_at(to + i, p + i, 8);
	if (n >= 8) {
		fold_at(to + n - 8, p + n - 8, 8);
	} else if (n >= 4) {
		fold_at(to, p, 4);
		fold_at(to + n - 4, p + n - 4, 4);
	} else {
		for (; i < n; i++)
			to[i] = fold(p[i]);
	}
}

bool eg_name_equal(const struct eg_name *a, const struct eg_name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

/* Append the label of N bytes at P, for which there is room, to NAME, folded; the root's is empty. */
static void add_label(struct eg_name *name, const uint8_t *p, size_t n)
{
	uint8_t *to = name->wire + name->len;

	*to++ = (uint8_t)n;
	fold_all(to, p, n);
	name->len = (uint8_t)(name->len + 1 + n);
	name->labels = (uint8_t)(name->labels + (n > 0));
}

/* How long the name at P is, of at most LEFT bytes, or 0 where it is none; *LABELS becomes how many
 * labels it has. */
static size_t measure(const uint8_t *p, size_t left, uint8_t *labels)
{
	*labels = 0;
	for (size_t at = 0; at < left && at < EG_NAME_MAX; at += 1u + p[at], ++*labels) {
		if (p[at] == 0)
			return at + 1;
		/* 0xc0: a pointer; 0x40 and 0x80: never defined, or withdrawn (RFC 6891 5). */
		if (p[at] > EG_LABEL_MAX)
			return 0;
	}
	return 0;
}

/* Lengths are folded with the rest: they are below 'A'. */
bool eg_name_take(struct eg_reader *r, struct eg_name *name)
{
	size_t n = r->bad ? 0 : measure(r->p, r->left, &name->labels);

	name->len = (uint8_t)n;
	if (n == 0) {
		r->bad = true;
		name->labels = 0;
		return false;
	}
	fold_all(name->wire, eg_take(r, n), n);
	return true;
}

static bool is_letter_or_digit(uint8_t c)
{
	c = fold(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static const char *bad_label(const char *p, size_t n)
{
	if (n == 0)
		return "an empty label";
	if (n > EG_LABEL_MAX)
		return "a label of more than 63 characters";
	if (p[0] == '-' || p[n - 1] == '-')
		return "a label that begins or ends with a hyphen";
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '*')
			return "'*' can only be the whole first label, as in *.example.org";
		if (!is_letter_or_digit((uint8_t)p[i]) && p[i] != '-' && p[i] != '_')
			return "a character that no host name has (use the A-label form)";
	}
	return NULL;
}

/* Whether the N characters at P are digits: no top-level domain is (RFC 3696 2). */
static bool all_digits(const char *p, size_t n)
{
	while (n > 0 && p[n - 1] >= '0' && p[n - 1] <= '9')
		n--;
	return n == 0;
}

/* Append the labels of the N characters at TEXT to NAME; the last is without a dot. */
static const char *parse_labels(struct eg_name *name, const char *text, size_t n)
{
	const char *why, *dot;
	size_t label;

	for (;;) {
		dot = memchr(text, '.', n);
		label = dot ? (size_t)(dot - text) : n;
		why = bad_label(text, label);
		if (why)
			return why;
		if (!dot && all_digits(text, label))
			return "an address, or a name that ends in a number";
		/* One byte must be left for the root. */
		if (name->len + 1 + label + 1 > EG_NAME_MAX)
			return "a name of more than 253 characters";
		add_label(name, (const uint8_t *)text, label);
		if (!dot)
			return NULL;
		text += label + 1;
		n -= label + 1;
	}
}

const char *eg_name_parse(struct eg_name *name, const char *text, size_t n)
{
	const char *why;

	name->len = name->labels = 0;
	if (n > 0 && text[n - 1] == '.')
		n--;
	why = parse_labels(name, text, n);
	if (why)
		name->len = name->labels = 0;
	else
		add_label(name, NULL, 0);
	return why;
}

/* Write C, one byte of a label, into TEXT. Returns how many characters that took. */
static size_t show(char *text, uint8_t c)
{
	if (is_letter_or_digit(c) || c == '-' || c == '_') {
		text[0] = (char)c;
		return 1;
	}
	text[0] = '\\';
	text[1] = (char)('0' + c / 100);
	text[2] = (char)('0' + c / 10 % 10);
	text[3] = (char)('0' + c % 10);
	return 4;
}

size_t eg_name_text(const struct eg_name *name, char text[EG_NAME_TEXT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i + 1 < name->len; i += 1u + name->wire[i]) {
		if (i > 0)
			text[len++] = '.';
		for (size_t j = 1; j <= name->wire[i]; j++)
			len += show(text + len, name->wire[i + j]);
	}
	if (len == 0)
		text[len++] = '.';
	text[len] = '\0';
	return len;
}

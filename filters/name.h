/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain names as wire labels (RFC 1035 3.1): parsed, folded, compared, shown. */
#ifndef EG_NAME_H
#define EG_NAME_H

#include "span.h"

enum {
	EG_NAME_MAX = 255,   /* bytes of wire form, the root's zero included */
	EG_NAME_SPARE = 7,   /* more, that may be read, and not written: what is in them does not count */
	EG_LABEL_MAX = 63,   /* bytes of a label, without its length */
	EG_LABELS_MAX = 127, /* labels without the root: of one byte each */
	EG_NAME_TEXT_MAX = 4 * EG_NAME_MAX + 1,
};

/* A whole name in wire form: length-prefixed labels and the root's zero, in
 * lower case (ASCII only, RFC 4343). */
struct eg_name {
	uint8_t len;    /* bytes used in wire, the root's zero included: 1 to 255 */
	uint8_t labels; /* without the root: 0 to 127 */
	uint8_t wire[EG_NAME_MAX + EG_NAME_SPARE];
};

/* The eight bytes of NAME from AT on, a multiple of eight below its length; the first is the lowest,
 * and those that are not its are 0. */
static inline uint64_t eg_name_word(const struct eg_name *name, size_t at)
{
	size_t left = name->len - at;
	uint64_t word = eg_get64le(name->wire + at);

	return left < 8 ? word & ((UINT64_C(1) << 8 * left) - 1) : word;
}

/* Take one uncompressed name from R into NAME, folded to lower case. Sets R's
 * error where it is cut short, has a compression pointer or an extended label
 * type (RFC 6891 5), or is longer than 255 bytes. Any byte may stand in a label
 * (RFC 2181 11). Returns false on error. */
bool eg_name_take(struct eg_reader *r, struct eg_name *name);

/* Parse the text of a policy, N bytes at TEXT: letters, digits, '-' and '_' in
 * labels of 1 to 63, a hyphen neither first nor last, one trailing dot allowed; no "*", no empty
 * label, no address (a last label of digits only). Returns NULL, or one short
 * reason in words for people, static. */
const char *eg_name_parse(struct eg_name *name, const char *text, size_t n);

/* Write NAME for people into TEXT, NUL-terminated, without a trailing dot ("."
 * for the root); bytes outside letters, digits, '-' and '_' as \DDD (RFC 1035
 * 5.1), so that it is harmless in every output. Returns its length. */
size_t eg_name_text(const struct eg_name *name, char text[EG_NAME_TEXT_MAX]);

/* Whether the two names are the same, byte by byte. */
bool eg_name_equal(const struct eg_name *a, const struct eg_name *b);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events as lines of JSON, as Suricata's EVE has them: see eve.c. */
#ifndef EG_EVE_H
#define EG_EVE_H

#include "record.h"

/* Room for every line: the longest names, each of their characters escaped. */
enum { EG_EVE_LINE_MAX = 16384 };

/* What the lines of one guest have in common. Strings are the caller's. */
struct eg_eve {
	const char *vm;      /* the guest's label */
	const char *capture; /* the file that packets are counted in; NULL: none */
};

/* Write record R, which the r->len bytes at BYTES belong to, into BUF as one line of ASCII without
 * its newline and without a NUL. CNT is the packet's number in the capture, 0 where it is in none.
 * Returns the line's length; 0 where R is no event (EG_RECORD_ANSWER, or its bytes are not
 * those of its kind), where memory is short, and where SIZE is too small. */
size_t eg_eve_line(const struct eg_eve *e, const struct eg_record *r, const uint8_t *bytes,
		   uint64_t cnt, char *buf, size_t size);

#endif

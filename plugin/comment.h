/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a capture says of a packet: see comment.c. */
#ifndef EG_COMMENT_H
#define EG_COMMENT_H

#include "record.h"

enum { EG_COMMENT_MAX = 2048 }; /* with its NUL */

/* Write the comment of R, whose bytes are at BYTES, into TEXT, EG_COMMENT_MAX bytes: one line of
 * printable ASCII. Returns its length, 0 where R is no packet of a capture. */
size_t eg_comment(const struct eg_record *r, const uint8_t *bytes, char *text);

#endif

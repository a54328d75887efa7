/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that somebody else wrote, made harmless once, where it comes in. */
#ifndef EG_PLAIN_H
#define EG_PLAIN_H

#include "span.h"

/* Write the N bytes at P into OUT, ROOM bytes (4 or more), as printable ASCII and NUL-terminated:
 * each byte that is none becomes \xNN, and what does not fit is replaced by "...". So neither a
 * terminal's control sequences nor a change of writing direction nor broken UTF-8 gets any further;
 * what an output gives a meaning of its own (quotes, "<") is that output's. Returns the length. */
size_t eg_plain(char *out, size_t room, const void *p, size_t n);

#endif

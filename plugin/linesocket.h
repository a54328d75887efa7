/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines for whoever listens on a Unix socket: see linesocket.c. */
#ifndef EG_LINESOCKET_H
#define EG_LINESOCKET_H

#include "refusal.h"

#include <stdbool.h>
#include <stdint.h>

enum { EG_LINESOCKET_ROOM = 256 * 1024 }; /* bytes of lines that may wait */

struct eg_linesocket;

/* Connect to who listens at PATH: to a stream, or where it is one to a datagram socket. Returns 0
 * and *OUT (the caller's, to close), or a negative errno and the reason in WHY. Refused: a path
 * that no socket can have, and one where nobody listens. */
int eg_linesocket_open(struct eg_linesocket **out, const char *path, const struct eg_refusal *why);

/* Take the LEN bytes of LINE, its newline included, to be sent in their turn. Returns false, and
 * takes nothing, where there is no room: from then on until a flush leaves half of it free, so
 * that what is missing is missing in one piece. Sends nothing. */
bool eg_linesocket_put(struct eg_linesocket *s, const char *line, size_t len);

/* Send what the other end takes now. Where it is gone, look for a new one, once a second at
 * most. Never waits. Returns how many lines were given up, because no datagram can hold them. */
unsigned eg_linesocket_flush(struct eg_linesocket *s);

/* Whether there is something left to send, for which a flush is worth while in a second. */
bool eg_linesocket_waiting(const struct eg_linesocket *s);

/* Send what is left for 200 ms at most, and close S; NULL is fine. Returns how many lines
 * did not get out. */
uint64_t eg_linesocket_close(struct eg_linesocket *s);

#endif

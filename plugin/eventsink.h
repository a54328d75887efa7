/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the lines of events go, a file or a socket: see eventsink.c. */
#ifndef EG_EVENTSINK_H
#define EG_EVENTSINK_H

#include "refusal.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { EG_EVENTSINK_LINE_MAX = 16384 }; /* bytes, without the newline */

struct eg_eventsink_options {
	const char *to; /* the file, or "unix:" and the socket's path */
	off_t limit;    /* of a file, and kept: see struct eg_append_options */
	unsigned kept;
	/* Write into BUF, SIZE bytes, a line without its newline that says that COUNT lines are
	 * missing. Returns its length. Called with CTX from within put and close; must not call
	 * back. */
	size_t (*missing)(void *ctx, uint64_t count, char *buf, size_t size);
	void *ctx;
};

struct eg_eventsink;

/* Open where O->to says. Returns 0 and *OUT (the caller's, to close), or a negative errno and the
 * reason in WHY. Refused: what eg_appendfile_open or eg_linesocket_open refuses. */
int eg_eventsink_open(struct eg_eventsink **out, const struct eg_eventsink_options *o,
		      const struct eg_refusal *why);

/* Add the LEN bytes of LINE, EG_EVENTSINK_LINE_MAX at most, which have no newline in them. Where
 * lines before it got lost, one that says so goes before it. Waits for no socket. */
void eg_eventsink_put(struct eg_eventsink *s, const char *line, size_t len);

/* Hand on all that was put, as far as it is taken now. Waits for no socket. */
void eg_eventsink_flush(struct eg_eventsink *s);

/* Whether a flush is worth while in a second, though nothing be put until then. */
bool eg_eventsink_waiting(const struct eg_eventsink *s);

/* Flush, wait for a slow socket for 200 ms at most, and close S; NULL is fine. Returns how many
 * lines were lost since it was opened. */
uint64_t eg_eventsink_close(struct eg_eventsink *s);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far it is: a line on stderr that is written over again and again. */
#ifndef EG_PROGRESS_H
#define EG_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct eg_progress {
	bool on;       /* asked for, or stderr is a terminal */
	bool terminal; /* the line is written over, and goes away in the end */
	bool shown;
	uint64_t next; /* ms of the monotonic clock: not before */
};

/* FORCED: on whatever stderr is. */
void eg_progress_init(struct eg_progress *p, bool forced);

/* Say that DONE of TOTAL bytes (0: not known) of NAME (printable ASCII) are read; several times a
 * second at most. */
void eg_progress_show(struct eg_progress *p, const char *name, uint64_t done, uint64_t total);

/* Take the line away, for something else to be written. */
void eg_progress_clear(struct eg_progress *p);

#endif

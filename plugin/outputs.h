/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where records go: a capture, and lines of events. See outputs.c. */
#ifndef EG_OUTPUTS_H
#define EG_OUTPUTS_H

#include "batch.h"

#include <sys/types.h>

struct eg_outputs_options {
	const char *log;    /* the capture; NULL: none */
	const char *events; /* where lines go: see eventsink.h; NULL: nowhere */
	const char *label;  /* the guest's */
	off_t limit;        /* bytes in a file */
	unsigned kept;      /* finished files */
};

/* What the capture lacks. (What the events lack is said in them.) */
struct eg_outputs_loss {
	uint64_t frames; /* blocked frames */
	uint64_t summed; /* blocked frames that a summary counted which is not in it */
	int error;       /* why, a negative errno */
};

struct eg_outputs;

/* Returns 0 and *OUT (the caller's), or a negative errno, with one line said on stderr. Not
 * thread-safe: one caller at a time. */
int eg_outputs_open(struct eg_outputs **out, const struct eg_outputs_options *o);

/* Write the records of B and flush; their numbers are set. Returns what got lost of them. */
struct eg_outputs_loss eg_outputs_write(struct eg_outputs *o, struct eg_batch *b);

/* Once a second, though there be nothing to write: what a reader of events did not take then. */
void eg_outputs_tick(struct eg_outputs *o);

/* What the statistics in the capture say from now on: frames blocked, and those not in it. */
void eg_outputs_count(struct eg_outputs *o, uint64_t received, uint64_t dropped);

/* End and close all; where events got lost, one line on stderr says how many. NULL is fine. */
void eg_outputs_close(struct eg_outputs *o);

#endif

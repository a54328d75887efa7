/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of what was blocked: a sampler, a queue, a writer thread, files. See recorder.c. */
#ifndef EG_RECORDER_H
#define EG_RECORDER_H

#include "pipeline.h"
#include "record.h"

#include <sys/types.h>

/* Blocked frames: each is in one of the three. One that waits in the queue is recorded until it
 * turns out to be lost. */
struct eg_recorder_counts {
	uint64_t recorded;
	uint64_t suppressed; /* counted, and told in sum */
	uint64_t lost;       /* the disk did not take it, or the sum that counted it */
};

struct eg_recorder;

struct eg_recorder_options {
	const char *log;    /* the capture; NULL: none */
	const char *events; /* where lines of events go: see eventsink.h; NULL: nowhere */
	const char *label;  /* the guest's */
	off_t limit;        /* bytes in a file */
	unsigned kept;      /* finished files */
	unsigned sample;    /* frames recorded whole: see sample.h; 0: all */
	size_t flows;       /* that may live at once */
	struct eg_seed seed;
	const char *mode, *action; /* what the events say that it does */
	/* Fill in passed and blocked, and have eg_recorder_count, of the same moment, fill in the
	 * rest. Called with CTX by the writer, now and then and as the last of all; may wait for a
	 * lock under which reports are made. NULL: no statistics. */
	void (*stats)(void *ctx, struct eg_recorder *r, struct eg_record_stats *s);
	void *ctx;
};


/* Start recording. Returns 0 and *OUT (the caller's), or a negative errno, with one line said on
 * stderr. */
int eg_recorder_open(struct eg_recorder **out, const struct eg_recorder_options *o);

/* Record REPORT. Never waits for a disk: what does not fit into the queue is counted as
 * suppressed. Any thread. NULL as recorder records nothing. */
void eg_recorder_report(struct eg_recorder *r, const struct eg_report *report);

/* The flows that are reported to end from now on do so because the host ends. */
void eg_recorder_ending(struct eg_recorder *r);

/* Exact at any time, between two reports. Any thread. */
void eg_recorder_count(struct eg_recorder *r, struct eg_recorder_counts *counts);

/* Write what is queued and what was counted, end the thread and close the files; where frames were
 * lost, one line on stderr says how many. NULL is fine. */
void eg_recorder_close(struct eg_recorder *r);

#endif

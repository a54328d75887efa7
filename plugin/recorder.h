/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of blocked frames: a queue, a writer thread, a capture file. */
#ifndef EG_RECORDER_H
#define EG_RECORDER_H

#include <stddef.h>
#include <stdint.h>

struct eg_recorder;

/* Start recording to PATH. Returns 0 and *OUT (the caller's), or a negative errno,
 * with one line said on stderr. */
int eg_recorder_open(struct eg_recorder **out, const char *path);

/* Record the LEN bytes at FRAME as of AGE ms ago. Never waits for a disk: what does not
 * fit into the queue is counted as lost. Any thread. NULL as recorder records nothing. */
void eg_recorder_put(struct eg_recorder *r, const uint8_t *frame, size_t len, uint64_t age);

/* Write what is queued, end the thread and close the file; where frames were
 * lost, one line on stderr says how many. NULL is fine. */
void eg_recorder_close(struct eg_recorder *r);

#endif

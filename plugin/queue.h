/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bounded queue of recorded frames between a frame's path and the writer: see queue.c. */
#ifndef EG_QUEUE_H
#define EG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { EG_QUEUE_SIZE = 1 << 20 };

struct eg_queue;

struct eg_queue_item {
	struct timespec when; /* wall clock */
	uint32_t len;         /* the frame's length */
};

/* A queue of EG_QUEUE_SIZE bytes, or NULL where memory is short. The caller's. */
struct eg_queue *eg_queue_new(void);
void eg_queue_free(struct eg_queue *q); /* NULL is fine; nobody may be in it any more */

/* Put a frame of LEN bytes. Returns false, and takes nothing, where it does not fit now. Any
 * thread; never waits for more than another put or take that copies a frame. */
bool eg_queue_put(struct eg_queue *q, const struct timespec *when, const uint8_t *frame,
		  size_t len);

/* Take the oldest frame into BUF (EG_QUEUE_SIZE bytes) and ITEM. Where there is
 * none: waits if WAIT, until there is one or the queue is closed. Returns false
 * where it took nothing. */
bool eg_queue_take(struct eg_queue *q, struct eg_queue_item *item, uint8_t *buf, bool wait);

/* Wake the taker for the last time: what is in the queue can still be taken. */
void eg_queue_close(struct eg_queue *q);

#endif

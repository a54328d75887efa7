/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bounded queue of records between a frame's path and the writer: see queue.c. */
#ifndef EG_QUEUE_H
#define EG_QUEUE_H

#include "batch.h"

enum { EG_QUEUE_SIZE = 1 << 20 };

struct eg_queue;

/* A record on its way in: both are copied. */
struct eg_queued {
	struct eg_record record;
	const void *bytes; /* record.len */
};

/* A queue of EG_QUEUE_SIZE bytes, or NULL where memory is short. The caller's. */
struct eg_queue *eg_queue_new(void);
void eg_queue_free(struct eg_queue *q); /* NULL is fine; nobody may be in it any more */

/* Put N records, one directly behind the other. Returns false, and takes none, where not all fit
 * now. Any thread; never waits for more than another put that copies. */
bool eg_queue_put(struct eg_queue *q, const struct eg_queued *records, size_t n);

/* Take all that there is: waits up to MS for something to come. Returns the records (none where
 * nothing came), the taker's until it takes again; NULL once the queue is closed and all was taken.
 */
struct eg_batch *eg_queue_take(struct eg_queue *q, unsigned ms);

/* Wake the taker for the last time: what is in the queue can still be taken. */
void eg_queue_close(struct eg_queue *q);

#endif

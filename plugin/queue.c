/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The queue between a frame's path and the writer.
 *
 * A ring of bytes: each item is its header and its frame, wrapped around the end
 * where need be. Both sides hold the lock for one copy of one frame, and nobody
 * writes to a disk under it, so that a frame's verdict never waits for one.
 */
#include "queue.h"

#include "ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct eg_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct eg_ring ring;
	bool closed;
	uint8_t bytes[EG_QUEUE_SIZE];
};

struct eg_queue *eg_queue_new(void)
{
	struct eg_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->ring = eg_ring(q->bytes, sizeof(q->bytes));
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	return q;
}

void eg_queue_free(struct eg_queue *q)
{
	if (!q)
		return;
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

bool eg_queue_put(struct eg_queue *q, const struct timespec *when, const uint8_t *frame, size_t len)
{
	struct eg_queue_item item;
	bool fits, first = false;

	memset(&item, 0, sizeof(item));
	item.when = *when;
	item.len = (uint32_t)len;
	pthread_mutex_lock(&q->lock);
	fits = len <= EG_QUEUE_SIZE && sizeof(item) + len <= eg_ring_room(&q->ring);
	if (fits) {
		first = q->ring.used == 0;
		eg_ring_write(&q->ring, &item, sizeof(item));
		eg_ring_write(&q->ring, frame, len);
	}
	pthread_mutex_unlock(&q->lock);
	if (first)
		pthread_cond_signal(&q->filled);
	return fits;
}

bool eg_queue_take(struct eg_queue *q, struct eg_queue_item *item, uint8_t *buf, bool wait)
{
	bool some;

	pthread_mutex_lock(&q->lock);
	while (wait && q->ring.used == 0 && !q->closed)
		pthread_cond_wait(&q->filled, &q->lock);
	some = q->ring.used > 0;
	if (some) {
		eg_ring_read(&q->ring, item, sizeof(*item));
		eg_ring_read(&q->ring, buf, item->len);
	}
	pthread_mutex_unlock(&q->lock);
	return some;
}

void eg_queue_close(struct eg_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_mutex_unlock(&q->lock);
	pthread_cond_signal(&q->filled);
}

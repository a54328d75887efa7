/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The queue between a frame's path and the writer.
 *
 * A ring of bytes: each item is its header and its frame, wrapped around the end
 * where need be. Both sides hold the lock for one copy of one frame, and nobody
 * writes to a disk under it, so that a frame's verdict never waits for one.
 */
#include "queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct eg_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	size_t head; /* where the oldest item starts */
	size_t used; /* bytes */
	bool closed;
	uint8_t ring[EG_QUEUE_SIZE];
};

struct eg_queue *eg_queue_new(void)
{
	struct eg_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
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

/* Append N bytes at SRC; there is room. */
static void ring_write(struct eg_queue *q, const void *src, size_t n)
{
	size_t at = (q->head + q->used) % EG_QUEUE_SIZE;
	size_t first = n < EG_QUEUE_SIZE - at ? n : EG_QUEUE_SIZE - at;

	memcpy(q->ring + at, src, first);
	memcpy(q->ring, (const uint8_t *)src + first, n - first);
	q->used += n;
}

/* Remove N bytes to DST; they are there. */
static void ring_read(struct eg_queue *q, void *dst, size_t n)
{
	size_t first = n < EG_QUEUE_SIZE - q->head ? n : EG_QUEUE_SIZE - q->head;

	memcpy(dst, q->ring + q->head, first);
	memcpy((uint8_t *)dst + first, q->ring, n - first);
	q->head = (q->head + n) % EG_QUEUE_SIZE;
	q->used -= n;
}

bool eg_queue_put(struct eg_queue *q, const struct timespec *when, const uint8_t *frame, size_t len)
{
	struct eg_queue_item item;
	bool fits, first = false;

	memset(&item, 0, sizeof(item));
	item.when = *when;
	item.len = (uint32_t)len;
	pthread_mutex_lock(&q->lock);
	fits = len <= EG_QUEUE_SIZE && sizeof(item) + len <= EG_QUEUE_SIZE - q->used;
	if (fits) {
		first = q->used == 0;
		ring_write(q, &item, sizeof(item));
		ring_write(q, frame, len);
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
	while (wait && q->used == 0 && !q->closed)
		pthread_cond_wait(&q->filled, &q->lock);
	some = q->used > 0;
	if (some) {
		ring_read(q, item, sizeof(*item));
		ring_read(q, buf, item->len);
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

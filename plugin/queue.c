/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The queue between a frame's path and the writer.
 *
 * Two batches: one is filled while the other is with the writer, who takes the full one for its
 * empty one. So a put holds the lock for a copy of one frame, a take for the exchange of two
 * pointers, and nobody writes to a disk under it: a frame's verdict never waits for one.
 */
#include "queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct eg_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct eg_batch batches[2];
	unsigned filling; /* which of the two */
	bool closed;
};

struct eg_queue *eg_queue_new(void)
{
	struct eg_queue *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;

	if (!q)
		return NULL;
	for (int i = 0; i < 2; i++) {
		q->batches[i].bytes = malloc(EG_QUEUE_SIZE);
		q->batches[i].size = EG_QUEUE_SIZE;
	}
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->filled, &attr);
	pthread_condattr_destroy(&attr);
	if (q->batches[0].bytes && q->batches[1].bytes)
		return q;
	eg_queue_free(q);
	return NULL;
}

void eg_queue_free(struct eg_queue *q)
{
	if (!q)
		return;
	/* Not destroyed: that waits for who waits, and holds nothing. vdens runs the guest's side in a
	 * process that shares memory with the one that our thread is in; where that one was killed,
	 * the thread died waiting, and closing would never end. */
	pthread_mutex_destroy(&q->lock);
	free(q->batches[0].bytes);
	free(q->batches[1].bytes);
	free(q);
}

bool eg_queue_put(struct eg_queue *q, const struct eg_queued *records, size_t n)
{
	struct eg_batch *b;
	size_t before;
	bool all = true;

	pthread_mutex_lock(&q->lock);
	b = &q->batches[q->filling];
	before = b->used;
	for (size_t i = 0; i < n && all; i++)
		all = eg_batch_add(b, &records[i].record, records[i].bytes);
	if (!all)
		b->used = before;
	pthread_mutex_unlock(&q->lock);
	if (all && before == 0)
		pthread_cond_signal(&q->filled);
	return all;
}

/* The moment MS from now. */
static struct timespec in_ms(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

struct eg_batch *eg_queue_take(struct eg_queue *q, unsigned ms)
{
	const struct timespec end = in_ms(ms);
	struct eg_batch *b;
	int rc = 0;

	pthread_mutex_lock(&q->lock);
	while (q->batches[q->filling].used == 0 && !q->closed && !rc)
		rc = pthread_cond_timedwait(&q->filled, &q->lock, &end);
	b = &q->batches[q->filling];
	if (b->used == 0 && q->closed) {
		b = NULL;
	} else {
		q->filling = !q->filling;
		q->batches[q->filling].used = 0;
	}
	pthread_mutex_unlock(&q->lock);
	return b;
}

void eg_queue_close(struct eg_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_mutex_unlock(&q->lock);
	pthread_cond_signal(&q->filled);
}

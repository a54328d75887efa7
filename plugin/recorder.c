/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recorder: blocked frames go to disk off the frame's path.
 *
 * Purpose. A verdict must not wait for a disk, and a record must survive the
 * host's sudden death. So a frame is copied into a bounded queue, and a thread
 * writes: it drains the queue into the capture's buffer and flushes as soon as
 * the queue is empty or BATCH frames are together. What was blocked is with the
 * kernel, where a SIGKILL no longer reaches it, within the time it takes
 * to wake a thread.
 *
 * Invariants. Every frame put is written, or counted in lost. The thread takes no
 * signals: they are the host's. It ends in eg_recorder_close, never later.
 *
 * Fails how. A full disk: the batch is cut off again, counted, and the next one
 * tried. A full queue: counted.
 */
#include "recorder.h"

#include "capture.h"
#include "complain.h"
#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 }; /* frames between two flushes at most */

struct eg_recorder {
	struct eg_queue *queue;
	struct eg_capture *file;
	pthread_t writer;
	char *path;
	atomic_ullong lost;
	int last_error; /* the writer's: negative errno of the last write that failed */
	uint8_t frame[EG_QUEUE_SIZE];
};

static void settled(void *recorder, unsigned n, uint64_t first, int error)
{
	struct eg_recorder *r = recorder;

	if (first)
		return;
	r->last_error = error;
	atomic_fetch_add(&r->lost, n);
}

/* Write what is queued, up to BATCH frames, and flush. Returns false once the
 * queue is closed and empty. */
static bool write_batch(struct eg_recorder *r)
{
	struct eg_queue_item item;
	unsigned n = 0;

	while (n < BATCH && eg_queue_take(r->queue, &item, r->frame, n == 0)) {
		const struct eg_packet packet = {
			.when = item.when,
			.bytes = r->frame,
			.len = item.len,
		};

		eg_capture_put(r->file, &packet);
		n++;
	}
	if (n == 0)
		return false;
	eg_capture_flush(r->file);
	return true;
}

static void *write_all(void *recorder)
{
	while (write_batch(recorder))
		;
	return NULL;
}

/* Start the writer with all signals blocked. Returns 0 or a negative errno. */
static int start_writer(struct eg_recorder *r)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&r->writer, NULL, write_all, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rc;
}

static void release(struct eg_recorder *r)
{
	eg_capture_close(r->file);
	eg_queue_free(r->queue);
	free(r->path);
	free(r);
}

static int open_capture(struct eg_recorder *r, const struct eg_refusal *why)
{
	const struct eg_append_options o = {
		.path = r->path,
		.settled = settled,
		.ctx = r,
	};

	return eg_capture_open(&r->file, &o, "guest", why);
}

int eg_recorder_open(struct eg_recorder **out, const char *path)
{
	struct eg_recorder *r = calloc(1, sizeof(*r));
	char error[128] = "no memory for it";
	int rc = -ENOMEM;

	if (r) {
		r->path = strdup(path);
		r->queue = eg_queue_new();
	}
	if (r && r->path && r->queue)
		rc = open_capture(r, &(struct eg_refusal){ error, sizeof(error) });
	if (!rc) {
		rc = start_writer(r);
		if (rc)
			snprintf(error, sizeof(error), "no thread for it: %s", strerror(-rc));
	}
	if (rc) {
		eg_complain("log %s: %s", path, error);
		if (r)
			release(r);
		return rc;
	}
	*out = r;
	return 0;
}

void eg_recorder_put(struct eg_recorder *r, const uint8_t *frame, size_t len, uint64_t age)
{
	struct timespec when;

	if (!r)
		return;
	clock_gettime(CLOCK_REALTIME, &when);
	when.tv_sec -= (time_t)(age / 1000);
	when.tv_nsec -= (long)(age % 1000) * 1000000;
	if (when.tv_nsec < 0) {
		when.tv_nsec += 1000000000;
		when.tv_sec--;
	}
	if (!eg_queue_put(r->queue, &when, frame, len))
		atomic_fetch_add(&r->lost, 1);
}

void eg_recorder_close(struct eg_recorder *r)
{
	unsigned long long lost;

	if (!r)
		return;
	eg_queue_close(r->queue);
	pthread_join(r->writer, NULL);
	lost = atomic_load(&r->lost);
	if (lost)
		eg_complain("log %s: %llu blocked frames are not in it: %s", r->path, lost,
			    r->last_error ? strerror(-r->last_error)
					  : "they came faster than it could be written");
	release(r);
}

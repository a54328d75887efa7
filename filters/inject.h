/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames that the filter itself sends, beside the one that it judges: resets of connections that
 * it forgets, answers to more than one client.
 *
 * A queue of bytes for each direction, taken when the pipeline is made. Frames wait in it until the
 * caller of the pipeline takes them (eg_pipeline_take_injected); what has no room is not queued,
 * and its sender is told so.
 */
#ifndef EG_INJECT_H
#define EG_INJECT_H

#include "frame.h"
#include "ring.h"

enum { EG_INJECT_SIZE = 64 * 1024 }; /* bytes for each direction: some 800 resets */

struct eg_injects {
	struct eg_ring rings[2]; /* by enum eg_dir */
	uint8_t bytes[2][EG_INJECT_SIZE];
};

/* Empty queues, or NULL (out of memory). Owned by the caller. */
struct eg_injects *eg_injects_new(void);
void eg_injects_free(struct eg_injects *b); /* NULL is fine */

/* Queue the LEN bytes at FRAME (at most EG_FRAME_MAX). It leaves as if it came from DIR:
 * EG_FROM_GUEST goes to the network. Returns false, with nothing queued, where there is no room. */
bool eg_inject(struct eg_injects *b, enum eg_dir dir, const uint8_t *frame, size_t len);

/* Whether a frame of LEN bytes from DIR has room. */
bool eg_inject_has_room(const struct eg_injects *b, enum eg_dir dir, size_t len);

/* Whether a frame from DIR waits. */
static inline bool eg_inject_waits(const struct eg_injects *b, enum eg_dir dir)
{
	return b->rings[dir].used > 0;
}

/* Move the oldest frame from DIR to OUT. Returns its length, 0 where none waits. */
size_t eg_inject_take(struct eg_injects *b, enum eg_dir dir, uint8_t out[EG_FRAME_MAX]);

#endif

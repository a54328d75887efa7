/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that two files tell of: an event says when a packet was sent and its number in the
 * capture, and the packet with that number and that time is the same frame. */
#ifndef EG_TWINS_H
#define EG_TWINS_H

#include "siphash.h"
#include "span.h"

enum { EG_TWINS_MAX = 3 << 20 };

/* A set of such pairs. To start: zero everything but seed. */
struct eg_twins {
	struct eg_seed seed;
	uint64_t *slots; /* owned: eg_twins_free */
	size_t count, room;
};

void eg_twins_free(struct eg_twins *t);

/* Remember the packet with NUMBER of time NS, of which microseconds count. Returns false where
 * there is no room for it. */
bool eg_twins_add(struct eg_twins *t, uint64_t ns, uint64_t number);

/* Whether it was remembered. */
bool eg_twins_has(const struct eg_twins *t, uint64_t ns, uint64_t number);

#endif

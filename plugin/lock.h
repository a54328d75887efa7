/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lock for what is nearly never waited for.
 *
 * Purpose. Most hosts send and receive from one thread, and pay for a lock at each frame all the
 * same. This one costs one atomic exchange, where a mutex costs two: it is given back with a plain
 * store, as nobody has to be woken. Who has to wait looks again, first at once and then after
 * pauses that let others run, whatever their priority.
 *
 * Limits. Not fair; not for what is held longer than a frame takes to judge.
 */
#ifndef EG_LOCK_H
#define EG_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

struct eg_lock {
	atomic_bool taken; /* all zero is a lock that is free */
};

/* Wait for L, and take it. */
void eg_lock_wait(struct eg_lock *l);

static inline void eg_lock_take(struct eg_lock *l)
{
	if (atomic_exchange_explicit(&l->taken, true, memory_order_acquire))
		eg_lock_wait(l);
}

/* By who took it. */
static inline void eg_lock_give(struct eg_lock *l)
{
	atomic_store_explicit(&l->taken, false, memory_order_release);
}

#endif

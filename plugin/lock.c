/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lock.h"

#include <time.h>

enum { LOOKS = 100, PAUSE_NS = 20000 };

void eg_lock_wait(struct eg_lock *l)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };

	for (;;) {
		for (int i = 0; i < LOOKS; i++)
			if (!atomic_load_explicit(&l->taken, memory_order_relaxed) &&
			    !atomic_exchange_explicit(&l->taken, true, memory_order_acquire))
				return;
		nanosleep(&pause, NULL);
	}
}

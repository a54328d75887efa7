/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A timerfd(2), set anew only where the moment changes. */
#include "ticker.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* CLOCK_MONOTONIC_COARSE is late by one tick of the kernel's at most: 10 ms where HZ is 100. */
enum { LATE = 20 };

int eg_ticker_open(struct eg_ticker *t)
{
	atomic_init(&t->moment, UINT64_MAX);
	t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return t->fd < 0 ? -errno : 0;
}

void eg_ticker_close(struct eg_ticker *t)
{
	if (t->fd >= 0)
		close(t->fd);
}

/* A moment that has passed is as good as now; the descriptor stays readable until another is set.
 */
void eg_ticker_set(struct eg_ticker *t, uint64_t moment, uint64_t now)
{
	uint64_t ms = (moment > now ? moment - now : 0) + LATE;
	struct itimerspec spec = { 0 };

	if (moment == atomic_load_explicit(&t->moment, memory_order_relaxed))
		return;
	if (moment != UINT64_MAX) {
		spec.it_value.tv_sec = (time_t)(ms / 1000);
		spec.it_value.tv_nsec = (long)(ms % 1000) * 1000000;
	}
	(void)timerfd_settime(t->fd, 0, &spec, NULL);
	atomic_store_explicit(&t->moment, moment, memory_order_relaxed);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A wake-up for what is due though no frame comes: a connection that ends, and must be ended at its
 * other end, too.
 *
 * A descriptor that the host polls along with the others becomes readable some time after the
 * moment that was set, so that the coarse clock that frames are judged by has passed it by then.
 * Nothing is set while nothing is due: a host that idles is left alone.
 */
#ifndef EG_TICKER_H
#define EG_TICKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct eg_ticker {
	int fd;               /* -1: not open */
	atomic_ullong moment; /* what is set, ms; UINT64_MAX: nothing */
};

/* Open T. Returns 0 or a negative errno. */
int eg_ticker_open(struct eg_ticker *t);
void eg_ticker_close(struct eg_ticker *t); /* one that is not open is fine */

/* Have the descriptor wake the host when it is MOMENT (ms, by eg_clock_ms; UINT64_MAX: never), as
 * of NOW. One caller at a time. */
void eg_ticker_set(struct eg_ticker *t, uint64_t moment, uint64_t now);

/* Whether what was set is due at NOW. Any thread may ask at any time. */
static inline bool eg_ticker_is_due(struct eg_ticker *t, uint64_t now)
{
	return now >= atomic_load_explicit(&t->moment, memory_order_relaxed);
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EG_CLOCK_H
#define EG_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds on a clock that costs no system call and never goes back. */
static inline uint64_t eg_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#endif

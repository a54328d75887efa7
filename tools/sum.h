/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of numbers that somebody else wrote. */
#ifndef EG_SUM_H
#define EG_SUM_H

#include <stdint.h>

/* A + B, or the largest number. */
static inline uint64_t eg_sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif

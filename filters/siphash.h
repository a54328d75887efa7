/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SipHash-1-3 (Aumasson and Bernstein 2012): a keyed hash that a guest who does
 * not know the key cannot make collide. */
#ifndef EG_SIPHASH_H
#define EG_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct eg_seed {
	uint64_t k0, k1;
};

/* The 64-bit hash of N bytes at P under SEED. */
uint64_t eg_siphash13(const struct eg_seed *seed, const void *p, size_t n);

#endif

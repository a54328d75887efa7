/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SipHash-1-3: one round for each eight bytes, three to finish. The variant with
 * fewer rounds is what hash tables use (SipHash-2-4 is for message
 * authentication): an attacker sees no hash value here, only whether look-ups
 * are slow.
 *
 * Reference: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
 */
#include "siphash.h"

/* Eight bytes as a little-endian number; compilers make one load of it. */
static inline uint64_t load(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	       (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

uint64_t eg_siphash13(const struct eg_seed *seed, const void *p, size_t n)
{
	struct eg_sip s = eg_sip_begin(seed);
	const uint8_t *b = p;
	uint64_t last = (uint64_t)n << 56;
	size_t left = n;

	for (; left >= 8; left -= 8, b += 8)
		eg_sip_take(&s, load(b));
	while (left-- > 0)
		last |= (uint64_t)b[left] << 8 * left;
	return eg_sip_end(&s, last);
}

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

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	s->v0 ^= m;
}

/* Eight bytes as a little-endian number; compilers make one load of it. */
static inline uint64_t sip_load(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	       (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

uint64_t eg_siphash13(const struct eg_seed *seed, const void *p, size_t n)
{
	struct sip s = { .v0 = seed->k0 ^ 0x736f6d6570736575,
			 .v1 = seed->k1 ^ 0x646f72616e646f6d,
			 .v2 = seed->k0 ^ 0x6c7967656e657261,
			 .v3 = seed->k1 ^ 0x7465646279746573 };
	const uint8_t *b = p;
	uint64_t last = (uint64_t)n << 56; /* and what is left of the message */
	size_t left = n;

	for (; left >= 8; left -= 8, b += 8)
		sip_word(&s, sip_load(b));
	while (left-- > 0)
		last |= (uint64_t)b[left] << 8 * left;
	sip_word(&s, last);
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

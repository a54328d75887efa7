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

/* N bytes (at most 8) as a little-endian number. With a constant N compilers
 * make one load of it. */
static inline uint64_t sip_load(const uint8_t *p, size_t n)
{
	uint64_t m = 0;

	for (size_t i = 0; i < n; i++)
		m |= (uint64_t)p[i] << 8 * i;
	return m;
}

uint64_t eg_siphash13(const struct eg_seed *seed, const void *p, size_t n)
{
	struct sip s = { .v0 = seed->k0 ^ 0x736f6d6570736575,
			 .v1 = seed->k1 ^ 0x646f72616e646f6d,
			 .v2 = seed->k0 ^ 0x6c7967656e657261,
			 .v3 = seed->k1 ^ 0x7465646279746573 };
	const uint8_t *b = p;
	size_t left = n;

	for (; left >= 8; left -= 8, b += 8)
		sip_word(&s, sip_load(b, 8));
	sip_word(&s, sip_load(b, left) | (uint64_t)n << 56);
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

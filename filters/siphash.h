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

/* The same, word by word, for who has the words at hand: begin, take each eight bytes of the
 * message (the first is the lowest of the word), and end with what is left of it, and its
 * length in the highest byte. */
struct eg_sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t eg_sip_turn(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void eg_sip_round(struct eg_sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = eg_sip_turn(s->v1, 13) ^ s->v0;
	s->v3 = eg_sip_turn(s->v3, 16) ^ s->v2;
	s->v0 = eg_sip_turn(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = eg_sip_turn(s->v1, 17) ^ s->v2;
	s->v3 = eg_sip_turn(s->v3, 21) ^ s->v0;
	s->v2 = eg_sip_turn(s->v2, 32);
}

static inline struct eg_sip eg_sip_begin(const struct eg_seed *seed)
{
	return (struct eg_sip){ .v0 = seed->k0 ^ 0x736f6d6570736575,
				.v1 = seed->k1 ^ 0x646f72616e646f6d,
				.v2 = seed->k0 ^ 0x6c7967656e657261,
				.v3 = seed->k1 ^ 0x7465646279746573 };
}

static inline void eg_sip_take(struct eg_sip *s, uint64_t word)
{
	s->v3 ^= word;
	eg_sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t eg_sip_end(struct eg_sip *s, uint64_t last)
{
	eg_sip_take(s, last);
	s->v2 ^= 0xff;
	eg_sip_round(s);
	eg_sip_round(s);
	eg_sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

#endif

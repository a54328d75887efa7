/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Eight bytes at a time, without branches. */
#include "dnscase.h"

enum { WORD = 8 };

static const uint64_t ones = UINT64_C(0x0101010101010101);

/* For each byte of WORD that is a lower case letter the bit by which its capital differs, 0x20. */
static inline uint64_t letters_of(uint64_t word)
{
	uint64_t low = word & 0x7f * ones;
	uint64_t from_a = low + (0x80 - 'a') * ones, after_z = low + (0x7f - 'z') * ones;

	return ((from_a ^ after_z) & ~word & 0x80 * ones) >> 2;
}

static inline uint64_t turned(uint64_t word, size_t bits)
{
	return word << bits | word >> (64 - bits) % 64;
}

void eg_dnscase_toss(const struct eg_name *name, const uint64_t random[EG_DNSCASE_NUMBERS],
		     uint8_t *to)
{
	for (size_t i = 0; i < name->len; i += WORD) {
		uint64_t word = eg_name_word(name, i);

		/* A word takes every eighth bit: those that the turn brings to where it looks. */
		word ^= letters_of(word) & turned(random[i / 64], i / WORD % WORD);
		eg_put64le(to + i, word);
	}
}

void eg_dnscase_keep(struct eg_dnscase *c, const struct eg_name *name, const uint8_t *raw)
{
	for (size_t i = 0; i < name->len; i += WORD) {
		size_t left = name->len - i;
		uint8_t part[WORD] = { 0 };
		uint64_t word;

		memcpy(part, raw + i, left < WORD ? left : WORD);
		/* Bit 5 of byte n becomes bit n of a byte. */
		word = (eg_get64le(part) ^ eg_name_word(name, i)) >> 5 & ones;
		c->upper[i / WORD] = (uint8_t)(word * UINT64_C(0x0102040810204080) >> 56);
	}
}

void eg_dnscase_restore(const struct eg_dnscase *c, const struct eg_name *name, uint8_t *raw)
{
	for (size_t i = 0; i < name->len; i++) {
		unsigned upper = c->upper[i / 8] >> i % 8 & 1;

		raw[i] = (uint8_t)(name->wire[i] - upper * ('a' - 'A'));
	}
}

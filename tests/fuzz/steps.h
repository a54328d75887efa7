/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input of the targets that play sequences: one byte of options, then steps.
 *
 *   kind (1 byte) | time that passes before it (1, see steps_ms) | length (2) | bytes
 *
 * A step whose length lies is cut to what is there, so that every input means something.
 */
#ifndef STEPS_H
#define STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum step_kind {
	STEP_GUEST, /* a frame of the guest's, as it is */
	STEP_FIXED, /* the same, its checksums made right */
	STEP_LIVE,  /* the same, in a live connection: number, how far SEQ and ACK are off, frame */
	STEP_HOST,  /* what the host does: see net.h */
	STEP_ASK,   /* the guest opens a TCP connection: flags (STEP_ASK_), port */
	STEP_NETWORK, /* a frame of the network's (pipeline.c alone) */
	STEP_KINDS
};

enum {
	STEP_OPTION_RESOLVE = 1,
	STEP_OPTION_DROP = 2,
	STEP_OPTION_MUTE = 4,
	STEP_OPTION_ALLOW = 8,
	STEP_OPTION_KEEP = 16, /* the guest accepts, and says nothing that helps */
	STEP_OPTIONS = 32
};
/* Over IPv6, and not to a resolver but to what ALLOW lets be opened. */
enum { STEP_ASK_6 = 1, STEP_ASK_FAR = 2 };
enum { STEPS_MAX = 64, STEP_HEADER = 4 };

struct step {
	uint8_t kind, time;
	uint16_t len;
	const uint8_t *bytes;
};

/* Take the next step of *SIZE bytes at *DATA. Returns false where there is none. */
static inline bool steps_next(const uint8_t **data, size_t *size, struct step *s)
{
	const uint8_t *p = *data;
	size_t len;

	if (*size < STEP_HEADER)
		return false;
	len = (size_t)p[2] << 8 | p[3];
	if (len > *size - STEP_HEADER)
		len = *size - STEP_HEADER;
	s->kind = p[0] % STEP_KINDS;
	s->time = p[1];
	s->len = (uint16_t)len;
	s->bytes = p + STEP_HEADER;
	*data += STEP_HEADER + len;
	*size -= STEP_HEADER + len;
	return true;
}

/* Milliseconds: nothing up to 127; then seconds, up to more than any timeout at 255. */
static inline uint64_t steps_ms(const struct step *s)
{
	uint64_t over = s->time & 127;

	return s->time < 128 ? s->time : over * over * 1000;
}

/* Write S to OUT, SIZE bytes of room. Returns its length; 0 where it does not fit. */
static inline size_t steps_put(uint8_t *out, size_t size, const struct step *s)
{
	if (size < STEP_HEADER + (size_t)s->len)
		return 0;
	out[0] = s->kind;
	out[1] = s->time;
	out[2] = (uint8_t)(s->len >> 8);
	out[3] = (uint8_t)(s->len & 0xff);
	if (s->len)
		memcpy(out + STEP_HEADER, s->bytes, s->len);
	return STEP_HEADER + (size_t)s->len;
}

#endif

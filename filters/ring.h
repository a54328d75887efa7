/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A ring of bytes: what is written to its end comes out at its start, wrapped or not. */
#ifndef EG_RING_H
#define EG_RING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct eg_ring {
	uint8_t *bytes; /* somebody else's */
	size_t size;
	size_t head; /* where the oldest byte stands */
	size_t used;
};

static inline struct eg_ring eg_ring(uint8_t *bytes, size_t size)
{
	return (struct eg_ring){ .bytes = bytes, .size = size };
}

static inline size_t eg_ring_room(const struct eg_ring *r)
{
	return r->size - r->used;
}

/* Append N bytes at SRC; there must be room. */
static inline void eg_ring_write(struct eg_ring *r, const void *src, size_t n)
{
	size_t at = (r->head + r->used) % r->size;
	size_t first = n < r->size - at ? n : r->size - at;

	memcpy(r->bytes + at, src, first);
	memcpy(r->bytes, (const uint8_t *)src + first, n - first);
	r->used += n;
}

/* Drop the N oldest bytes; they must be there. */
static inline void eg_ring_skip(struct eg_ring *r, size_t n)
{
	r->head = (r->head + n) % r->size;
	r->used -= n;
}

/* Move the N oldest bytes to DST; they must be there. */
static inline void eg_ring_read(struct eg_ring *r, void *dst, size_t n)
{
	size_t first = n < r->size - r->head ? n : r->size - r->head;

	memcpy(dst, r->bytes + r->head, first);
	memcpy((uint8_t *)dst + first, r->bytes, n - first);
	eg_ring_skip(r, n);
}

#endif

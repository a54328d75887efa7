/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Spans: bytes somebody else owns, read and written without ever leaving them.
 *
 * A reader and a writer keep a sticky error: after the first step outside, the
 * error stays, reads give zeros and writes do nothing, so that a parser checks
 * once, at its end. All integers are in network byte order on the wire.
 */
#ifndef EG_SPAN_H
#define EG_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* For what is compiled once for each value of an argument of its. */
#define EG_INLINED static inline __attribute__((always_inline))

/* For what few frames need: apart, so that all others need not save registers for it. */
#define EG_APART static __attribute__((noinline))

struct eg_span {
	const uint8_t *p;
	size_t n;
};

/* Unchecked accessors, for bytes that a length check has already covered. */
static inline uint16_t eg_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t eg_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Little-endian, for hashes; compilers make one load of each. */
static inline uint32_t eg_get32le(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t eg_get64le(const uint8_t *p)
{
	return eg_get32le(p) | (uint64_t)eg_get32le(p + 4) << 32;
}

/* Compilers make one store of memcpy, and eight of a loop over bytes. */
static inline void eg_put64le(uint8_t *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	memcpy(p, &v, sizeof(v));
}

static inline void eg_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void eg_put32(uint8_t *p, uint32_t v)
{
	eg_put16(p, (uint16_t)(v >> 16));
	eg_put16(p + 2, (uint16_t)v);
}

/* memcpy, of a length that is known only when it comes to it. Where compilers know of a small
 * bound they may take a string instruction, which is slower than the library's by far. */
static inline void eg_copy(void *to, const void *from, size_t n)
{
	__asm__("" : "+r"(n));
	memcpy(to, from, n);
}

struct eg_reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static inline struct eg_reader eg_reader(const void *p, size_t n)
{
	return (struct eg_reader){ .p = p, .left = n, .bad = false };
}

/* Take N bytes. Returns where they start, or NULL (and sets bad) where fewer
 * are left. The bytes stay the owner's. */
static inline const uint8_t *eg_take(struct eg_reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || r->left < n) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return p;
}

static inline uint8_t eg_take8(struct eg_reader *r)
{
	const uint8_t *p = eg_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t eg_take16(struct eg_reader *r)
{
	const uint8_t *p = eg_take(r, 2);

	return p ? eg_get16(p) : 0;
}

static inline uint32_t eg_take32(struct eg_reader *r)
{
	const uint8_t *p = eg_take(r, 4);

	return p ? eg_get32(p) : 0;
}

struct eg_writer {
	uint8_t *p;	/* start of the buffer */
	size_t len;	/* bytes written so far */
	size_t cap;
	bool bad;
};

static inline struct eg_writer eg_writer(void *p, size_t cap)
{
	return (struct eg_writer){ .p = p, .len = 0, .cap = cap, .bad = false };
}

/* Room for N bytes, to be filled by the caller; NULL (and bad) where the buffer
 * has not that much left. */
static inline uint8_t *eg_room(struct eg_writer *w, size_t n)
{
	uint8_t *p = w->p + w->len;

	if (w->bad || w->cap - w->len < n) {
		w->bad = true;
		return NULL;
	}
	w->len += n;
	return p;
}

static inline void eg_give(struct eg_writer *w, const void *src, size_t n)
{
	uint8_t *p = eg_room(w, n);

	if (!p || !n)
		return;
	if (__builtin_constant_p(n))
		memcpy(p, src, n);
	else
		eg_copy(p, src, n);
}

static inline void eg_give_zeros(struct eg_writer *w, size_t n)
{
	uint8_t *p = eg_room(w, n);

	if (p && n)
		memset(p, 0, n);
}

static inline void eg_give8(struct eg_writer *w, uint8_t v)
{
	eg_give(w, &v, 1);
}

static inline void eg_give16(struct eg_writer *w, uint16_t v)
{
	uint8_t *p = eg_room(w, 2);

	if (p)
		eg_put16(p, v);
}

static inline void eg_give32(struct eg_writer *w, uint32_t v)
{
	uint8_t *p = eg_room(w, 4);

	if (p)
		eg_put32(p, v);
}

#endif

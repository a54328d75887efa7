/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of fragments share: a hold, datagrams, and parts of them. */
#ifndef FRAGMENTS_H
#define FRAGMENTS_H

#include "checksum.h"
#include "fragment.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

enum { OPAQUE = 253, FRAGMENT_HEADER = 44, UDP = 17, ID = 0x4711 };
enum { V4_FLAGS = PACKET_ETH + 6, V4_PROTO = PACKET_ETH + 9, V6_FRAG = PACKET_L4_6 };

static struct eg_fragments *hold;
static struct eg_datagram *d; /* what the last take said */
static uint64_t now;
static size_t padding; /* bytes behind each offered frame */

static inline void setup(void)
{
	hold = eg_fragments_new();
	ck_assert_ptr_nonnull(hold);
	d = NULL;
	now = 1000;
	padding = 0;
}

static inline void teardown(void)
{
	eg_fragments_free(hold);
}

static inline void restart(void)
{
	teardown();
	setup();
}

/* Where the payload of a whole datagram starts. */
static inline size_t head_of(int version)
{
	return version == 4 ? PACKET_L4_4 : PACKET_L4_6;
}

/* A whole datagram with N bytes (8 or more) of UDP into B; returns its length. */
static inline size_t make_datagram(uint8_t *b, int version, uint32_t id, size_t n)
{
	static uint8_t udp[65535];
	size_t len;

	for (size_t i = 0; i < n; i++)
		udp[i] = (uint8_t)(i * 7 + i / 256 + id);
	eg_put16(udp, packet_guest.port);
	eg_put16(udp + 2, packet_network.port);
	eg_put16(udp + 4, (uint16_t)n);
	if (version == 6)
		return packet_ip6(b, &packet_guest, &packet_network, UDP, udp, n);
	len = packet_ip4(b, &packet_guest, &packet_network, UDP, udp, n);
	eg_put16(b + PACKET_ETH + 4, (uint16_t)id);
	eg_put16(b + V4_FLAGS, 0);
	packet_fix(b, len);
	return len;
}

/* One part: bytes OFF to OFF + N of a datagram's payload, more to come or not. */
struct piece {
	size_t off, n;
	bool more;
};

/* Piece P of the datagram WHOLE (NULL: of any) as a frame into B; returns its length. */
static inline size_t make_part(uint8_t *b, int version, uint32_t id, const struct piece *p,
			       const uint8_t *whole)
{
	static uint8_t l4[8 + 65535];
	size_t len;

	memset(l4, 0x5a, 8 + p->n);
	if (whole && p->n)
		memcpy(l4 + 8, whole + head_of(version) + p->off, p->n);
	if (version == 6) {
		eg_put16(l4, UDP << 8);
		eg_put16(l4 + 2, (uint16_t)(p->off | p->more));
		eg_put32(l4 + 4, id);
		return packet_ip6(b, &packet_guest, &packet_network, FRAGMENT_HEADER, l4, 8 + p->n);
	}
	len = packet_ip4(b, &packet_guest, &packet_network, OPAQUE, l4 + 8, p->n);
	eg_put16(b + PACKET_ETH + 4, (uint16_t)id);
	eg_put16(b + V4_FLAGS, (uint16_t)(p->off / 8 | (p->more ? 0x2000 : 0)));
	b[V4_PROTO] = UDP;
	packet_fix(b, len);
	return len;
}

/* Give frame B of LEN bytes and PADDING behind them to the hold, in memory that ends
 * there and is gone before this returns. */
static inline enum eg_hold offer(const uint8_t *b, size_t len, enum eg_dir dir)
{
	uint8_t *copy = guarded_copy(NULL, len + padding);
	struct eg_frame f;
	enum eg_hold h;

	memcpy(copy, b, len);
	ck_assert_int_eq(eg_frame_decode(&f, copy, len + padding), EG_R_FRAGMENT);
	h = eg_fragments_take(hold, &f, dir, now, &d);
	ck_assert_uint_eq(f.len, h == EG_HOLD_REFUSED ? len + padding : len);
	guarded_free(copy, len + padding);
	return h;
}

/* As offer, a piece of the guest's. */
static inline enum eg_hold offer_piece(int version, uint32_t id, const struct piece *p,
				       const uint8_t *whole)
{
	static uint8_t b[EG_WHOLE_MAX + 8];

	return offer(b, make_part(b, version, id, p, whole), EG_FROM_GUEST);
}

/* The datagram whose parts a test gives, and room for parts that end behind it. */
static uint8_t whole[EG_WHOLE_MAX + 8000];
static size_t whole_len;

/* WHOLE becomes a datagram with N bytes of UDP. */
static inline void datagram_of(int version, size_t n)
{
	whole_len = make_datagram(whole, version, ID, n);
}

static inline enum eg_hold give(int version, size_t off, size_t n, bool more)
{
	const struct piece p = { off, n, more };

	return offer_piece(version, ID, &p, whole);
}

/* The last take made WHOLE out of its parts. */
static inline void check_whole(void)
{
	struct eg_frame f;
	size_t len;
	const uint8_t *made = eg_datagram_whole(d, &len);
	uint8_t *copy;

	ck_assert_ptr_nonnull(made);
	ck_assert_uint_eq(len, whole_len);
	ck_assert_mem_eq(made, whole, len);
	copy = guarded_copy(made, len);
	ck_assert_int_eq(eg_frame_decode_whole(&f, copy, len), EG_R_NONE);
	ck_assert(eg_checksum_right(&f));
	ck_assert_uint_eq(f.len, len);
	guarded_free(copy, len);
}

/* No datagram, or one that is not whole. */
static inline void check_not_whole(void)
{
	size_t len = 1;

	ck_assert_ptr_null(eg_datagram_whole(d, &len));
	ck_assert_uint_eq(len, 0);
}

/* Small generator of repeatable noise (xorshift). */
static inline uint32_t noise(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* _i is the IP version: there is nothing at 5. */
#define ADD_BOTH(t, test)                                                                          \
	do {                                                                                       \
		tcase_add_loop_test(t, test, 4, 5);                                                \
		tcase_add_loop_test(t, test, 6, 7);                                                \
	} while (0)

#endif

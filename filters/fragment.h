/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fragments (RFC 791 3.2, RFC 8200 4.5): held until the datagram is whole, so that
 * it can be judged as one, and then passed or blocked together: see fragment.c.
 */
#ifndef EG_FRAGMENT_H
#define EG_FRAGMENT_H

#include "frame.h"

enum {
	EG_DATAGRAMS_MAX = 16,       /* held at once, of each direction */
	EG_DATAGRAM_PARTS = 64,      /* of one: 64 KiB at an MTU of 1280 and more */
	EG_DATAGRAM_TIMEOUT = 15000, /* ms from its first part; RFC 791 3.2 */
	EG_TOMBSTONES = 64,          /* refused datagrams remembered, of each direction */
};

struct eg_fragments;
struct eg_datagram;

/* An empty hold, or NULL where memory is short. Owned by the caller. All its memory,
 * 2.4 MB, is taken here; the pages are touched as fragments come. */
struct eg_fragments *eg_fragments_new(void);
void eg_fragments_free(struct eg_fragments *t); /* NULL is fine */

enum eg_hold {
	EG_HOLD_KEPT,    /* F is held; nothing is to be done with it yet */
	EG_HOLD_WHOLE,   /* F completes its datagram, which is to be judged now */
	EG_HOLD_REFUSED, /* F is part of no clean datagram: block it and what was held of it */
};

/* Take F, of which eg_frame_decode just said EG_R_FRAGMENT, travelling in DIR, at NOW (ms,
 * monotonic), after eg_fragments_expired had no more to say about NOW. KEPT copies
 * what it needs. KEPT and WHOLE cut F->len to its IP length, so that nothing behind
 * it can pass on.
 *
 * *D becomes the datagram that F belongs to; NULL where F is refused and nothing of
 * it was held. After WHOLE and REFUSED it has left the hold, and stays readable
 * until the next call of take or expired.
 *
 * Refused: any protocol but UDP, directly in the fragment header (IPv6); reserved
 * bits there; a fragment without payload, or not the last and not a multiple of 8
 * bytes, or that ends where no datagram of 65535 bytes would (RFC 791: with its
 * header, RFC 8200: without); an offset of 0 with all of the datagram in it (RFC
 * 8021); an overlap of any kind (RFC 5722), exact repetitions included; a second
 * last fragment; bytes behind the last; more than EG_DATAGRAM_PARTS; a new
 * datagram while EG_DATAGRAMS_MAX are held.
 *
 * What is refused once stays refused, part by part, for EG_DATAGRAM_TIMEOUT, or until
 * EG_TOMBSTONES more of its direction were refused. Parts that differ in direction,
 * IP addresses, MAC addresses or IP version are of different datagrams. */
enum eg_hold eg_fragments_take(struct eg_fragments *t, struct eg_frame *f, enum eg_dir dir,
			       uint64_t now, struct eg_datagram **d);

/* The oldest datagram that was not finished in time by NOW, out of the hold and readable
 * as above; NULL where there is none (said at once while none is due). */
struct eg_datagram *eg_fragments_expired(struct eg_fragments *t, uint64_t now);

/* Which way the parts of D travel. */
enum eg_dir eg_datagram_dir(const struct eg_datagram *d);

/* How many parts of D are held, or were when it left: the F that made it leave is not
 * one of them. */
size_t eg_datagram_parts(const struct eg_datagram *d);

/* The frame of part I of them, in the order in which they came, cut to its IP length:
 * *LEN bytes, which came at *CAME (ms). NULL where there is no such part. */
const uint8_t *eg_datagram_part(const struct eg_datagram *d, size_t i, size_t *len, uint64_t *came);

/* The whole datagram as one frame of *LEN bytes, NULL but after EG_HOLD_WHOLE: the
 * Ethernet and IP header of the part with offset 0, without any sign of
 * fragmentation (of IPv4 DF goes, too, and the identification stays), lengths and
 * header checksum made right; and the payload. For eg_frame_decode_whole, as
 * nothing but the headers of its parts has been looked at. */
const uint8_t *eg_datagram_whole(const struct eg_datagram *d, size_t *len);

/* Whether the parts of D, and LAST, the fragment that completed it, came in the order of
 * their offsets. */
bool eg_datagram_in_order(const struct eg_datagram *d, const uint8_t *last);

#endif

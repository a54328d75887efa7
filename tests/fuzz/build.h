/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames and steps of every kind that slirp and the filter know, put together at random. */
#ifndef BUILD_H
#define BUILD_H

#include "packet.h"
#include "steps.h"

struct rnd {
	uint64_t state;
};

/* A number below N, which is at least 1. */
size_t rnd_below(struct rnd *r, size_t n);

/* A frame of a guest's with right checksums, at BUF (PACKET_MAX bytes). Returns its length. */
size_t build_frame(struct rnd *r, uint8_t *buf);
/* The same, of a given kind. */
size_t build_kind(struct rnd *r, uint8_t *buf, size_t kind);
enum { BUILD_KINDS = 9 };

/* A step, with its bytes at BUF (PACKET_MAX + 3 bytes). */
struct step build_step(struct rnd *r, uint8_t *buf);

/* A DNS query, mostly for a listed name. Returns its length, 512 at most. */
size_t build_query(struct rnd *r, uint8_t *buf);

/* Change a field of FRAME that one of its protocols has. */
void build_change(struct rnd *r, uint8_t *frame, size_t len);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * benchpeer://: a network that costs as little as one can. What is received from it was
 * prepared before, and what is sent to it is counted and dropped. Its data descriptor is
 * always readable.
 *
 * One queue serves all connections of a process, as only one is measured at a time. Who has
 * opened the module finds it as the symbol benchpeer.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>

enum { PEER_KEPT = 64, PEER_KEPT_SIZE = 512 };

struct peer_frame {
	uint8_t *p;
	size_t len;
};

struct peer {
	const struct peer_frame *frames; /* what is received next; the bench's */
	size_t left;                     /* how many of them are left */
	size_t sent;                     /* frames */
	size_t kept;                     /* of them, in KEEP */
	uint8_t *keep; /* NULL, or room for PEER_KEPT frames of PEER_KEPT_SIZE bytes */
};

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as they were handed to a network card, made into those that it would have sent: see
 * offload.c. */
#ifndef EG_OFFLOAD_H
#define EG_OFFLOAD_H

#include "frame.h"

/* Bytes of an IP packet that a link takes. */
enum {
	EG_OFFLOAD_MTU_LEAST = 576,
	EG_OFFLOAD_MTU_DEFAULT = 1500,
	EG_OFFLOAD_MTU_MOST = EG_FRAME_MAX - EG_ETH_LEN,
};

enum eg_offload {
	EG_OFFLOAD_NONE,     /* it is as it would have been sent, right or wrong */
	EG_OFFLOAD_CHECKSUM, /* what the card writes into checksums is missing */
	EG_OFFLOAD_SEGMENTS, /* the card would have made several of it */
	EG_OFFLOAD_UNKNOWN,  /* likewise, but nothing says which */
};

/* One frame on its way to the wire. */
struct eg_offload_frame {
	const uint8_t *frame; /* the caller's, LEN bytes */
	size_t len;
	/* Its own. */
	size_t mtu;
	size_t ip_len, l4_len; /* of the headers */
	size_t total;          /* of the IP packet, in bytes; whatever its header says */
	size_t done;           /* of what is behind the headers */
	uint16_t segments;     /* so far */
	uint8_t proto;
	bool ip4, header_empty, l4_empty;
	enum eg_offload kind;
	uint8_t piece[EG_FRAME_MAX];
};

/* Find out what a card with MTU would have made of the LEN bytes at FRAME, which must stand until
 * the last piece is taken. */
enum eg_offload eg_offload_begin(struct eg_offload_frame *o, const uint8_t *frame, size_t len,
				 size_t mtu);

/* The next frame that leaves into PIECE, which stands until the next call: one of NONE and
 * CHECKSUM, one or more of SEGMENTS, none of UNKNOWN. Returns whether there is one. */
bool eg_offload_next(struct eg_offload_frame *o, struct eg_span *piece);

/* KIND as one word; "none" where it is. */
const char *eg_offload_word(enum eg_offload kind);

#endif

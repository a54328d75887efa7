/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What check_threads says: exchanges that the network opens, and what a guest may not. */
#ifndef CHECK_THREADS_FRAMES_H
#define CHECK_THREADS_FRAMES_H

#include "packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_NAME "host.example" /* that may be looked up */

enum { PARTS = 3 }; /* of a datagram in fragments */

struct frame {
	size_t len;
	uint8_t bytes[1600];
};

/* The N-th frame of a guest's that must not leave. */
void frame_try(struct frame *f, unsigned n);

/* What the guest says to F. Returns how many frames; 0: F asks for nothing. */
unsigned frame_answer(const struct frame *f, struct frame out[PARTS]);

/* What F, which asked for nothing, tells the guest. */
enum told { TOLD_RESET, TOLD_PROHIBITED, TOLD_NO_NAME, TOLD_PART, TOLD_NOTHING, TOLD_KINDS };
enum told frame_told(const struct frame *f);

/* An exchange as the far end sees it; ID picks its kind. */
struct exchange {
	unsigned id;
	uint16_t port; /* the far end's */
	uint32_t seq;  /* TCP: what it sends next */
	unsigned parts;
	bool complete;
};

/* Begin the exchange ID (from 1), anew or again. Returns how many frames there are to send. */
int exchange_begin(struct exchange *x, unsigned id, struct frame out[PARTS]);

/* F arrived at the far end. Returns how many frames there are to send; -1 where F belongs to
 * no exchange up to this. */
int exchange_take(struct exchange *x, const struct frame *f, struct frame out[PARTS]);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A gate in front of a network that may stop taking frames: see gate.c. */
#ifndef EG_GATE_H
#define EG_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct eg_gate {
	int fd;            /* what is sent to; -1: it cannot stop */
	size_t full, left; /* cost that surely fits, after the descriptor was writable and now */
	atomic_bool shut;  /* it did not take a frame, and nothing was received since */
};

/* Stand in front of FD, the network's data descriptor, which stays the network's. */
void eg_gate_open(struct eg_gate *g, int fd);

/* Whether a frame of LEN bytes can be sent without being stuck; waits for that at most
 * EG_GATE_WAIT ms, and no more once it was in vain. One thread at a time. */
enum { EG_GATE_WAIT = 20 };
bool eg_gate_pass(struct eg_gate *g, size_t len);

/* Whether a frame of LEN bytes can be sent at once. Counts nothing. */
bool eg_gate_is_open(const struct eg_gate *g, size_t len);

/* Something was received, so that the network may have room again. Any thread. */
void eg_gate_received(struct eg_gate *g);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way to the nested network: one sender at a time, and nobody stuck.
 *
 * The sender has the turn while it uses what the turn guards: the memory that the guest's frame is
 * copied to, the parts that leave with it, and the gate. The host programs that are known send from
 * one thread, for which a turn costs no atomic exchange: it is taken and given back under the
 * pipeline's lock and with plain stores. Another thread that sends meanwhile waits for its turn;
 * one that only has frames of the filter's own to send leaves them to the next sender.
 */
#ifndef EG_UPLINK_H
#define EG_UPLINK_H

#include "gate.h"
#include "lock.h"
#include "pipeline.h"

#include <libvdeplug.h>

#include <sys/types.h>

enum {
	EG_CACHE_LINE = 64,
	/* All parts of a datagram: 64 KiB, and headers. */
	EG_PARTS_SIZE = EG_DATAGRAM_PARTS * (EG_ETH_LEN + EG_IP6_LEN + 8) + 65535,
};

/* Fragments on their way to the network, copied out from under the lock. */
struct eg_parts {
	size_t count;
	size_t len[EG_DATAGRAM_PARTS];
	uint8_t bytes[EG_PARTS_SIZE];
};

struct eg_uplink {
	VDECONN *nested;
	atomic_ullong undelivered; /* frames that it did not take */
	atomic_bool taken;         /* the turn; set under the lock */
	/* What the turn guards. */
	struct eg_gate gate; /* in front of nested */
	struct eg_parts parts;
	uint8_t own[EG_FRAME_MAX]; /* one of the filter's own frames */
	/* The guest's frame, as it is judged and sent. Copies to where a cache line starts are
	 * faster. */
	_Alignas(EG_CACHE_LINE) uint8_t frame[EG_FRAME_MAX];
};

/* Give LOCK, which is taken, back for a moment, in which the turn may become free. */
void eg_uplink_wait(struct eg_lock *lock);

/* Take the turn. LOCK is taken before and after; in between it may be given back. */
static inline void eg_uplink_take(struct eg_uplink *u, struct eg_lock *lock)
{
	while (atomic_load_explicit(&u->taken, memory_order_acquire))
		eg_uplink_wait(lock);
	atomic_store_explicit(&u->taken, true, memory_order_relaxed);
}

/* Take the turn if it is free, under the lock. Returns whether it was. */
static inline bool eg_uplink_try(struct eg_uplink *u)
{
	if (atomic_load_explicit(&u->taken, memory_order_acquire))
		return false;
	atomic_store_explicit(&u->taken, true, memory_order_relaxed);
	return true;
}

/* Give the turn back, with or without the lock. */
static inline void eg_uplink_give(struct eg_uplink *u)
{
	atomic_store_explicit(&u->taken, false, memory_order_release);
}

/* The rest is for the one whose turn it is. */

/* Hand LEN bytes at FRAME to the network, or drop and count them where it takes none. Returns what
 * its vde_send returned, 0 where they were dropped. */
ssize_t eg_uplink_send(struct eg_uplink *u, const uint8_t *frame, size_t len, int flags);

/* Copy the parts of D, which are the pipeline's only while it is locked. */
void eg_uplink_copy_parts(struct eg_uplink *u, const struct eg_datagram *d);

/* Send the parts, as long as the network takes them: it gets no datagram with a hole, of which
 * libslirp 4.7 dies as soon as another has the same identification (ip_reass). Returns whether it
 * took all; if not, those that it did not, and the one that is to come after them, are counted. */
bool eg_uplink_send_parts(struct eg_uplink *u, int flags);

/* Send what P has of its own for the network, as long as it takes frames at once; the rest goes on
 * waiting in P. LOCK, P's, is not taken. */
void eg_uplink_send_injected(struct eg_uplink *u, struct eg_pipeline *p, struct eg_lock *lock);

#endif

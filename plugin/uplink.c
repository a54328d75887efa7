/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames leave for the nested network here, and nowhere else. */
#include "uplink.h"

#include <string.h>
#include <time.h>

enum { PAUSE_NS = 20000 };

/* Not for long: who has the turn waits for the network for EG_GATE_WAIT at most. */
void eg_uplink_wait(struct eg_lock *lock)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };

	eg_lock_give(lock);
	nanosleep(&pause, NULL);
	eg_lock_take(lock);
}

ssize_t eg_uplink_send(struct eg_uplink *u, const uint8_t *frame, size_t len, int flags)
{
	if (eg_gate_pass(&u->gate, len))
		return vde_send(u->nested, frame, len, flags);
	atomic_fetch_add(&u->undelivered, 1);
	return 0;
}

void eg_uplink_copy_parts(struct eg_uplink *u, const struct eg_datagram *d)
{
	struct eg_parts *to = &u->parts;
	size_t len, at = 0;
	uint64_t came;

	to->count = eg_datagram_parts(d);
	for (size_t i = 0; i < to->count; i++) {
		const uint8_t *part = eg_datagram_part(d, i, &len, &came);

		memcpy(to->bytes + at, part, len);
		to->len[i] = len;
		at += len;
	}
}

bool eg_uplink_send_parts(struct eg_uplink *u, int flags)
{
	const uint8_t *part = u->parts.bytes;

	for (size_t i = 0; i < u->parts.count; i++) {
		size_t len = u->parts.len[i];

		if (eg_uplink_send(u, part, len, flags) <= 0) {
			atomic_fetch_add(&u->undelivered, u->parts.count - i);
			return false;
		}
		part += len;
	}
	return true;
}

void eg_uplink_send_injected(struct eg_uplink *u, struct eg_pipeline *p, struct eg_lock *lock)
{
	size_t len = 1;

	while (len > 0 && eg_gate_is_open(&u->gate, EG_FRAME_MAX)) {
		eg_lock_take(lock);
		len = eg_pipeline_take_injected(p, EG_FROM_GUEST, u->own);
		eg_lock_give(lock);
		if (len > 0)
			eg_uplink_send(u, u->own, len, 0);
	}
}

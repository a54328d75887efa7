/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gaps in what the guest sends in a TCP connection.
 *
 * Purpose. A receiver keeps each segment that comes after missing bytes, and libslirp 4.7 a
 * kilobyte for each, however small it is, in a list that it walks: every second byte of a window
 * was 35 MB of the host program's memory. So after a gap EG_KEPT_MAX segments of fewer than SMALL
 * bytes pass until the network has acknowledged what is missing. Larger ones are as few as its
 * window has room for, and a segment at what it expects next always passes: nobody waits for ever.
 *
 * Terms
 *   gap       bytes that the guest has left out, or that were lost on their way to the network
 *   kept      small segments after a gap, in two periods: [0] this one, [1] the one before
 *   kept_end  where the period before ended: when the network has acknowledged that, it keeps no
 *             segment of that period any more, and all gaps of that period are filled
 *
 * Life-cycle: a gap begins the first period. When kept_end is acknowledged, a period in which no
 * gap was made (gap_new) is the last; else the next begins.
 */
#ifndef EG_TCPGAP_H
#define EG_TCPGAP_H

#include "tcp.h"

enum {
	EG_GAP_SMALL = 512, /* bytes: a window of 64 KiB has room for 128 larger ones */
	EG_KEPT_MAX = 160,
};

/* The guest's bytes before END are missing, or some of them. */
static inline void eg_gap_begin(struct eg_tcp *t, uint32_t end)
{
	if (!t->gap) {
		t->gap = 1;
		t->kept[0] = t->kept[1] = 0;
		t->kept_end = end;
	}
	t->gap_new = 1;
}

/* Count the guest's segment F, whose numbers fit in T, before T knows of it. Returns whether it may
 * pass; where not, nothing changes. */
static inline bool eg_gap_allows(struct eg_tcp *t, const struct eg_frame *f)
{
	uint32_t seq = f->tcp.seq;
	bool begins = f->payload.n > 0 && (int32_t)(seq - t->side[EG_FROM_GUEST].end) > 0;

	if (!begins && !t->gap)
		return true;
	if (t->gap && f->payload.n > 0 && f->payload.n < EG_GAP_SMALL &&
	    (int32_t)(seq - t->side[EG_FROM_NETWORK].ack) > 0) {
		if (t->kept[0] + t->kept[1] >= EG_KEPT_MAX)
			return false;
		t->kept[0]++;
	}
	if (begins)
		eg_gap_begin(t, seq);
	return true;
}

/* The network acknowledges ACK, which is more than before, while there is a gap in T. */
static inline void eg_gap_acked(struct eg_tcp *t, uint32_t ack)
{
	uint32_t end = t->side[EG_FROM_GUEST].end;

	if ((int32_t)(ack - t->kept_end) < 0)
		return;
	t->gap = t->gap_new && ack != end;
	t->gap_new = 0;
	t->kept[1] = t->kept[0];
	t->kept[0] = 0;
	t->kept_end = end;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP connections as seen from between their two ends: see tcp.c. */
#ifndef EG_TCP_H
#define EG_TCP_H

#include "frame.h"

/* Bytes that a receiver takes at once (RFC 9293 3.8.6.2.2: it waits for a segment, or half of its
 * buffer). */
enum { EG_TCP_PROGRESS = 256 };

enum eg_tcp_state {
	EG_TCP_CLOSED,
	EG_TCP_SYN_SENT,     /* the opener's SYN passed */
	EG_TCP_SYN_RECEIVED, /* the answerer's SYN+ACK passed */
	EG_TCP_ESTABLISHED,  /* the opener acknowledged it */
	EG_TCP_FIN_SENT,     /* a FIN passed, and none is acknowledged */
	EG_TCP_FIN_WAIT,     /* the answerer acknowledged the opener's FIN */
	EG_TCP_CLOSE_WAIT,   /* the opener acknowledged the answerer's FIN */
	EG_TCP_TIME_WAIT,    /* both: for both ends the connection is over */
	EG_TCP_CLOSING,      /* a reset passed that may not have hit */
	EG_TCP_STATES
};

/* What one end has sent and allowed; sequence numbers in RFC 9293's sense. Packed, as the
 * table of flows has one for each end. */
struct __attribute__((packed)) eg_tcp_side {
	uint32_t end;       /* highest sequence number it sent, plus one */
	uint32_t maxend;    /* highest the other end has allowed it to send, plus one */
	uint32_t ack;       /* highest it acknowledged: what it expects next */
	uint32_t maxwin;    /* largest window it announced, scaled, at least 1 */
	uint8_t scale : 4,  /* of its windows (RFC 7323); 0 unless both ends scale */
		scaled : 1, /* whether its SYN had the option */
		spoke : 1,  /* whether it sent data, or FIN, after that */
		fin : 1;    /* whether it sent FIN: then end is its last */
};

struct __attribute__((packed)) eg_tcp {
	struct eg_tcp_side side[2]; /* by enum eg_dir: whose segments */
	uint32_t iss;               /* the opener's initial sequence number */
	uint32_t kept_end;          /* see tcpgap.h */
	uint8_t kept[2];            /* likewise */
	uint8_t state : 4,          /* enum eg_tcp_state */
		opener : 1,         /* enum eg_dir: who sent the first SYN */
		gap : 1,            /* bytes of the guest's are missing, as far as we know */
		gap_new : 1;        /* since the network acknowledged kept_end */
};

/* Open T with F (decoded TCP), the first segment, from DIR, who may. Returns EG_R_NONE
 * with T in SYN_SENT where F is a plain SYN with a right checksum, without data or of the
 * network's; else why not, with T untouched: EG_R_TCP_NO_FLOW (no SYN), EG_R_TCP_FLAGS (flags or
 * SYN options that no TCP sends), EG_R_CHECKSUM. */
enum eg_reason eg_tcp_open(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f);

/* Judge segment F (decoded TCP), the guest's or the network's, in T and move T's state. Returns
 * EG_R_NONE where it passes; else, with T untouched, EG_R_TCP_FLAGS (as above),
 * EG_R_TCP_STATE (a kind of segment that the state does not allow), EG_R_CHECKSUM
 * (see Checksums in tcp.c) or EG_R_TCP_WINDOW (numbers that do not fit, or more small segments than
 * EG_KEPT_MAX that the network has to keep). */
enum eg_reason eg_tcp_segment_of_guest(struct eg_tcp *t, const struct eg_frame *f);
enum eg_reason eg_tcp_segment_of_network(struct eg_tcp *t, const struct eg_frame *f);

static inline enum eg_reason eg_tcp_segment(struct eg_tcp *t, enum eg_dir dir,
					    const struct eg_frame *f)
{
	return dir == EG_FROM_GUEST ? eg_tcp_segment_of_guest(t, f)
				    : eg_tcp_segment_of_network(t, f);
}

/* Whether F, from DIR, is the opener's SYN for a new connection in the place of T, which is over
 * for it. The other end need not know that yet. */
bool eg_tcp_is_reused(const struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f);

/* Whether the network said something, data or a FIN, that the guest has not acknowledged. */
static inline bool eg_tcp_is_unacked(const struct eg_tcp *t)
{
	return t->state >= EG_TCP_ESTABLISHED &&
	       t->side[EG_FROM_NETWORK].end != t->side[EG_FROM_GUEST].ack;
}

/* Whether the guest's window is shut: it lets the network say fewer than EG_TCP_PROGRESS bytes
 * more. */
static inline bool eg_tcp_is_shut(const struct eg_tcp *t)
{
	const struct eg_tcp_side *n = &t->side[EG_FROM_NETWORK];

	return t->state >= EG_TCP_ESTABLISHED && n->maxend - n->end < EG_TCP_PROGRESS && !n->fin;
}

/* Whether F, a segment of the guest's that passed in T, gets the network on, which was acknowledged
 * FROM before and had a window that was SHUT: whole segments, or all, are acknowledged with room
 * for more, or there is room again. */
bool eg_tcp_gets_on(const struct eg_tcp *t, const struct eg_frame *f, uint32_t from, bool shut);

/* Why a guest's segment F without a flow is blocked: EG_R_TCP_FLAGS for flags no
 * TCP sends, EG_R_TCP_NEW for a SYN (with or without data), else EG_R_TCP_NO_FLOW. */
enum eg_reason eg_tcp_stray(const struct eg_frame *f);

extern const uint32_t eg_tcp_timeouts[EG_TCP_STATES];

/* How long T may be idle in its state, in ms; 0 where it is closed. */
static inline uint32_t eg_tcp_timeout(const struct eg_tcp *t)
{
	return eg_tcp_timeouts[t->state];
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TCP connections as seen from between their two ends.
 *
 * Purpose: let a guest send exactly the segments that belong to a connection which
 * the host opened, or which the guest opened and may. What it sends must be what a
 * TCP in its place could send: the right kind of segment for the state, with
 * numbers that its peer allowed.
 *
 * Terms
 *   host     the network's end; it is trusted, and opens what it likes
 *   guest    the other end; it is not, and opens what the caller lets it
 *   opener   the end that sent the first SYN; the other is the answerer
 *   side     what one end has said so far (struct eg_tcp_side)
 *   kind     what a segment is, by its flags: SYN, SYN+ACK, ACK (any data), FIN, RST
 *   exact    a RST whose number is what its receiver expects next (RFC 5961 3.2);
 *            in answer to a SYN, one that acknowledges it (RFC 9293 3.10.7.3)
 *   loose    any other RST
 *
 * Life-cycle: opener's SYN -> SYN_SENT -> answerer's SYN+ACK of exactly that SYN ->
 * SYN_RECEIVED -> opener's ACK of exactly that SYN+ACK -> ESTABLISHED -> a FIN: FIN_SENT ->
 * half-closed in FIN_WAIT (the opener's is acknowledged) or CLOSE_WAIT (the answerer's) ->
 * TIME_WAIT (both are), where the last segments are said again until nobody asks. A FIN counts when
 * its receiver has acknowledged it: one that stands after bytes that are missing has reached
 * nobody, and its sender's peer goes on waiting for them. Where both ends said FIN, or a reset, the
 * opener's SYN is a new connection (eg_tcp_is_reused): the caller forgets this one, and judges that
 * like any other. An exact RST closes. A loose one inside the window passes, but its receiver will
 * answer it with a challenge ACK rather than close (RFC 5961), so the connection goes on in CLOSING
 * with a short time to live. A SYN of the host's within a connection that it opened is passed on:
 * the guest's challenge ACK and the host's RST to that sort it out. An answerer's SYN never passes,
 * in any state: neither simultaneous open nor split handshake (Beardsley and Qian 2010) exist here.
 *
 * Windows: after van Rooij. A segment of side S to side R passes if
 *   1. it ends at or before what R allowed:     end of data <= S.maxend
 *   2. it starts no older than R could want:    seq >= S.end - R.maxwin - 1
 *   3. it acknowledges nothing that R never sent:           ack <= R.end
 *   4. it acknowledges nothing too long ago:    ack >= R.end - S.maxwin - ACK_SLACK
 * We see each announcement before the end for which it is meant, so what we allow is
 * never less than what an end believes to be allowed. The 1 in (2) is for
 * keepalives and probes, one below what was sent (RFC 9293 3.8.4); a window of 0
 * counts as 1 for probes with a byte (3.8.6.1); a FIN may stand right behind a
 * full window, as BSD sends it. Behind a side's FIN it has nothing to say: 1. is
 * then against S.end.
 *
 * Checksums. Whoever receives a segment with a wrong one drops it, so what it says must not change
 * what we believe that its receiver knows: SYN, FIN, RST and URG are checked, and of the guest's
 * also what acknowledges something new, or comes while its window is shut, and all that comes in
 * other states than ESTABLISHED. The rest of an established connection is not.
 *
 * Invariants: a segment that does not pass changes nothing. end, maxend, ack and maxwin
 * only grow (modulo 2^32). maxwin is below 2^30. fin is never taken back.
 *
 * Fails how: a flag combination that no TCP sends, an omitted cell of the table
 * and numbers out of the window each block with a reason of their own. Old segments
 * that a path delayed beyond (2) are blocked too; for the ends that is one more lost segment.
 *
 * References: RFC 9293, 7323 (scaling), 5961 (resets), 5382 (timeouts), 6093 (urgent data); G. van
 * Rooij, "Real Stateful TCP Packet Filtering in IP Filter", 2000.
 */
#include "tcp.h"

#include "checksum.h"
#include "synoptions.h"
#include "tcpgap.h"

#include <assert.h>

enum {
	ACK_SLACK = 66000, /* acknowledgements may come in any order; van Rooij's number */
};

enum {
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	HOUR = 60 * MINUTE,
};

/* Idle times, in ms. RFC 5382 5 asks a NAT for 4 minutes before and after, and for
 * 2 h 4 min in between; but the opener's own SYN opens again what
 * was forgotten, so the short ones may be as short as what the ends themselves keep. */
const uint32_t eg_tcp_timeouts[EG_TCP_STATES] = {
	[EG_TCP_CLOSED] = 0,
	/* Longer than the longest pause between two SYNs (Linux: 64 s); as conntrack, pf. */
	[EG_TCP_SYN_SENT] = 2 * MINUTE,
	/* The opener answers at once; the other repeats its SYN+ACK for up to 63 s (Linux). */
	[EG_TCP_SYN_RECEIVED] = 1 * MINUTE,
	/* Keepalives come every 2 h; people leave a shell open overnight. As NPF and pf. */
	[EG_TCP_ESTABLISHED] = 24 * HOUR,
	/* One end may still compute its answer (ssh host 'make' </dev/null): more than
	 * conntrack's and pf's minutes. */
	[EG_TCP_FIN_SENT] = 1 * HOUR,
	[EG_TCP_FIN_WAIT] = 1 * HOUR,
	[EG_TCP_CLOSE_WAIT] = 1 * HOUR,
	/* For an ACK that is said again; slirp's 2 MSL are 10 s. */
	[EG_TCP_TIME_WAIT] = 15 * SECOND,
	[EG_TCP_CLOSING] = 2 * MINUTE,
};

enum kind { ILLEGAL, SYN, SYNACK, ACK, FIN, RST, RST_LOOSE, KINDS };

enum {
	F = EG_TCP_FIN,
	S = EG_TCP_SYN,
	R = EG_TCP_RST,
	P = EG_TCP_PSH,
	A = EG_TCP_ACK,
	U = EG_TCP_URG,
	FLAGS_MASK = F | S | R | P | A | U, /* without the ECN bits: a matter of the ends */
};

/* Kinds by flags. All combinations that stand not here are ILLEGAL. */
static const uint8_t kinds[FLAGS_MASK + 1] = {
	[S] = SYN,
	[S | A] = SYNACK,
	[A] = ACK,
	[A | P] = ACK,
	[A | U] = ACK,
	[A | P | U] = ACK,
	[F | A] = FIN,
	[F | A | P] = FIN,
	[F | A | U] = FIN,
	[F | A | P | U] = FIN,
	/* BSD's abort, and so slirp's, is said with whatever it was about to send. */
	[R] = RST,
	[R | A] = RST,
	[R | A | P] = RST,
	[R | A | U] = RST,
	[R | A | P | U] = RST,
};

/* The state machine: next[state][whose segment][its kind]. A cell is the next
 * state plus one; an omitted cell drops. */
#define TO(state) (EG_TCP_##state + 1)
enum { OPENER, ANSWERER };

static const uint8_t next[EG_TCP_STATES][2][KINDS] = {
	[EG_TCP_SYN_SENT] = {
		[OPENER] = { [SYN] = TO(SYN_SENT), [RST] = TO(CLOSED) },
		[ANSWERER] = { [SYNACK] = TO(SYN_RECEIVED), [RST] = TO(CLOSED) },
	},
	[EG_TCP_SYN_RECEIVED] = {
		[OPENER] = { [SYN] = TO(SYN_RECEIVED), [ACK] = TO(ESTABLISHED),
			   [FIN] = TO(FIN_SENT), [RST] = TO(CLOSED) },
		[ANSWERER] = { [SYNACK] = TO(SYN_RECEIVED), [RST] = TO(CLOSED) },
	},
	[EG_TCP_ESTABLISHED] = {
		[OPENER] = { [SYN] = TO(ESTABLISHED), [ACK] = TO(ESTABLISHED), [FIN] = TO(FIN_SENT),
			   [RST] = TO(CLOSED), [RST_LOOSE] = TO(CLOSING) },
		[ANSWERER] = { [SYNACK] = TO(ESTABLISHED), [ACK] = TO(ESTABLISHED),
			    [FIN] = TO(FIN_SENT), [RST] = TO(CLOSED),
			    [RST_LOOSE] = TO(CLOSING) },
	},
	/* From here to TIME_WAIT the state is what is acknowledged: see after_fin. */
	[EG_TCP_FIN_SENT] = {
		[OPENER] = { [SYN] = TO(FIN_SENT), [ACK] = TO(FIN_SENT), [FIN] = TO(FIN_SENT),
			   [RST] = TO(CLOSED), [RST_LOOSE] = TO(CLOSING) },
		[ANSWERER] = { [SYNACK] = TO(FIN_SENT), [ACK] = TO(FIN_SENT), [FIN] = TO(FIN_SENT),
			    [RST] = TO(CLOSED), [RST_LOOSE] = TO(CLOSING) },
	},
	[EG_TCP_FIN_WAIT] = {
		[OPENER] = { [SYN] = TO(FIN_WAIT), [ACK] = TO(FIN_WAIT), [FIN] = TO(FIN_WAIT),
			   [RST] = TO(CLOSED), [RST_LOOSE] = TO(CLOSING) },
		[ANSWERER] = { [SYNACK] = TO(FIN_WAIT), [ACK] = TO(FIN_WAIT), [FIN] = TO(FIN_WAIT),
			    [RST] = TO(CLOSED), [RST_LOOSE] = TO(CLOSING) },
	},
	[EG_TCP_CLOSE_WAIT] = {
		[OPENER] = { [SYN] = TO(CLOSE_WAIT), [ACK] = TO(CLOSE_WAIT), [FIN] = TO(CLOSE_WAIT),
			   [RST] = TO(CLOSED), [RST_LOOSE] = TO(CLOSING) },
		[ANSWERER] = { [ACK] = TO(CLOSE_WAIT), [FIN] = TO(CLOSE_WAIT), [RST] = TO(CLOSED),
			    [RST_LOOSE] = TO(CLOSING) },
	},
	[EG_TCP_TIME_WAIT] = {
		[OPENER] = { [ACK] = TO(TIME_WAIT), [FIN] = TO(TIME_WAIT), [RST] = TO(CLOSED),
			   [RST_LOOSE] = TO(TIME_WAIT) },
		[ANSWERER] = { [ACK] = TO(TIME_WAIT), [FIN] = TO(TIME_WAIT), [RST] = TO(CLOSED),
			    [RST_LOOSE] = TO(TIME_WAIT) },
	},
	[EG_TCP_CLOSING] = {
		[OPENER] = { [ACK] = TO(CLOSING), [FIN] = TO(CLOSING),
			   [RST] = TO(CLOSED), [RST_LOOSE] = TO(CLOSING) },
		[ANSWERER] = { [ACK] = TO(CLOSING), [FIN] = TO(CLOSING), [RST] = TO(CLOSED),
			    [RST_LOOSE] = TO(CLOSING) },
	},
};

/* Sequence numbers are compared modulo 2^32 (RFC 9293 3.4). */
static inline bool within(uint32_t x, uint32_t low, uint32_t high)
{
	return x - low <= high - low;
}

static inline uint32_t later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0 ? a : b;
}

static inline uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline enum eg_dir other(enum eg_dir dir)
{
	return dir == EG_FROM_GUEST ? EG_FROM_NETWORK : EG_FROM_GUEST;
}

static inline int role(const struct eg_tcp *t, enum eg_dir dir)
{
	return dir == t->opener ? OPENER : ANSWERER;
}

/* The kind of F by its flags alone. A SYN with data (fast open, RFC 7413) is for ends that know
 * each other: the network's passes, as the guest that gave it the cookie waits for it; the guest's
 * would be data to one that has not answered. A guest's RST needs none (RFC 9293 3.5.3 lets it). */
static enum kind kind_of(const struct eg_frame *f, enum eg_dir dir)
{
	enum kind kind = kinds[f->tcp.flags & FLAGS_MASK];

	if (!f->payload.n)
		return kind;
	if (kind == SYNACK || (dir == EG_FROM_GUEST && (kind == SYN || kind == RST)))
		return ILLEGAL;
	return kind;
}

/* Whether RST F hits what its receiver expects. A guest answers a SYN to a closed
 * port with a sequence number of 0: there the acknowledgement says it. */
static bool reset_is_exact(const struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	if (t->state == EG_TCP_SYN_SENT && role(t, dir) == ANSWERER)
		return (f->tcp.flags & A) && f->tcp.ack == t->side[t->opener].end;
	return f->tcp.seq == t->side[other(dir)].ack;
}

/* A side as its SYN or SYN+ACK F makes it. Returns false where the options are not
 * in form. Windows on SYNs are never scaled (RFC 7323 2.2). */
static bool side_of_syn(struct eg_tcp_side *s, const struct eg_frame *f)
{
	struct eg_syn_options o;

	if (!eg_syn_options(&o, f))
		return false;
	*s = (struct eg_tcp_side){ .end = f->tcp.seq + 1 + (uint32_t)f->payload.n,
				   .maxend = f->tcp.seq + 1 + (uint32_t)f->payload.n,
				   .maxwin = larger(f->tcp.window, 1),
				   .scale = o.scale & 15u,
				   .scaled = o.scaled };
	return true;
}

enum eg_reason eg_tcp_open(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	enum kind kind = kind_of(f, dir);
	struct eg_tcp_side side;

	if (kind == ILLEGAL)
		return EG_R_TCP_FLAGS;
	if (kind != SYN)
		return EG_R_TCP_NO_FLOW;
	if (!side_of_syn(&side, f))
		return EG_R_TCP_FLAGS;
	if (!eg_checksum_right(f))
		return EG_R_CHECKSUM;
	*t = (struct eg_tcp){ .state = EG_TCP_SYN_SENT, .opener = dir & 1u, .iss = f->tcp.seq };
	t->side[dir] = side;
	t->side[other(dir)].ack = side.end;
	return EG_R_NONE;
}

/* The opener's SYN again, before there is an answer: the same, whose data may be left out (RFC 7413
 * 4.2.2), or another, which is another connection. */
static enum eg_reason open_again(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	const struct eg_tcp before = *t;
	enum eg_reason r = eg_tcp_open(t, dir, f);

	if (r == EG_R_NONE && t->iss == before.iss)
		t->side[dir].end = later(t->side[dir].end, before.side[dir].end);
	return r;
}

/* A SYN of the opener's inside a connection. */
static enum eg_reason judge_syn(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	if (t->state == EG_TCP_SYN_SENT)
		return open_again(t, dir, f);
	if (t->state == EG_TCP_SYN_RECEIVED)
		return f->tcp.seq == t->iss ? EG_R_NONE : EG_R_TCP_WINDOW;
	return dir == EG_FROM_NETWORK ? EG_R_NONE : EG_R_TCP_STATE;
}

/* The answerer's SYN+ACK: the first, or the same again while its sender has
 * reason to repeat it, which is before it has sent anything else. */
static enum eg_reason judge_synack(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	struct eg_tcp_side *to = &t->side[other(dir)];
	struct eg_tcp_side from;

	if (t->state != EG_TCP_SYN_SENT && f->tcp.ack != t->side[dir].ack)
		return EG_R_TCP_WINDOW;
	if (!within(f->tcp.ack, t->iss + 1, to->end)) /* all of a SYN's data, or less */
		return EG_R_TCP_WINDOW;
	if (!side_of_syn(&from, f))
		return EG_R_TCP_FLAGS;
	if (t->state != EG_TCP_SYN_SENT)
		return from.end == t->side[dir].end && !t->side[dir].spoke ? EG_R_NONE
									   : EG_R_TCP_WINDOW;
	if (!from.scaled || !to->scaled)
		from.scale = to->scale = 0;
	from.ack = f->tcp.ack;
	from.maxend = from.end + to->maxwin;
	to->maxend = f->tcp.ack + from.maxwin;
	to->ack = from.end;
	t->side[dir] = from;
	return EG_R_NONE;
}

/* Whether the numbers of F, an ACK or FIN from S to R, fit (see Windows above). */
static inline bool numbers_fit(const struct eg_tcp_side *s, const struct eg_tcp_side *r,
			       const struct eg_frame *f, bool fin)
{
	uint32_t seq = f->tcp.seq;
	uint32_t low = s->end - r->maxwin - 1;
	uint32_t high = s->fin ? s->end : s->maxend + fin;
	uint32_t len = (uint32_t)f->payload.n + fin;

	if (!within(seq, low, high) || len > high - seq)
		return false;
	if (!within(f->tcp.ack, r->end - s->maxwin - ACK_SLACK, r->end))
		return false;
	/* A FIN is the last that its sender sends. */
	return !fin || later(seq + len, s->end) == seq + len;
}

/* An ACK or, where FIN, a FIN, before which T is ESTABLISHED or has been. */
static inline enum eg_reason judge_numbered(struct eg_tcp *t, enum eg_dir dir,
					    const struct eg_frame *f, bool fin)
{
	struct eg_tcp_side *s = &t->side[dir];
	struct eg_tcp_side *r = &t->side[other(dir)];
	uint32_t window = larger((uint32_t)f->tcp.window << s->scale, 1);

	if (!numbers_fit(s, r, f, fin) || (dir == EG_FROM_GUEST && !eg_gap_allows(t, f)))
		return EG_R_TCP_WINDOW;
	if (dir == EG_FROM_NETWORK && t->gap && (int32_t)(f->tcp.ack - s->ack) > 0)
		eg_gap_acked(t, f->tcp.ack);
	s->end = later(s->end, f->tcp.seq + (uint32_t)f->payload.n + fin);
	s->ack = later(s->ack, f->tcp.ack);
	s->maxwin = larger(s->maxwin, window);
	r->maxend = later(r->maxend, f->tcp.ack + window);
	s->spoke |= fin || f->payload.n > 0;
	if (fin)
		s->fin = 1;
	return EG_R_NONE;
}

/* An ACK or a FIN. */
static enum eg_reason judge_ack(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	if (t->state == EG_TCP_SYN_RECEIVED && f->tcp.ack != t->side[other(dir)].end)
		return EG_R_TCP_WINDOW;
	return judge_numbered(t, dir, f, f->tcp.flags & EG_TCP_FIN);
}

static bool fin_is_acked(const struct eg_tcp *t, enum eg_dir dir)
{
	return t->side[dir].fin && t->side[other(dir)].ack == t->side[dir].end;
}

/* The state of T after a FIN passed: what of the FINs is acknowledged. */
static enum eg_tcp_state after_fin(const struct eg_tcp *t)
{
	static const enum eg_tcp_state states[2][2] = {
		{ EG_TCP_FIN_SENT, EG_TCP_CLOSE_WAIT },
		{ EG_TCP_FIN_WAIT, EG_TCP_TIME_WAIT },
	};
	enum eg_dir opener = t->opener ? EG_FROM_NETWORK : EG_FROM_GUEST;

	return states[fin_is_acked(t, opener)][fin_is_acked(t, other(opener))];
}

/* A RST that is not exact: it must lie in what its receiver may accept. */
static enum eg_reason judge_loose(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	const struct eg_tcp_side *s = &t->side[dir];
	uint32_t high = s->fin ? s->end : s->maxend;

	return within(f->tcp.seq, t->side[other(dir)].ack, high) ? EG_R_NONE : EG_R_TCP_WINDOW;
}

static enum eg_reason judge_numbers(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f,
				    enum kind kind)
{
	switch (kind) {
	case SYN:
		return judge_syn(t, dir, f);
	case SYNACK:
		return judge_synack(t, dir, f);
	case ACK:
	case FIN:
		return judge_ack(t, dir, f);
	case RST:
		return EG_R_NONE; /* exact: that is all there is to it */
	case RST_LOOSE:
		return judge_loose(t, dir, f);
	default:
		return EG_R_TCP_FLAGS;
	}
}

/* Why a segment of KIND from DIR does not pass in T's state, whatever its numbers. */
static enum eg_reason why_not(const struct eg_tcp *t, enum eg_dir dir, enum kind kind)
{
	/* Before there is a connection, it is of an older one with the same ports: its sender
	 * answers the SYN with an ACK that only a RST ends (RFC 9293 3.5.1, figure 9). */
	if (t->state == EG_TCP_SYN_SENT && role(t, dir) == ANSWERER && (kind == ACK || kind == FIN))
		return EG_R_TCP_NO_FLOW;
	return kind == RST_LOOSE ? EG_R_TCP_WINDOW : EG_R_TCP_STATE;
}

EG_APART enum eg_reason judge_segment(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	enum kind kind = kind_of(f, dir);
	enum eg_reason r;
	uint8_t cell;

	if (kind == ILLEGAL)
		return EG_R_TCP_FLAGS;
	if (kind == RST && !reset_is_exact(t, dir, f))
		kind = RST_LOOSE;
	cell = next[t->state][role(t, dir)][kind];
	if (!cell)
		return why_not(t, dir, kind);
	if ((kind != ACK || dir == EG_FROM_GUEST || f->tcp.flags & U) && !eg_checksum_right(f))
		return EG_R_CHECKSUM;
	r = judge_numbers(t, dir, f, kind);
	if (r)
		return r;
	t->state = (cell - 1u) & 15u;
	if (t->state >= EG_TCP_FIN_SENT && t->state < EG_TCP_TIME_WAIT)
		t->state = after_fin(t) & 15u;
	return EG_R_NONE;
}

static_assert(EG_TCP_ESTABLISHED < EG_TCP_FIN_SENT && EG_TCP_FIN_WAIT < EG_TCP_TIME_WAIT &&
		      EG_TCP_CLOSE_WAIT < EG_TCP_TIME_WAIT && EG_TCP_TIME_WAIT < EG_TCP_CLOSING,
	      "what after_fin leads to");

EG_INLINED enum eg_reason judge_in(struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	unsigned kind = f->tcp.flags & FLAGS_MASK & ~(unsigned)P;

	/* Nearly all segments, at once: ESTABLISHED leads to itself in both cells of an ACK. */
	if (kind == A && t->state == EG_TCP_ESTABLISHED &&
	    (dir == EG_FROM_NETWORK ||
	     ((int32_t)(f->tcp.ack - t->side[dir].ack) <= 0 && !eg_tcp_is_shut(t))))
		return judge_numbered(t, dir, f, false);
	return judge_segment(t, dir, f);
}

/* Once for each direction, as half of what it does is for one of them. */
enum eg_reason eg_tcp_segment_of_guest(struct eg_tcp *t, const struct eg_frame *f)
{
	return judge_in(t, EG_FROM_GUEST, f);
}

enum eg_reason eg_tcp_segment_of_network(struct eg_tcp *t, const struct eg_frame *f)
{
	return judge_in(t, EG_FROM_NETWORK, f);
}

bool eg_tcp_is_reused(const struct eg_tcp *t, enum eg_dir dir, const struct eg_frame *f)
{
	bool over = t->side[0].fin && t->side[1].fin;

	if (t->state == EG_TCP_CLOSED || t->state == EG_TCP_CLOSING)
		over = true;
	return over && role(t, dir) == OPENER && kind_of(f, dir) == SYN;
}

bool eg_tcp_gets_on(const struct eg_tcp *t, const struct eg_frame *f, uint32_t from, bool shut)
{
	const struct eg_tcp_side *guest = &t->side[EG_FROM_GUEST];
	uint32_t more = guest->ack - from;

	if (eg_tcp_is_shut(t))
		return false;
	if (more == 0) /* a window update, which slirp drops where its checksum is wrong */
		return shut && eg_checksum_right(f);
	return more >= EG_TCP_PROGRESS || guest->ack == t->side[EG_FROM_NETWORK].end;
}

enum eg_reason eg_tcp_stray(const struct eg_frame *f)
{
	if ((f->tcp.flags & FLAGS_MASK) == EG_TCP_SYN)
		return EG_R_TCP_NEW;
	return kind_of(f, EG_FROM_GUEST) == ILLEGAL ? EG_R_TCP_FLAGS : EG_R_TCP_NO_FLOW;
}

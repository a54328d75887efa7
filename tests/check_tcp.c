/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tcp_link.h"

#include "packet.h"
#include "tcpgap.h"

#include <stdlib.h>

/* Segments of each kind with the best numbers for where the link stands. */
enum { SYN, SYNACK, ACK, DATA, FIN, RST, RST_LOOSE, KINDS };

static struct says segment(const struct link *l, enum eg_dir dir, int kind)
{
	static const uint8_t flags[KINDS] = { S, S | A, A, A | P, F | A, R | A, R | A };
	bool answer = l->t.state == EG_TCP_SYN_SENT && dir == GUEST;
	struct says s = { .dir = dir, .flags = flags[kind], .window = 500 };

	s.seq = l->t.side[dir].end - l->iss[dir];
	s.ack = l->t.side[!dir].end - l->iss[!dir];
	if (kind == SYN || kind == SYNACK)
		s.seq = 0;
	if (kind == SYNACK)
		s.ack = 1;
	if (kind == DATA)
		s.len = 10;
	if (kind == FIN && l->t.side[dir].fin)
		s.seq--;
	if (kind == RST || kind == RST_LOOSE)
		s.seq = l->t.side[!dir].ack - l->iss[dir] + (kind == RST_LOOSE);
	if (kind == RST_LOOSE && answer)
		s.ack++;
	return s;
}

/* Rows: SYN, SYN+ACK, ACK, data, FIN, exact RST, loose RST. A small letter is the
 * state that follows; S, W and N are blocked, for the state, for the window, or as
 * of no flow (an older connection's). */
static const struct {
	enum eg_tcp_state state;
	const char *of[2]; /* by enum eg_dir */
} matrix[] = {
	{ EG_TCP_CLOSED, { "SSSSSSW", "SSSSSSW" } },
	{ EG_TCP_SYN_SENT, { "SrNNNcW", "sSSSScW" } },
	{ EG_TCP_SYN_RECEIVED, { "SrSSScW", "rSeexcW" } },
	{ EG_TCP_ESTABLISHED, { "Seeexcl", "eSeexcl" } },
	{ EG_TCP_FIN_SENT, { "Sxfffcl", "xSxWxcl" } },
	{ EG_TCP_FIN_WAIT, { "SWfffcl", "fSfWfcW" } },
	{ EG_TCP_CLOSE_WAIT, { "SSwWwcW", "wSwwwcl" } },
	{ EG_TCP_TIME_WAIT, { "SStWtcW", "SStWtcW" } },
	{ EG_TCP_CLOSING, { "SSlllcl", "SSlllcl" } },
};

static void check_cell(int start, enum eg_tcp_state state, enum eg_dir dir, int kind, char want)
{
	static const char letters[EG_TCP_STATES] = { 'c', 's', 'r', 'e', 'x', 'f', 'w', 't', 'l' };
	struct link l = link_at(start, state);
	struct says s = segment(&l, dir, kind);
	enum eg_reason r = say(&l, s);
	char got = letters[l.t.state];

	if (r != EG_R_NONE)
		got = r == EG_R_TCP_STATE     ? 'S'
		      : r == EG_R_TCP_WINDOW  ? 'W'
		      : r == EG_R_TCP_NO_FLOW ? 'N'
					      : '?';
	ck_assert_msg(got == want, "start %d state %d dir %d kind %d: %c, not %c", start, state,
		      dir, kind, got, want);
}

START_TEST(each_state_passes_its_kinds_and_no_other)
{
	ck_assert_uint_eq(COUNT(matrix), EG_TCP_STATES);
	for (size_t i = 0; i < COUNT(matrix); i++)
		for (int dir = 0; dir < 2; dir++)
			for (int kind = 0; kind < KINDS; kind++)
				check_cell(_i, matrix[i].state, (enum eg_dir)dir, kind,
					   matrix[i].of[dir][kind]);
}
END_TEST

/* Which flags are a TCP's, without the ECN bits. */
static bool flags_are_legal(uint8_t flags, enum eg_dir dir, bool data)
{
	static const uint8_t legal[] = { S,         S | A, A,         A | P,     A | U,
					 A | P | U, F | A, F | A | P, F | A | U, F | A | P | U,
					 R,         R | A, R | A | P, R | A | U, R | A | P | U };
	uint8_t f = flags & (uint8_t) ~(ECE | CWR);

	if (data && dir == GUEST && f & (S | R))
		return false;
	if (data && f == (S | A))
		return false;
	return memchr(legal, f, sizeof(legal)) != NULL;
}

/* Xmas, NULL, SYN+FIN, data without ACK, SYN with data and so on, in any state. */
START_TEST(illegal_flags_block_in_every_state)
{
	for (unsigned int flags = 0; flags < 256; flags++) {
		for (int state = 0; state < EG_TCP_STATES; state++) {
			for (int v = 0; v < 4; v++) {
				enum eg_dir dir = v & 1 ? HOST : GUEST;
				bool data = v & 2;
				struct link l = link_at(_i, (enum eg_tcp_state)state);
				enum eg_reason r = say(&l, says(dir, flags, 1, 1, 1, data));

				ck_assert_int_eq(r != EG_R_TCP_FLAGS,
						 flags_are_legal((uint8_t)flags, dir, data));
			}
		}
	}
}
END_TEST

START_TEST(ecn_bits_change_nothing)
{
	struct link l = new_link(_i);

	PASSES(&l, HOST, S | ECE | CWR, 0, 0, HOST_WINDOW, 0);
	PASSES(&l, GUEST, S | A | ECE, 0, 1, GUEST_WINDOW, 0);
	PASSES(&l, HOST, A | CWR, 1, 1, HOST_WINDOW, 10);
	PASSES(&l, GUEST, F | A | ECE, 1, 11, GUEST_WINDOW, 0);
	STATE_IS(&l, FIN_SENT);
}
END_TEST

START_TEST(only_a_plain_syn_of_the_host_opens)
{
	for (unsigned int flags = 0; flags < 64; flags++) {
		for (uint16_t len = 0; len < 2; len++) {
			struct link l = new_link(_i);
			enum eg_reason want = EG_R_TCP_NO_FLOW;

			if (!flags_are_legal((uint8_t)flags, HOST, len))
				want = EG_R_TCP_FLAGS;
			else if (flags == S) /* with data, too: fast open */
				want = EG_R_NONE;
			BLOCKS(&l, want, HOST, (uint8_t)flags, 0, 0, 100, len);
		}
	}
}
END_TEST

START_TEST(segment_without_flow_has_a_reason)
{
	for (unsigned int flags = 0; flags < 256; flags++) {
		for (uint16_t len = 0; len < 2; len++) {
			static uint8_t buf[PACKET_MAX];
			struct link l = new_link(_i);
			struct says s = says(GUEST, flags, 1, 1, 1, len);
			enum eg_reason want = EG_R_TCP_NO_FLOW;
			struct eg_frame f;

			if ((flags & 63) == S) /* also with data: fast open */
				want = EG_R_TCP_NEW;
			else if (!flags_are_legal((uint8_t)flags, GUEST, len))
				want = EG_R_TCP_FLAGS;
			ck_assert_int_eq(eg_frame_decode(&f, buf, link_build(buf, &l, &s)),
					 EG_R_NONE);
			ck_assert_int_eq(eg_tcp_stray(&f), want);
		}
	}
}
END_TEST

START_TEST(wrong_checksum_blocks_where_state_would_change)
{
	struct says syn = says(HOST, S, 0, 0, 100, 0);
	struct link l = new_link(_i);

	syn.corrupt = true;
	ck_assert_int_eq(say(&l, syn), EG_R_CHECKSUM);
	for (int state = 0; state < EG_TCP_STATES; state++) {
		for (int v = 0; v < 2 * KINDS; v++) {
			struct link m = link_at(_i, (enum eg_tcp_state)state);
			struct says s = segment(&m, v % 2 ? HOST : GUEST, v / 2);
			struct link n = m;
			enum eg_reason want = say(&n, s);

			if (want == EG_R_NONE && (v / 2 > DATA || v / 2 < ACK))
				want = EG_R_CHECKSUM;
			if (want == EG_R_NONE && s.dir == GUEST && state != EG_TCP_ESTABLISHED)
				want = EG_R_CHECKSUM;
			/* It comes before the numbers. */
			if (want == EG_R_TCP_WINDOW && state >= EG_TCP_FIN_SENT &&
			    (v / 2 == RST_LOOSE || s.dir == GUEST))
				want = EG_R_CHECKSUM;
			s.corrupt = true;
			ck_assert_msg(say(&m, s) == want, "state %d dir %d kind %d", state, s.dir,
				      v / 2);
		}
	}
}
END_TEST

START_TEST(synack_must_acknowledge_exactly_the_syn)
{
	static const uint32_t wrong[] = { 0, 2, 0xffffffff, 0x80000001, 1001 };
	struct link l = link_at(_i, EG_TCP_SYN_SENT);

	for (size_t i = 0; i < COUNT(wrong); i++) {
		BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 0, wrong[i], 100, 0);
		BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, R | A, 0, wrong[i], 100, 0);
	}
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, R, 1, 1, 100, 0); /* without ACK it says nothing */
	PASSES(&l, GUEST, S | A, 0, 1, 100, 0);
}
END_TEST

START_TEST(host_must_acknowledge_exactly_the_synack)
{
	static const uint32_t wrong[] = { 0, 2, 0xffffffff, 0x80000001 };
	struct link l = link_at(_i, EG_TCP_SYN_RECEIVED);

	for (size_t i = 0; i < COUNT(wrong); i++) {
		BLOCKS(&l, EG_R_TCP_WINDOW, HOST, A, 1, wrong[i], 100, 0);
		BLOCKS(&l, EG_R_TCP_WINDOW, HOST, F | A, 1, wrong[i], 100, 0);
	}
	PASSES(&l, HOST, A, 1, 1, 100, 0);
}
END_TEST

START_TEST(reset_in_the_handshake_must_be_exact)
{
	static const struct {
		enum eg_tcp_state state;
		enum eg_dir dir;
	} whose[] = { { EG_TCP_SYN_SENT, HOST },
		      { EG_TCP_SYN_RECEIVED, HOST },
		      { EG_TCP_SYN_RECEIVED, GUEST } };

	for (size_t i = 0; i < COUNT(whose); i++) {
		struct link l = link_at(_i, whose[i].state);

		BLOCKS(&l, EG_R_TCP_WINDOW, whose[i].dir, R, 0, 0, 0, 0);
		BLOCKS(&l, EG_R_TCP_WINDOW, whose[i].dir, R, 2, 0, 0, 0);
		PASSES(&l, whose[i].dir, R, 1, 0, 0, 0);
		STATE_IS(&l, CLOSED);
	}
}
END_TEST

/* Beardsley and Qian: the guest ACKs, sends a SYN of its own, and would have the
 * host's SYN+ACK open a connection the other way round. */
START_TEST(split_handshake_and_simultaneous_open_drop)
{
	struct link l = link_at(_i, EG_TCP_SYN_SENT);

	BLOCKS(&l, EG_R_TCP_NO_FLOW, GUEST, A, 1, 1, 100, 0);
	BLOCKS(&l, EG_R_TCP_STATE, GUEST, S, 0, 0, 100, 0);
	BLOCKS(&l, EG_R_TCP_STATE, HOST, S | A, 0, 1, 100, 0);
	BLOCKS(&l, EG_R_TCP_NO_FLOW, GUEST, A, 1, 1, 100, 5);
	STATE_IS(&l, SYN_SENT);
}
END_TEST

START_TEST(handshake_segments_may_be_repeated_but_not_changed)
{
	struct link l = link_at(_i, EG_TCP_SYN_SENT);

	PASSES(&l, HOST, S, 0, 0, HOST_WINDOW, 0);
	PASSES(&l, GUEST, S | A, 0, 1, GUEST_WINDOW, 0);
	PASSES(&l, HOST, S, 0, 0, HOST_WINDOW, 0);
	PASSES(&l, GUEST, S | A, 0, 1, GUEST_WINDOW, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, HOST, S, 1, 0, HOST_WINDOW, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 1, 1, GUEST_WINDOW, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 0, 2, GUEST_WINDOW, 0);
	STATE_IS(&l, SYN_RECEIVED);
	PASSES(&l, HOST, A, 1, 1, HOST_WINDOW, 20);
	PASSES(&l, GUEST, S | A, 0, 1, GUEST_WINDOW, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 1, 1, GUEST_WINDOW, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 0, 21, GUEST_WINDOW, 0);
	/* Who has sent data has had the host's ACK. */
	PASSES(&l, GUEST, A, 1, 21, GUEST_WINDOW, 1);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 0, 1, GUEST_WINDOW, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 1, 1, GUEST_WINDOW, 0);
}
END_TEST

/* A SYN+ACK that is said again, or a SYN that passes through, announces nothing. */
START_TEST(repeated_handshake_changes_no_numbers)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);
	struct eg_tcp before = l.t;

	ck_assert_int_eq(say(&l, with_options(says(GUEST, S | A, 0, 1, 65535, 0), "\3\3\16\1", 4)),
			 EG_R_NONE);
	ck_assert_int_eq(say(&l, with_options(says(HOST, S, 5000, 0, 65535, 0), "\3\3\16\1", 4)),
			 EG_R_NONE);
	ck_assert_mem_eq(&before.side, &l.t.side, sizeof(before.side));
}
END_TEST

START_TEST(new_syn_before_an_answer_opens_anew)
{
	struct link l = link_at(_i, EG_TCP_SYN_SENT);

	PASSES(&l, HOST, S, 500, 0, HOST_WINDOW, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 0, 1, GUEST_WINDOW, 0);
	PASSES(&l, GUEST, S | A, 0, 501, GUEST_WINDOW, 0);
	PASSES(&l, HOST, A, 501, 1, HOST_WINDOW, 0);
	STATE_IS(&l, ESTABLISHED);
}
END_TEST

static bool reused(const struct link *l, enum eg_dir dir, unsigned int flags, uint16_t len)
{
	static uint8_t buf[PACKET_MAX];
	struct says s = says(dir, flags, 9000, 0, 77, len);
	struct eg_frame f;

	ck_assert_int_eq(eg_frame_decode(&f, buf, link_build(buf, l, &s)), EG_R_NONE);
	return eg_tcp_is_reused(&l->t, dir, &f);
}

START_TEST(syn_of_the_opener_begins_another_where_the_old_is_over)
{
	for (int state = 0; state < EG_TCP_STATES; state++) {
		struct link l = link_at(_i, (enum eg_tcp_state)state);
		bool over = state == EG_TCP_CLOSED || state == EG_TCP_CLOSING ||
			    state == EG_TCP_TIME_WAIT;

		ck_assert_int_eq(reused(&l, HOST, S, 0), over);
		ck_assert_int_eq(reused(&l, HOST, S, 20), over); /* fast open */
		ck_assert(!reused(&l, HOST, S | A, 0) && !reused(&l, HOST, A, 0));
		ck_assert(!reused(&l, GUEST, S, 0));
		if (over)
			BLOCKS(&l, EG_R_TCP_STATE, HOST, S, 9000, 0, 77, 0);
	}
}
END_TEST

/* A FIN ahead of bytes that are missing has not reached anybody. */
START_TEST(fin_counts_when_it_is_acknowledged)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, GUEST, F | A, 101, 1, 1000, 0);
	STATE_IS(&l, FIN_SENT);
	PASSES(&l, HOST, A, 1, 1, 1000, 0);
	STATE_IS(&l, FIN_SENT);
	PASSES(&l, HOST, F | A, 1, 1, 1000, 0);
	STATE_IS(&l, FIN_SENT);
	PASSES(&l, GUEST, A, 102, 2, 1000, 0);
	STATE_IS(&l, FIN_WAIT);
	PASSES(&l, GUEST, A, 1, 2, 1000, 100);
	PASSES(&l, HOST, A, 2, 102, 1000, 0);
	STATE_IS(&l, TIME_WAIT);
}
END_TEST

/* The network's data in a SYN may be acknowledged in all or in nothing (RFC 7413 3). */
START_TEST(data_in_the_networks_syn_may_be_taken_or_not)
{
	struct link l = new_link(_i);

	PASSES(&l, HOST, S, 0, 0, HOST_WINDOW, 20);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 0, 22, GUEST_WINDOW, 0);
	BLOCKS(&l, EG_R_TCP_FLAGS, GUEST, S | A, 0, 21, GUEST_WINDOW, 1);
	PASSES(&l, GUEST, S | A, 0, 21, GUEST_WINDOW, 0);
	PASSES(&l, HOST, A, 21, 1, HOST_WINDOW, 0);
	STATE_IS(&l, ESTABLISHED);
	l = new_link(_i);
	PASSES(&l, HOST, S, 0, 0, HOST_WINDOW, 20);
	PASSES(&l, HOST, S, 0, 0, HOST_WINDOW, 0); /* said again without it */
	PASSES(&l, GUEST, S | A, 0, 1, GUEST_WINDOW, 0);
	PASSES(&l, HOST, A, 1, 1, HOST_WINDOW, 20);
	STATE_IS(&l, ESTABLISHED);
}
END_TEST

/* Whoever gets an acknowledgement with a wrong checksum drops it. */
START_TEST(acknowledgement_of_something_new_needs_its_checksum)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);
	struct says s = says(GUEST, A, 1, 11, 1000, 0);

	PASSES(&l, HOST, A, 1, 1, 1000, 10);
	s.corrupt = true;
	ck_assert_int_eq(say(&l, s), EG_R_CHECKSUM);
	s = says(GUEST, A, 1, 1, 1000, 100);
	s.corrupt = true;
	ck_assert_int_eq(say(&l, s), EG_R_NONE); /* nothing new: between the ends */
	PASSES(&l, GUEST, A, 1, 11, 1000, 0);
}
END_TEST

/* How many segments of a byte pass, every second byte from FIRST on. */
static uint32_t every_second(struct link *l, uint32_t first)
{
	uint32_t passed = 0;

	while (say(l, says(GUEST, A, first + 2 * passed, 1, 1000, 1)) == EG_R_NONE)
		ck_assert_uint_lt(++passed, 1000);
	return passed;
}

START_TEST(small_segments_after_a_gap_are_few)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);
	uint32_t last;

	PASSES(&l, HOST, A, 1, 1, 60000, 0);
	ck_assert_uint_eq(every_second(&l, 2), 161); /* the first made the gap */
	last = 2 * 161;
	/* What is expected next always passes; what is acknowledged in part frees nothing. */
	for (uint32_t seq = 1; seq < last; seq += 2) {
		PASSES(&l, GUEST, A, seq, 1, 1000, 1);
		BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, last + 2, 1, 1000, 1);
		PASSES(&l, HOST, A, 1, seq + 2, 60000, 0);
	}
	ck_assert_uint_eq(every_second(&l, last + 2), 161);
}
END_TEST

/* New gaps, while old ones are filled: what the network keeps stays bounded. */
START_TEST(gaps_that_are_filled_one_by_one_keep_the_bound)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);
	uint32_t top = 0, kept = 0, seq = 1;

	PASSES(&l, HOST, A, 1, 1, 60000, 0);
	for (int round = 0; round < 1000; round++) {
		while (say(&l, says(GUEST, A, top + 2, 1, 1000, 1)) == EG_R_NONE) {
			top += 2;
			kept++;
		}
		ck_assert_uint_le(kept, 161);
		PASSES(&l, GUEST, A, seq, 1, 1000, 1); /* fills the first gap */
		seq += 2;
		kept--;
		PASSES(&l, HOST, A, 1, seq, 60000, 0);
	}
	ck_assert_uint_gt(top, 1000);
}
END_TEST

START_TEST(sender_that_leaves_nothing_out_is_not_counted)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, HOST, A, 1, 1, 60000, 0);
	for (uint32_t seq = 1; seq < 5000; seq++)
		PASSES(&l, GUEST, A, seq, 1, 1000, 1);
	PASSES(&l, GUEST, A, 1, 1, 1000, 100);
}
END_TEST

/* What did not reach the network is a gap, too, though the guest left nothing out. */
START_TEST(lost_segment_is_a_gap)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);
	uint32_t seq = 2;

	PASSES(&l, HOST, A, 1, 1, 60000, 0);
	PASSES(&l, GUEST, A, 1, 1, 1000, 1);
	eg_gap_begin(&l.t, l.iss[GUEST] + 2);
	while (say(&l, says(GUEST, A, seq, 1, 1000, 1)) == EG_R_NONE)
		ck_assert_uint_lt(++seq, 1000);
	ck_assert_uint_eq(seq, 162);
	PASSES(&l, GUEST, A, 1, 1, 1000, 1);
	PASSES(&l, HOST, A, 1, seq, 60000, 0);
	PASSES(&l, GUEST, A, seq, 1, 1000, 1);
}
END_TEST

/* Whole segments are as few as a window has room for. */
START_TEST(large_segments_are_not_counted)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, HOST, A, 1, 1, 60000, 0);
	for (uint32_t i = 0; i < 110; i++)
		PASSES(&l, GUEST, A, 100 + i * 512, 1, 1000, 512);
	PASSES(&l, GUEST, A, 100 + 110 * 512, 1, 1000, 1);
}
END_TEST

/* The host lost its connection and tries again from the same port (RFC 9293 3.5.1). */
START_TEST(syn_in_established_is_resolved_by_challenge_and_reset)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, HOST, S, 70000, 0, 100, 0);
	STATE_IS(&l, ESTABLISHED);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, S | A, 0, 70001, 100, 0);
	PASSES(&l, GUEST, A, 1, 1, 100, 0);
	PASSES(&l, HOST, R, 1, 0, 0, 0);
	STATE_IS(&l, CLOSED);
	ck_assert(reused(&l, HOST, S, 0));
}
END_TEST

START_TEST(closes_from_either_end)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, HOST, F | A | P, 1, 1, 1000, 10);
	STATE_IS(&l, FIN_SENT);
	PASSES(&l, GUEST, A, 1, 12, 1000, 100); /* half-closed: data still comes */
	STATE_IS(&l, FIN_WAIT);
	PASSES(&l, GUEST, F | A, 101, 12, 1000, 0);
	STATE_IS(&l, FIN_WAIT);
	PASSES(&l, HOST, A, 12, 102, 1000, 0);
	STATE_IS(&l, TIME_WAIT);
	PASSES(&l, GUEST, F | A, 101, 12, 1000, 0); /* the last ACK was lost */
	PASSES(&l, HOST, A, 12, 102, 1000, 0);
	l = link_at(_i, EG_TCP_ESTABLISHED);
	PASSES(&l, GUEST, F | A, 1, 1, 1000, 0);
	STATE_IS(&l, FIN_SENT);
	PASSES(&l, HOST, A | P, 1, 2, 1000, 100);
	STATE_IS(&l, CLOSE_WAIT);
	PASSES(&l, HOST, F | A, 101, 2, 1000, 0);
	STATE_IS(&l, CLOSE_WAIT);
	PASSES(&l, GUEST, A, 2, 102, 1000, 0);
	STATE_IS(&l, TIME_WAIT);
}
END_TEST

/* After a reset that may not have hit, the connection goes on, but not for long. */
START_TEST(loose_reset_leaves_the_connection_dying)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, GUEST, A, 1, 1, 1000, 100);
	PASSES(&l, GUEST, R | A, 101, 1, 0, 0);
	STATE_IS(&l, CLOSING);
	PASSES(&l, HOST, A, 1, 1, 1000, 0); /* the challenge */
	PASSES(&l, GUEST, A, 101, 1, 1000, 100);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 201, 1, 1000, 2000);
	PASSES(&l, HOST, A, 1, 201, 1000, 0);
	PASSES(&l, GUEST, R | A, 201, 1, 0, 0);
	STATE_IS(&l, CLOSED);
}
END_TEST

START_TEST(states_last_as_long_as_the_table_says)
{
	static const uint32_t seconds[EG_TCP_STATES] = { 0,    120,  60, 86400, 3600,
							 3600, 3600, 15, 120 };

	for (int state = 0; state < EG_TCP_STATES; state++) {
		struct link l = link_at(_i, (enum eg_tcp_state)state);

		ck_assert_uint_eq(eg_tcp_timeout(&l.t), seconds[state] * 1000);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tcp");
	TCase *c = tcase_create("tcp");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, each_state_passes_its_kinds_and_no_other, 0, LINK_STARTS);
	tcase_add_loop_test(c, illegal_flags_block_in_every_state, 0, LINK_STARTS);
	tcase_add_loop_test(c, ecn_bits_change_nothing, 0, LINK_STARTS);
	tcase_add_loop_test(c, only_a_plain_syn_of_the_host_opens, 0, LINK_STARTS);
	tcase_add_loop_test(c, segment_without_flow_has_a_reason, 0, LINK_STARTS);
	tcase_add_loop_test(c, wrong_checksum_blocks_where_state_would_change, 0, LINK_STARTS);
	tcase_add_loop_test(c, synack_must_acknowledge_exactly_the_syn, 0, LINK_STARTS);
	tcase_add_loop_test(c, host_must_acknowledge_exactly_the_synack, 0, LINK_STARTS);
	tcase_add_loop_test(c, reset_in_the_handshake_must_be_exact, 0, LINK_STARTS);
	tcase_add_loop_test(c, split_handshake_and_simultaneous_open_drop, 0, LINK_STARTS);
	tcase_add_loop_test(c, handshake_segments_may_be_repeated_but_not_changed, 0, LINK_STARTS);
	tcase_add_loop_test(c, repeated_handshake_changes_no_numbers, 0, LINK_STARTS);
	tcase_add_loop_test(c, new_syn_before_an_answer_opens_anew, 0, LINK_STARTS);
	tcase_add_loop_test(c, syn_of_the_opener_begins_another_where_the_old_is_over, 0,
			    LINK_STARTS);
	tcase_add_loop_test(c, fin_counts_when_it_is_acknowledged, 0, LINK_STARTS);
	tcase_add_loop_test(c, data_in_the_networks_syn_may_be_taken_or_not, 0, LINK_STARTS);
	tcase_add_loop_test(c, acknowledgement_of_something_new_needs_its_checksum, 0, LINK_STARTS);
	tcase_add_loop_test(c, small_segments_after_a_gap_are_few, 0, LINK_STARTS);
	tcase_add_loop_test(c, gaps_that_are_filled_one_by_one_keep_the_bound, 0, LINK_STARTS);
	tcase_add_loop_test(c, lost_segment_is_a_gap, 0, LINK_STARTS);
	tcase_add_loop_test(c, sender_that_leaves_nothing_out_is_not_counted, 0, LINK_STARTS);
	tcase_add_loop_test(c, large_segments_are_not_counted, 0, LINK_STARTS);
	tcase_add_loop_test(c, syn_in_established_is_resolved_by_challenge_and_reset, 0,
			    LINK_STARTS);
	tcase_add_loop_test(c, closes_from_either_end, 0, LINK_STARTS);
	tcase_add_loop_test(c, loose_reset_leaves_the_connection_dying, 0, LINK_STARTS);
	tcase_add_loop_test(c, states_last_as_long_as_the_table_says, 0, LINK_STARTS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

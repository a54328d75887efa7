/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments: numbers, flags and headers of what leaves; retransmissions; the table of streams. */
#include "dnsstream_link.h"

/* A link on which all of S has left. */
static struct link link_after(int i, const struct stream_pair *s)
{
	struct link l = new_link(i);

	LEAVES(data(&l, 1, s->in, s->n), 1, s->out, s->n, ACK | PSH);
	return l;
}

/* Whatever a header can carry. */
START_TEST(nothing_of_the_guests_headers_leaves)
{
	static const uint8_t options[40] = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 5,    10,  9,
					     0, 0, 1, 9,  0, 0, 2, 1, 1, 1, 1, 0, 0xee, 0xee };
	const struct stream_pair s = several(2);
	struct link l = new_link(_i);
	size_t l4 = l.v6 ? PACKET_L4_6 : PACKET_L4_4;
	const struct packet_edit edits4[] = {
		EDIT(15, 0xff),       /* type of service and ECN */
		EDIT(18, 0xbe, 0xef), /* identification */
		EDIT(20, 0),          /* fragments are fine */
		EDIT(22, 3),          /* TTL */
	};
	const struct packet_edit edits6[] = {
		EDIT(14, 0x6f, 0xff, 0xbe, 0xef), /* traffic class and flow label */
		EDIT(21, 3),                      /* hop limit */
		EDIT(l4 + 18, 0xbe, 0xef),        /* urgent pointer */
		EDIT(l4 + 12, 15 << 4 | 1),       /* AE (RFC 9768) */
	};
	const struct packet_edit *edits = l.v6 ? edits6 : edits4;

	for (size_t i = 0; i < 4; i++) {
		struct says say_all = { .seq = 1,
					.p = s.in,
					.n = s.n,
					.flags = ACK | URG | ECE | CWR,
					.options = options,
					.options_len = sizeof(options),
					.edit = edits[i] };

		anew(&l);
		LEAVES(say(&l, say_all), 1, s.out, s.n, ACK | PSH);
		say_all.n = 0;
		say_all.seq = (uint32_t)(1 + s.n);
		LEAVES_EMPTY(say(&l, say_all), 1 + s.n);
		say_all.flags |= PSH | FIN;
		LEAVES(say(&l, say_all), 1 + s.n, NULL, 0, ACK | FIN);
		say_all.flags = RST | ACK | URG | ECE | CWR;
		ck_assert_uint_eq(say(&l, say_all).flags, RST | ACK);
	}
	free_link(&l);
}
END_TEST

START_TEST(acknowledgement_leaves_at_next)
{
	const struct stream_pair s = several(1);
	struct link l = new_link(_i);

	LEAVES_EMPTY(data(&l, 1, NULL, 0), 1);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	LEAVES_EMPTY(data(&l, (uint32_t)(1 + s.n), NULL, 0), 1 + s.n);
	/* Behind held bytes, and with an old number, as BSD writes it while it repeats. */
	LEAVES_EMPTY(data(&l, (uint32_t)(1 + s.n), s.in, 5), 1 + s.n);
	LEAVES_EMPTY(data(&l, (uint32_t)(6 + s.n), NULL, 0), 1 + s.n);
	LEAVES_EMPTY(data(&l, 1, NULL, 0), 1 + s.n);
	free_link(&l);
}
END_TEST

START_TEST(any_range_said_again_leaves_as_it_left)
{
	const struct stream_pair s = several(2);
	struct link l = link_after(_i, &s);
	uint8_t other[256];

	memset(other, 'x', sizeof(other));
	for (size_t from = 0; from < s.n; from++) {
		for (size_t to = from + 1; to <= s.n; to++)
			LEAVES(data(&l, (uint32_t)(1 + from), other, to - from), 1 + from,
			       s.out + from, to - from, ACK | PSH);
	}
	ck_assert_uint_eq(l.judged, 2);
	free_link(&l);
}
END_TEST

/* It starts in what has left, and ends anywhere in the query that follows. */
START_TEST(range_that_overlaps_what_left_goes_on_with_what_is_new)
{
	const struct stream_pair s = several(2);
	struct link l = new_link(_i);
	size_t first = s.ends[0];
	uint8_t bytes[256];

	memcpy(bytes, s.in, s.n);
	memset(bytes, 'x', first);
	for (size_t from = 0; from < first; from++) {
		for (size_t to = first; to <= s.n; to++) {
			size_t end = whole(&s, to);

			anew(&l);
			LEAVES(data(&l, 1, s.in, first), 1, s.out, first, ACK | PSH);
			LEAVES(data(&l, (uint32_t)(1 + from), bytes + from, to - from), 1 + from,
			       s.out + from, end - from, ACK | PSH);
			LEAVES(data(&l, (uint32_t)(1 + to), bytes + to, s.n - to), 1 + end,
			       s.out + end, s.n - end, end < s.n ? ACK | PSH : ACK);
		}
	}
	free_link(&l);
}
END_TEST

/* Of each byte the one counts that was taken first. */
START_TEST(held_bytes_said_again_otherwise_stay_what_they_were)
{
	const struct stream_pair s = several(1);
	struct link l = new_link(_i);
	uint8_t other[256];

	for (size_t held = 1; held < s.n; held++) {
		for (size_t from = 0; from < held; from++) {
			anew(&l);
			memset(other, 'x', sizeof(other));
			LEAVES_EMPTY(data(&l, 1, s.in, held), 1);
			LEAVES_EMPTY(data(&l, (uint32_t)(1 + from), other, held - from), 1);
			memcpy(other + held, s.in + held, s.n - held);
			LEAVES(data(&l, (uint32_t)(1 + from), other + from, s.n - from), 1, s.out,
			       s.n, ACK | PSH);
		}
	}
	free_link(&l);
}
END_TEST

/* What comes behind a gap was not received, nor is its FIN; what fills the gap counts. */
START_TEST(segment_beyond_the_next_byte_is_not_taken)
{
	static const uint32_t gaps[] = { 1, 2, 100, 65535, 1u << 30 };
	const struct stream_pair s = several(1);
	struct link l = new_link(_i);

	for (size_t held = 0; held < s.n; held++) {
		for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
			struct says far = { .seq = (uint32_t)(1 + held) + gaps[i],
					    .p = s.in,
					    .n = s.n,
					    .flags = ACK | (i % 2 ? FIN : 0) };

			anew(&l);
			LEAVES_EMPTY(data(&l, 1, s.in, held), 1);
			LEAVES_EMPTY(say(&l, far), 1);
			far.n = 0;
			LEAVES_EMPTY(say(&l, far), 1);
			LEAVES(data(&l, (uint32_t)(1 + held), s.in + held, s.n - held), 1, s.out,
			       s.n, ACK | PSH);
		}
	}
	free_link(&l);
}
END_TEST

START_TEST(fin_leaves_again_and_ends_the_stream)
{
	const struct stream_pair s = several(2);
	struct link l = link_after(_i, &s);
	uint32_t end = (uint32_t)(1 + s.n);
	struct says fin = { .seq = end, .flags = ACK | FIN };

	LEAVES(say(&l, fin), end, NULL, 0, ACK | FIN);
	LEAVES(say(&l, fin), end, NULL, 0, ACK | FIN);
	/* With the last bytes; not where it does not stand behind them. */
	fin = (struct says){ .seq = end - 9, .p = s.in, .n = 9, .flags = ACK | FIN };
	LEAVES(say(&l, fin), end - 9, s.out + s.n - 9, 9, ACK | PSH | FIN);
	fin.n = 8;
	LEAVES(say(&l, fin), end - 9, s.out + s.n - 9, 8, ACK | PSH);
	LEAVES(data(&l, end - 9, s.in, 9), end - 9, s.out + s.n - 9, 9, ACK | PSH);
	/* Behind it there is nothing but acknowledgements, and they count it. */
	LEAVES_EMPTY(data(&l, end + 1, NULL, 0), end + 1);
	LEAVES_EMPTY(data(&l, end + 1, s.in, s.n), end + 1);
	LEAVES_EMPTY(data(&l, end, s.in, s.n), end);
	fin = (struct says){ .seq = end + 1, .p = s.in, .n = s.n, .flags = ACK | FIN };
	LEAVES_EMPTY(say(&l, fin), end + 1);
	ck_assert_uint_eq(say(&l, (struct says){ .seq = end + 1, .flags = RST }).seq, end + 1);
	ck_assert_uint_eq(l.judged, 2);
	free_link(&l);
}
END_TEST

START_TEST(reset_leaves_bare_at_next)
{
	const struct stream_pair s = several(1);
	static const uint8_t flags[] = { RST, RST | ACK, RST | ACK | PSH, RST | ACK | FIN };

	for (size_t i = 0; i < sizeof(flags); i++) {
		for (size_t held = 0; held < s.n; held++) {
			struct link l = link_after(_i, &s);
			struct left x;

			LEAVES_EMPTY(data(&l, (uint32_t)(1 + s.n), s.in, held), 1 + s.n);
			x = say(&l, (struct says){ .seq = (uint32_t)(1 + s.n + held),
						   .p = s.in,
						   .n = s.n,
						   .flags = flags[i] });
			ck_assert_int_eq(x.reason, EG_R_NONE);
			WANT(x.any && x.n == 0 && x.options_len == 0 && x.window == 0);
			WANT(x.seq == 1 + s.n);
			WANT(x.flags == (flags[i] & (RST | ACK)));
			WANT(x.ack == (flags[i] & ACK ? SERVER_SEQ : 0));
			free_link(&l);
		}
	}
}
END_TEST

/* One below next: the resolver is to answer with what it has. */
START_TEST(keepalive_leaves_as_one)
{
	const struct stream_pair s = several(1);
	struct link l = new_link(_i);
	uint32_t end = (uint32_t)(1 + s.n);

	LEAVES_EMPTY(data(&l, 0, NULL, 0), 0);
	LEAVES_EMPTY(data(&l, 0, s.in, 1), 0);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	LEAVES_EMPTY(data(&l, end - 1, NULL, 0), end - 1);
	LEAVES(data(&l, end - 1, (const uint8_t *)"x", 1), end - 1, s.out + s.n - 1, 1, ACK | PSH);
	LEAVES_EMPTY(data(&l, end - 2, NULL, 0), end);
	LEAVES_EMPTY(data(&l, end, s.in, 5), end);
	LEAVES_EMPTY(data(&l, end + 4, NULL, 0), end);
	free_link(&l);
}
END_TEST

/* A guest may send more than leaves in one segment: the rest it says again. */
START_TEST(what_has_no_room_was_not_received)
{
	const struct stream_pair s = several(100);
	struct link l = new_link(_i);
	size_t at = 0, times = 0;

	ck_assert_uint_gt(s.n, 3 * EG_DNSSTREAM_SEND);
	for (; at < s.n; times++) {
		struct left x;
		size_t end = 0;

		for (size_t i = 0; i < s.count && s.ends[i] <= at + EG_DNSSTREAM_SEND; i++)
			end = s.ends[i];
		acked(&l, (uint32_t)(1 + at));
		x = say(&l, (struct says){ .seq = (uint32_t)(1 + at),
					   .p = s.in + at,
					   .n = s.n - at,
					   .flags = ACK | FIN });
		LEAVES(x, 1 + at, s.out + at, end - at, end == s.n ? ACK | PSH | FIN : ACK | PSH);
		at = end;
	}
	ck_assert_uint_eq(times, 4);
	ck_assert_uint_eq(l.judged, s.count);
	free_link(&l);
}
END_TEST

/* Old bytes take room, too: then the held message waits for it. */
START_TEST(old_bytes_leave_first_when_there_is_no_room_for_all)
{
	struct stream_pair s = { .n = 0 };
	struct link l = new_link(_i);

	append(&s, pair("first", EG_DNS_TYPE_A, 900));
	append(&s, pair("second", EG_DNS_TYPE_A, 900));
	LEAVES(data(&l, 1, s.in, s.ends[0] + 100), 1, s.out, s.ends[0], ACK | PSH);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.ends[0], ACK | PSH);
	LEAVES(data(&l, 601, s.in + 600, s.n - 600), 601, s.out + 600, s.ends[0] - 600, ACK | PSH);
	LEAVES(data(&l, 901, s.in + 900, s.n - 900), 901, s.out + 900, s.n - 900, ACK | PSH);
	ck_assert_uint_eq(l.judged, 2);
	free_link(&l);
}
END_TEST

/* More than a segment is asked for again: the first part leaves, and no FIN. */
START_TEST(long_range_said_again_leaves_as_far_as_it_fits)
{
	const struct stream_pair s = several(50);
	struct link l = new_link(_i);
	size_t end = 0;
	struct says all = { .seq = 1, .p = s.in, .n = s.n, .flags = ACK | FIN };

	ck_assert_uint_gt(s.n, EG_DNSSTREAM_SEND);
	ck_assert_uint_lt(s.n, 2 * EG_DNSSTREAM_SEND);
	end = whole(&s, EG_DNSSTREAM_SEND);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, end, ACK | PSH);
	all.seq = (uint32_t)(1 + end);
	all.p = s.in + end;
	all.n = s.n - end;
	LEAVES(say(&l, all), 1 + end, s.out + end, s.n - end, ACK | PSH | FIN);
	all = (struct says){ .seq = 1, .p = s.in, .n = s.n, .flags = ACK | FIN };
	LEAVES(say(&l, all), 1, s.out, EG_DNSSTREAM_SEND, ACK | PSH);
	free_link(&l);
}
END_TEST

/* What is not acknowledged can always be said again; nothing leaves that could not. */
START_TEST(no_more_leaves_than_can_be_said_again)
{
	const struct stream_pair s = several(100);
	struct link l = new_link(_i);
	size_t sent = 0;

	for (size_t i = 0; i < s.count; i++) {
		size_t from = i ? s.ends[i - 1] : 0, n = s.ends[i] - from;
		struct left x = data(&l, (uint32_t)(1 + from), s.in + from, n);

		WANT(x.reason == EG_R_NONE && x.any);
		if (s.ends[i] <= 2 * EG_DNSSTREAM_SEND)
			sent = s.ends[i];
		WANT(x.seq + x.n == 1 + sent);
	}
	ck_assert_uint_gt(sent + 100, 2 * EG_DNSSTREAM_SEND);
	LEAVES(data(&l, 1, s.in, 1000), 1, s.out, 1000, ACK | PSH);
	/* One byte of room too few, and enough. */
	acked(&l, (uint32_t)(whole(&s, sent + 1000) - 2 * EG_DNSSTREAM_SEND));
	LEAVES(data(&l, (uint32_t)(1 + sent), s.in + sent, 1000), 1 + sent, s.out + sent,
	       whole(&s, whole(&s, sent + 1000) - 1) - sent, ACK | PSH);
	free_link(&l);
}
END_TEST

START_TEST(old_bytes_that_are_not_kept_ask_the_resolver_for_an_answer)
{
	const struct stream_pair s = several(100);
	struct link l = new_link(_i);
	size_t kept, at = 0;

	while (at < s.n) {
		struct left x;

		acked(&l, (uint32_t)(1 + at));
		x = data(&l, (uint32_t)(1 + at), s.in + at, s.n - at);
		WANT(x.reason == EG_R_NONE && x.n > 0);
		at += x.n;
	}
	kept = s.n - 2 * EG_DNSSTREAM_SEND;
	LEAVES_EMPTY(data(&l, 1, s.in, 100), s.n);
	LEAVES_EMPTY(data(&l, 1, s.in, kept), s.n);
	LEAVES(data(&l, 1, s.in, kept + 1), 1 + kept, s.out + kept, 1, ACK | PSH);
	LEAVES(data(&l, 1, s.in, s.n), 1 + kept, s.out + kept, EG_DNSSTREAM_SEND, ACK | PSH);
	/* The same where numbers stand below the SYN's. */
	anew(&l);
	LEAVES_EMPTY(data(&l, (uint32_t)-50, s.in, 10), 0);
	LEAVES_EMPTY(data(&l, (uint32_t)-50, s.in, 51), 0);
	LEAVES_EMPTY(data(&l, (uint32_t)-50, s.in, 52), 1);
	free_link(&l);
}
END_TEST

/* An acknowledgement of more than was sent gives no room, and takes none. */
START_TEST(acknowledgement_beyond_what_was_sent_changes_nothing)
{
	const struct stream_pair s = several(2);
	struct link l = new_link(_i);

	acked(&l, 100000);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	free_link(&l);
}
END_TEST

START_TEST(wrong_checksum_blocks_and_changes_nothing)
{
	static const uint8_t flags[] = { ACK, ACK | FIN, RST };
	const struct stream_pair s = several(1);
	struct link l = new_link(_i);
	size_t half = s.n / 2;

	LEAVES_EMPTY(data(&l, 1, s.in, half), 1);
	for (size_t i = 0; i < sizeof(flags); i++) {
		struct left x = say(&l, (struct says){ .seq = (uint32_t)(1 + half),
						       .p = "xxxxxxxxxxxxxxxxxx",
						       .n = s.n - half,
						       .flags = flags[i],
						       .spoil = true });

		ck_assert_int_eq(x.reason, EG_R_CHECKSUM);
		ck_assert(!x.any);
	}
	LEAVES(data(&l, (uint32_t)(1 + half), s.in + half, s.n - half), 1, s.out, s.n, ACK | PSH);
	free_link(&l);
}
END_TEST

START_TEST(syn_or_no_ack_blocks_and_changes_nothing)
{
	static const uint8_t flags[] = { 0,         PSH,       FIN,       URG | PSH | FIN,
					 SYN | ACK, SYN | PSH, SYN | FIN, SYN | RST,
					 CWR,       SYN | 0xfd };
	const struct stream_pair s = several(1);
	struct link l = new_link(_i);

	for (size_t i = 0; i < sizeof(flags); i++) {
		struct left x = say(
			&l, (struct says){ .seq = 1, .p = s.in, .n = s.n - 1, .flags = flags[i] });

		ck_assert_int_eq(x.reason, EG_R_TCP_FLAGS);
		ck_assert(!x.any);
	}
	LEAVES_EMPTY(data(&l, 2, s.in + 1, s.n - 1), 1); /* nothing was taken */
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	free_link(&l);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dnsstream_tcp");
	TCase *c = tcase_create("segments");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, nothing_of_the_guests_headers_leaves, 0, LINKS);
	tcase_add_loop_test(c, acknowledgement_leaves_at_next, 0, LINKS);
	tcase_add_loop_test(c, any_range_said_again_leaves_as_it_left, 0, LINKS);
	tcase_add_loop_test(c, range_that_overlaps_what_left_goes_on_with_what_is_new, 0, LINKS);
	tcase_add_loop_test(c, held_bytes_said_again_otherwise_stay_what_they_were, 0, LINKS);
	tcase_add_loop_test(c, segment_beyond_the_next_byte_is_not_taken, 0, LINKS);
	tcase_add_loop_test(c, fin_leaves_again_and_ends_the_stream, 0, LINKS);
	tcase_add_loop_test(c, reset_leaves_bare_at_next, 0, LINKS);
	tcase_add_loop_test(c, keepalive_leaves_as_one, 0, LINKS);
	tcase_add_loop_test(c, what_has_no_room_was_not_received, 0, LINKS);
	tcase_add_loop_test(c, old_bytes_leave_first_when_there_is_no_room_for_all, 0, LINKS);
	tcase_add_loop_test(c, long_range_said_again_leaves_as_far_as_it_fits, 0, LINKS);
	tcase_add_loop_test(c, no_more_leaves_than_can_be_said_again, 0, LINKS);
	tcase_add_loop_test(c, old_bytes_that_are_not_kept_ask_the_resolver_for_an_answer, 0,
			    LINKS);
	tcase_add_loop_test(c, acknowledgement_beyond_what_was_sent_changes_nothing, 0, LINKS);
	tcase_add_loop_test(c, wrong_checksum_blocks_and_changes_nothing, 0, LINKS);
	tcase_add_loop_test(c, syn_or_no_ack_blocks_and_changes_nothing, 0, LINKS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

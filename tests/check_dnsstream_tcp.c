/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments: numbers, flags and headers of what leaves; retransmissions; the table of streams. */
#include "dnsstream_link.h"

static struct stream_pair several(size_t count)
{
	static const char *const labels[] = { "One", "tWo", "thrEE" };
	struct stream_pair s = { .n = 0 };

	for (size_t i = 0; i < count; i++)
		append(&s, pair(labels[i % 3], EG_DNS_TYPE_A, i % 2 ? 12 : NO_EDNS));
	return s;
}

/* A link on which all of S has left. */
static struct link link_after(int i, const struct stream_pair *s)
{
	struct link l = new_link(i);

	LEAVES(data(&l, 1, s->in, s->n), 1, s->out, s->n, ACK | PSH);
	return l;
}

START_TEST(syn_leaves_without_options_but_mss)
{
	static const struct {
		uint8_t n, options[40];
		uint16_t mss; /* 0: none leaves */
	} rows[] = {
		{ 0, { 0 }, 0 },
		{ 4, { 2, 4, 5, 0xb4 }, 1460 },
		{ 4, { 2, 4, 4, 0xc4 }, 1220 },
		{ 4, { 2, 4, 2, 0x18 }, 536 },
		{ 4, { 2, 4, 2, 0x17 }, 536 },
		{ 4, { 2, 4, 0, 1 }, 536 },
		{ 4, { 2, 4, 0, 0 }, 0 },
		{ 4, { 2, 4, 5, 0xb5 }, 1460 },
		{ 4, { 2, 4, 0xff, 0xff }, 1460 },
		/* Linux's, and one with the MSS last. */
		{ 20, { 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 }, 1460 },
		{ 8, { 1, 3, 3, 7, 2, 4, 4, 0 }, 1024 },
		/* Stowaways alone. */
		{ 40, { 253, 40, 1, 2, 3, 4 }, 0 },
		{ 8, { 0, 2, 4, 5, 2, 4, 5, 0xb4 }, 0 },
		{ 8, { 253, 0, 0, 0, 2, 4, 5, 0xb4 }, 0 },
		{ 8, { 253, 1, 2, 2, 2, 4, 5, 0xb4 }, 0 },
		{ 8, { 2, 3, 5, 2, 4, 4, 0, 0 }, 1024 }, /* of a wrong length; then a right one */
		/* The last one leaves the header. */
		{ 4, { 1, 1, 1, 2 }, 0 },
		{ 4, { 1, 1, 2, 4 }, 0 },
		{ 4, { 1, 2, 4, 5 }, 0 },
		{ 4, { 1, 1, 3, 30 }, 0 },
		{ 8, { 3, 30, 1, 1, 2, 4, 5, 0xb4 }, 0 },
	};
	struct link l = new_link(_i);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct left x = say(&l, (struct says){ .flags = SYN,
							     .options = rows[i].options,
							     .options_len = rows[i].n });
		const uint8_t mss[4] = { 2, 4, (uint8_t)(rows[i].mss >> 8), (uint8_t)rows[i].mss };

		ck_assert(x.reason == EG_R_NONE && x.any && x.n == 0);
		ck_assert_uint_eq(x.seq, 0);
		ck_assert_uint_eq(x.ack, 0);
		ck_assert_uint_eq(x.flags, SYN);
		ck_assert_uint_eq(x.window, GUEST_WINDOW);
		ck_assert_msg(x.options_len == (rows[i].mss ? 4 : 0), "row %zu", i);
		ck_assert_mem_eq(x.options, mss, x.options_len);
	}
	free_link(&l);
}
END_TEST

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

START_TEST(no_segment_passes_without_a_stream)
{
	struct link l = new_link(_i);
	const struct link other = link_from(l.t, _i, PACKET_PORT + 1);

	eg_dnsstream_end(l.t, &other.flow.key);
	LEAVES_EMPTY(data(&l, 1, NULL, 0), 1);
	eg_dnsstream_end(l.t, &l.flow.key);
	GONE(&l);
	eg_dnsstream_end(l.t, &l.flow.key);
	GONE(&l);
	/* A flow that was removed from its table. */
	anew(&l);
	l.flow.key.proto = 0;
	GONE(&l);
	free_rooms((struct link *)&other);
	free_link(&l);
}
END_TEST

START_TEST(new_syn_begins_anew)
{
	const struct stream_pair s = several(2);
	struct link l = new_link(_i);
	struct says fin = { .seq = (uint32_t)(1 + s.n), .flags = ACK | FIN };

	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	LEAVES_EMPTY(data(&l, (uint32_t)(1 + s.n), s.in, 5), 1 + s.n);
	l.iss += 100;
	anew(&l);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	LEAVES(say(&l, fin), 1 + s.n, NULL, 0, ACK | FIN);
	l.iss += 100;
	anew(&l);
	LEAVES_EMPTY(data(&l, 1, s.in, 0), 1);
	/* Of what left before nothing is kept. */
	LEAVES_EMPTY(data(&l, (uint32_t)-20, s.in, 10), 0);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	free_link(&l);
}
END_TEST

START_TEST(streams_do_not_mix)
{
	const struct stream_pair s = several(2);
	struct link l[EG_DNSSTREAMS_MAX];

	l[0] = new_link(_i);
	for (uint16_t i = 1; i < EG_DNSSTREAMS_MAX; i++)
		l[i] = link_from(l[0].t, (_i + i) % LINKS, (uint16_t)(PACKET_PORT + i));
	for (size_t i = 0; i < EG_DNSSTREAMS_MAX; i++) {
		size_t n = whole(&s, i + 1);

		LEAVES(data(&l[i], 1, s.in, i + 1), 1, s.out, n, n ? ACK | PSH : ACK);
	}
	for (size_t i = 0; i < EG_DNSSTREAMS_MAX; i++) {
		size_t n = whole(&s, i + 1);
		struct left x = data(&l[i], (uint32_t)(2 + i), s.in + i + 1, s.n - i - 1);

		LEAVES(x, 1 + n, s.out + n, s.n - n, ACK | PSH);
		free_rooms(&l[i]);
	}
	eg_dnsstreams_free(l[0].t);
}
END_TEST

/* SYN number I of many at time NOW, which only its port tells from the others. */
static enum eg_reason open_at(struct link *l, uint16_t i, uint64_t now)
{
	struct left x;

	l->guest.port = (uint16_t)(PACKET_PORT + i);
	x = say_at(l, (struct says){ .flags = SYN }, now);
	ck_assert_int_eq(x.any, x.reason == EG_R_NONE);
	return x.reason;
}

/* Whether the stream that began with SYN number I is there; this is no use of it. */
static bool is_open(struct link *l, uint16_t i)
{
	l->guest.port = (uint16_t)(PACKET_PORT + i);
	l->flow.key.guest_port = l->guest.port;
	return say(l, (struct says){ .seq = 1, .flags = ACK, .spoil = true }).reason ==
	       EG_R_CHECKSUM;
}

START_TEST(full_table_is_busy_until_a_stream_is_idle)
{
	enum { MAX = EG_DNSSTREAMS_MAX, IDLE = EG_DNSSTREAM_IDLE };
	struct link l = new_link(_i);

	eg_dnsstream_end(l.t, &l.flow.key);
	for (uint16_t i = 0; i < MAX; i++)
		ck_assert_int_eq(open_at(&l, i, NOW + i), EG_R_NONE);
	ck_assert_int_eq(open_at(&l, MAX, NOW + MAX), EG_R_DNS_BUSY);
	/* Its own SYN again needs no room. */
	ck_assert_int_eq(open_at(&l, 5, NOW + MAX), EG_R_NONE);
	/* The first is used. Then the second is the one that is idle longest. */
	ck_assert(is_open(&l, 0));
	say_at(&l, (struct says){ .seq = 1, .flags = ACK }, NOW + MAX);
	ck_assert_int_eq(open_at(&l, MAX, NOW + IDLE), EG_R_DNS_BUSY);
	ck_assert_int_eq(open_at(&l, MAX, NOW + IDLE + 1), EG_R_NONE);
	for (uint16_t i = 0; i <= MAX; i++)
		ck_assert_msg(is_open(&l, i) == (i != 1), "%u", i);
	ck_assert_int_eq(open_at(&l, MAX + 1, NOW + IDLE + 1), EG_R_DNS_BUSY);
	/* One that ended, somewhere among them. */
	ck_assert(is_open(&l, 40));
	eg_dnsstream_end(l.t, &l.flow.key);
	ck_assert_int_eq(open_at(&l, MAX + 1, NOW + IDLE + 1), EG_R_NONE);
	ck_assert(is_open(&l, MAX + 1) && !is_open(&l, 40) && is_open(&l, 2));
	ck_assert_int_eq(open_at(&l, MAX + 2, NOW + IDLE + 1), EG_R_DNS_BUSY);
	free_link(&l);
}
END_TEST

START_TEST(fault_makes_room)
{
	struct link l = new_link(_i);

	for (uint16_t i = 1; i < EG_DNSSTREAMS_MAX; i++)
		ck_assert_int_eq(open_at(&l, i, NOW), EG_R_NONE);
	ck_assert(is_open(&l, 7));
	FAULT(&l, data(&l, 1, (const uint8_t *)"\0\0", 2), EG_R_DNS_MALFORMED, 1);
	ck_assert_int_eq(open_at(&l, 1000, NOW), EG_R_NONE);
	free_link(&l);
}
END_TEST

START_TEST(nothing_is_needed_to_free_nothing)
{
	eg_dnsstreams_free(NULL);
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
	tcase_add_loop_test(c, syn_leaves_without_options_but_mss, 0, LINKS);
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
	tcase_add_loop_test(c, no_segment_passes_without_a_stream, 0, LINKS);
	tcase_add_loop_test(c, new_syn_begins_anew, 0, LINKS);
	tcase_add_loop_test(c, streams_do_not_mix, 0, LINKS);
	tcase_add_loop_test(c, full_table_is_busy_until_a_stream_is_idle, 0, LINKS);
	tcase_add_loop_test(c, fault_makes_room, 0, LINKS);
	tcase_add_test(c, nothing_is_needed_to_free_nothing);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

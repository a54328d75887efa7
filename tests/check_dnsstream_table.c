/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams: how they begin and end, and that there are only so many. */
#include "dnsstream_link.h"

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
		{ 8, { 0, 2, 2, 4, 5, 0xb4, 0, 0 }, 0 },
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

START_TEST(no_segment_passes_without_a_stream)
{
	struct link l = new_link(_i);
	const struct link other = link_from(l.t, _i, PACKET_PORT + 1);

	eg_dnsstream_end(l.t, &other.flow.key, EG_FROM_NETWORK);
	LEAVES_EMPTY(data(&l, 1, NULL, 0), 1);
	eg_dnsstream_end(l.t, &l.flow.key, EG_FROM_NETWORK);
	GONE(&l);
	eg_dnsstream_end(l.t, &l.flow.key, EG_FROM_NETWORK);
	GONE(&l);
	/* A flow that was removed from its table. */
	anew(&l);
	l.flow.key.proto = 0;
	GONE(&l);
	free_rooms((struct link *)&other);
	free_link(&l);
}
END_TEST

START_TEST(other_syn_begins_anew)
{
	const struct stream_pair s = several(2);
	struct link l = new_link(_i);
	struct says fin = { .seq = (uint32_t)(1 + s.n), .flags = ACK | FIN };

	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	LEAVES_EMPTY(data(&l, (uint32_t)(1 + s.n), s.in, 5), 1 + s.n);
	l.iss += 100;
	syn(&l);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	LEAVES(say(&l, fin), 1 + s.n, NULL, 0, ACK | FIN);
	l.iss += 100;
	syn(&l);
	LEAVES_EMPTY(data(&l, 1, s.in, 0), 1);
	/* Of what left before nothing is kept. */
	LEAVES_EMPTY(data(&l, (uint32_t)-20, s.in, 10), 0);
	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	free_link(&l);
}
END_TEST

START_TEST(same_syn_again_changes_nothing)
{
	const struct stream_pair s = several(2);
	struct link l = new_link(_i);
	size_t first = s.ends[0];

	syn(&l);
	LEAVES(data(&l, 1, s.in, first + 5), 1, s.out, first, ACK | PSH);
	syn(&l);
	LEAVES(data(&l, 1, (const uint8_t *)"other", 5), 1, s.out, 5, ACK | PSH);
	LEAVES(data(&l, (uint32_t)(first + 6), s.in + first + 5, s.n - first - 5), 1 + first,
	       s.out + first, s.n - first, ACK | PSH);
	free_link(&l);
}
END_TEST

/* The SYN that the resolver acknowledged, which tcp.c knows, is another. */
START_TEST(stream_of_another_syn_is_none)
{
	static const uint32_t off[] = { 1, 5, 0x80000000, 0xffffffff };
	struct link l = new_link(_i);

	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		anew(&l);
		LEAVES_EMPTY(data(&l, 1, NULL, 0), 1);
		l.flow.tcp.iss += off[i];
		GONE(&l);
		l.flow.tcp.iss = l.iss;
		GONE(&l);
	}
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

	eg_dnsstream_end(l.t, &l.flow.key, EG_FROM_NETWORK);
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
	ck_assert_uint_eq(l.gone.guest_port, PACKET_PORT + 1);
	for (uint16_t i = 0; i <= MAX; i++)
		ck_assert_msg(is_open(&l, i) == (i != 1), "%u", i);
	ck_assert_int_eq(open_at(&l, MAX + 1, NOW + IDLE + 1), EG_R_DNS_BUSY);
	/* One that the resolver ended, somewhere among them. */
	ck_assert(is_open(&l, 40));
	eg_dnsstream_end(l.t, &l.flow.key, EG_FROM_NETWORK);
	ck_assert_int_eq(open_at(&l, MAX + 1, NOW + IDLE + 1), EG_R_NONE);
	ck_assert_uint_eq(l.gone.proto, 0);
	ck_assert(is_open(&l, MAX + 1) && !is_open(&l, 40) && is_open(&l, 2));
	ck_assert_int_eq(open_at(&l, MAX + 2, NOW + IDLE + 1), EG_R_DNS_BUSY);
	free_link(&l);
}
END_TEST

/* slirp may not have heard of its end: see dnsstream.c. */
START_TEST(stream_that_the_guest_ended_keeps_its_place)
{
	enum { MAX = EG_DNSSTREAMS_MAX, IDLE = EG_DNSSTREAM_IDLE };
	struct link l = new_link(_i);

	for (uint16_t i = 1; i < MAX; i++)
		ck_assert_int_eq(open_at(&l, i, NOW), EG_R_NONE);
	ck_assert(is_open(&l, 40));
	eg_dnsstream_end(l.t, &l.flow.key, EG_FROM_GUEST);
	ck_assert(!is_open(&l, 40) && is_open(&l, 7));
	FAULT(&l, data(&l, 1, (const uint8_t *)"\0\0", 2), EG_R_DNS_MALFORMED, 1);
	ck_assert(!is_open(&l, 7));
	ck_assert_int_eq(open_at(&l, MAX, NOW + IDLE - 1), EG_R_DNS_BUSY);
	ck_assert_int_eq(open_at(&l, 40, NOW + IDLE - 1), EG_R_DNS_BUSY);
	ck_assert_int_eq(open_at(&l, MAX, NOW + IDLE), EG_R_NONE);
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
	Suite *suite = suite_create("dnsstream_table");
	TCase *c = tcase_create("streams");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, syn_leaves_without_options_but_mss, 0, LINKS);
	tcase_add_loop_test(c, no_segment_passes_without_a_stream, 0, LINKS);
	tcase_add_loop_test(c, other_syn_begins_anew, 0, LINKS);
	tcase_add_loop_test(c, same_syn_again_changes_nothing, 0, LINKS);
	tcase_add_loop_test(c, stream_of_another_syn_is_none, 0, LINKS);
	tcase_add_loop_test(c, streams_do_not_mix, 0, LINKS);
	tcase_add_loop_test(c, full_table_is_busy_until_a_stream_is_idle, 0, LINKS);
	tcase_add_loop_test(c, stream_that_the_guest_ended_keeps_its_place, 0, LINKS);
	tcase_add_test(c, nothing_is_needed_to_free_nothing);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

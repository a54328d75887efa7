/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams: how they begin and end, and that there are only so many. */
#include "dnsstream_link.h"

#include "checksum.h"

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
	struct link other = link_from(l.t, _i, PACKET_PORT + 1);

	network_resets(&other);
	LEAVES_EMPTY(data(&l, 1, NULL, 0), 1);
	network_resets(&l);
	GONE(&l);
	network_resets(&l);
	GONE(&l);
	/* A flow that was removed from its table. */
	anew(&l);
	l.flow.key.proto = 0;
	GONE(&l);
	free_rooms(&other);
	free_link(&l);
}
END_TEST

/* Slirp may still connect for the first, or have it. */
START_TEST(other_syn_has_to_wait_for_the_end_of_the_first)
{
	const struct stream_pair s = several(2);
	struct link l = new_link(_i);

	LEAVES(data(&l, 1, s.in, s.n), 1, s.out, s.n, ACK | PSH);
	l.iss += 100;
	ck_assert_int_eq(say(&l, (struct says){ .flags = SYN }).reason, EG_R_DNS_BUSY);
	l.iss -= 100;
	LEAVES_EMPTY(data(&l, (uint32_t)(1 + s.n), NULL, 0), 1 + s.n);
	eg_dnsstream_end(l.t, &l.flow, EG_DNSSTREAM_FORGOTTEN, NOW + l.now, l.b);
	l.iss += 100;
	ck_assert_int_eq(say(&l, (struct says){ .flags = SYN }).reason, EG_R_DNS_BUSY);
	network_resets(&l);
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

	l->guest.port = l->flow.key.guest_port = (uint16_t)(PACKET_PORT + i);
	x = say_at(l, (struct says){ .flags = SYN }, now);
	ck_assert_int_eq(x.any, x.reason == EG_R_NONE);
	return x.reason;
}

/* The network says something of connection L, with NOW as the time. */
static void hear(struct link *l, uint32_t seq, uint8_t flags, const void *p, size_t n, uint64_t now)
{
	struct eg_frame f = server_says(l, seq, l->iss + 1, flags, p, n);

	eg_dnsstream_hear(l->t, &l->flow, &f, now, l->b);
}

/* The next frame that the streams say on their own goes from DIR, with FLAGS at SEQ, ACK. */
static void said(struct link *l, enum eg_dir dir, uint8_t flags, uint32_t seq, uint32_t ack)
{
	uint8_t frame[EG_FRAME_MAX];
	struct eg_frame f;
	size_t n = eg_inject_take(l->b, dir, frame);

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(eg_frame_decode(&f, frame, n), EG_R_NONE);
	ck_assert(eg_checksum_right(&f));
	ck_assert_uint_eq(f.len, n);
	ck_assert_uint_eq(dir == EG_FROM_GUEST ? f.sport : f.dport, l->flow.key.guest_port);
	ck_assert_uint_eq(f.tcp.flags, flags);
	ck_assert_uint_eq(f.tcp.seq, seq);
	ck_assert_uint_eq(f.tcp.ack, ack);
	ck_assert_uint_eq(f.payload.n, 0);
}

static void silent(struct link *l)
{
	ck_assert(!eg_inject_waits(l->b, EG_FROM_GUEST));
	ck_assert(!eg_inject_waits(l->b, EG_FROM_NETWORK));
}

enum { MAX = EG_DNSSTREAMS_MAX, IDLE = EG_DNSSTREAM_IDLE };

/* Whoever is idle: nothing gives way before the network has forgotten it. */
START_TEST(full_table_is_busy_until_the_network_has_forgotten_a_stream)
{
	struct link l = new_link(_i);
	uint64_t now = NOW + l.now;

	network_resets(&l);
	for (uint16_t i = 0; i < MAX; i++)
		ck_assert_int_eq(open_at(&l, i, now + i), EG_R_NONE);
	ck_assert_int_eq(open_at(&l, MAX, now + MAX), EG_R_DNS_BUSY);
	/* Its own SYN again needs no room. */
	ck_assert_int_eq(open_at(&l, 5, now + MAX), EG_R_NONE);
	ck_assert_ptr_null(eg_dnsstreams_over(l.t, now + IDLE - 1));
	ck_assert_uint_eq(eg_dnsstreams_due(l.t), now + IDLE);
	ck_assert_uint_eq(eg_dnsstreams_over(l.t, now + IDLE)->guest_port, PACKET_PORT);
	l.flow.key = *eg_dnsstreams_over(l.t, now + IDLE);
	eg_dnsstream_end(l.t, &l.flow, EG_DNSSTREAM_FORGOTTEN, now + IDLE, l.b);
	ck_assert_ptr_null(eg_dnsstreams_over(l.t, now + IDLE));
	ck_assert_int_eq(open_at(&l, MAX, now + IDLE), EG_R_DNS_BUSY);
	ck_assert_int_eq(open_at(&l, 0, now + IDLE), EG_R_DNS_BUSY);
	network_resets(&l);
	ck_assert_int_eq(open_at(&l, MAX, now + IDLE), EG_R_NONE);
	ck_assert_int_eq(open_at(&l, MAX + 1, now + IDLE), EG_R_DNS_BUSY);
	free_link(&l);
}
END_TEST

/* Answers that are new, and nothing else. */
START_TEST(only_what_the_resolver_says_keeps_a_stream_from_being_idle)
{
	const struct stream_pair s = several(2);
	struct link l = new_link(_i);
	uint64_t now = NOW + l.now;
	struct pair denied = pair("deny", EG_DNS_TYPE_A, 4);

	l.answers = true;
	say_at(&l, (struct says){ .flags = SYN }, now + 10);
	say_at(&l, (struct says){ .seq = 1, .p = s.in, .n = s.n, .flags = ACK }, now + 20);
	hear(&l, l.said, ACK, NULL, 0, now + 30);
	acked(&l, (uint32_t)(1 + s.n));
	say_at(&l,
	       (struct says){
		       .seq = (uint32_t)(1 + s.n), .p = denied.in, .n = denied.n, .flags = ACK },
	       now + 40);
	ck_assert_ptr_nonnull(eg_dnsstreams_over(l.t, now + IDLE));
	network_resets(&l);
	syn(&l);
	hear(&l, l.said, ACK, "\0\1x", 3, now + 50);
	ck_assert_ptr_null(eg_dnsstreams_over(l.t, now + IDLE + 49));
	hear(&l, l.said, ACK, "\0\1x", 3, now + 60);
	hear(&l, l.said + 100, ACK, "\0\1x", 3, now + 60);
	ck_assert_ptr_nonnull(eg_dnsstreams_over(l.t, now + IDLE + 50));
	hear(&l, l.said, ACK, "\0\1x\0", 4, now + 60);
	ck_assert_ptr_null(eg_dnsstreams_over(l.t, now + IDLE + 59));
	free_link(&l);
}
END_TEST

START_TEST(forgotten_stream_is_reset_at_both_ends_until_the_network_has_heard_it)
{
	struct link l = new_link(_i);
	uint32_t seq = l.iss + 1, ack = SERVER_SEQ;
	uint64_t now = NOW + l.now;
	struct eg_frame f;

	silent(&l);
	eg_dnsstream_end(l.t, &l.flow, EG_DNSSTREAM_FORGOTTEN, now, l.b);
	said(&l, EG_FROM_NETWORK, RST | ACK, ack, seq);
	said(&l, EG_FROM_GUEST, RST | ACK, seq, ack);
	/* Then the network is asked, and told, in turn. */
	now = eg_dnsstreams_due(l.t);
	ck_assert_uint_eq(now, NOW + l.now + 20);
	for (int i = 0; i < 10; i++, now += 1000) {
		eg_dnsstreams_tick(l.t, now - 1, l.b);
		silent(&l);
		eg_dnsstreams_tick(l.t, now, l.b);
		said(&l, EG_FROM_GUEST, i % 2 ? RST | ACK : ACK, seq, ack);
		silent(&l);
	}
	/* One that says something is told at once, by its own numbers. */
	f = server_says(&l, ack + 5, seq + 7, ACK, "x", 1);
	ck_assert(!eg_dnsstream_hear_late(l.t, &f, l.b));
	said(&l, EG_FROM_GUEST, RST | ACK, seq + 7, ack + 6);
	ck_assert_int_eq(open_at(&l, 0, now), EG_R_DNS_BUSY);
	f = server_says(&l, ack, 0, RST, NULL, 0);
	ck_assert(eg_dnsstream_hear_late(l.t, &f, l.b));
	ck_assert(!eg_dnsstream_hear_late(l.t, &f, l.b));
	ck_assert_uint_eq(eg_dnsstreams_due(l.t), UINT64_MAX);
	ck_assert_int_eq(open_at(&l, 0, now), EG_R_NONE);
	free_link(&l);
}
END_TEST

/* slirp hears nothing while it connects: see dnsplaces.c. */
START_TEST(stream_that_never_opened_keeps_its_place_until_the_network_says_so)
{
	struct link l = new_link(_i);
	uint64_t now = NOW + l.now;
	struct eg_frame f;

	network_resets(&l);
	for (uint16_t i = MAX; i > 0; i--)
		ck_assert_int_eq(open_at(&l, i, now), EG_R_NONE);
	say_at(&l, (struct says){ .seq = 1, .flags = RST }, now);
	eg_dnsstream_end(l.t, &l.flow, EG_DNSSTREAM_RESET_SENT, now, l.b);
	silent(&l);
	for (uint64_t t = 20; t < 180000; t += 1000) {
		eg_dnsstreams_tick(l.t, now + t, l.b);
		said(&l, EG_FROM_GUEST, RST, l.iss + 1, 0);
		silent(&l);
	}
	ck_assert_int_eq(open_at(&l, 0, now + 179999), EG_R_DNS_BUSY);
	/* It opened after all. */
	l.guest.port = l.flow.key.guest_port = PACKET_PORT + 1;
	f = server_says(&l, SERVER_SEQ, l.iss + 1, SYN | ACK, NULL, 0);
	ck_assert(!eg_dnsstream_hear_late(l.t, &f, l.b));
	said(&l, EG_FROM_GUEST, RST | ACK, l.iss + 1, SERVER_SEQ + 1);
	/* A network that says nothing, ever, has forgotten it. */
	eg_dnsstreams_tick(l.t, now + 180000, l.b);
	ck_assert_int_eq(open_at(&l, 0, now + 180000), EG_R_NONE);
	ck_assert_int_eq(open_at(&l, MAX + 1, now + 180000), EG_R_DNS_BUSY);
	free_link(&l);
}
END_TEST

/* By both: who closed last has nothing left; who closed first waits for more (TIME-WAIT). */
START_TEST(closed_stream_is_asked_for_or_reset)
{
	const struct says fin = { .seq = 1, .flags = ACK | FIN };
	struct link l = new_link(_i);

	say(&l, fin);
	hear(&l, l.said, FIN | ACK, NULL, 0, NOW + l.now);
	eg_dnsstream_end(l.t, &l.flow, EG_DNSSTREAM_CLOSED, NOW + l.now, l.b);
	said(&l, EG_FROM_GUEST, ACK, l.iss + 2, SERVER_SEQ + 1);
	silent(&l);
	anew(&l);
	hear(&l, l.said, FIN | ACK, NULL, 0, NOW + l.now);
	say(&l, fin);
	eg_dnsstream_end(l.t, &l.flow, EG_DNSSTREAM_CLOSED, NOW + l.now, l.b);
	said(&l, EG_FROM_GUEST, RST | ACK, l.iss + 2, SERVER_SEQ + 1);
	silent(&l);
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
	tcase_add_loop_test(c, other_syn_has_to_wait_for_the_end_of_the_first, 0, LINKS);
	tcase_add_loop_test(c, same_syn_again_changes_nothing, 0, LINKS);
	tcase_add_loop_test(c, stream_of_another_syn_is_none, 0, LINKS);
	tcase_add_loop_test(c, streams_do_not_mix, 0, LINKS);
	tcase_add_loop_test(c, full_table_is_busy_until_the_network_has_forgotten_a_stream, 0,
			    LINKS);
	tcase_add_loop_test(c, only_what_the_resolver_says_keeps_a_stream_from_being_idle, 0,
			    LINKS);
	tcase_add_loop_test(
		c, forgotten_stream_is_reset_at_both_ends_until_the_network_has_heard_it, 0, LINKS);
	tcase_add_loop_test(c, stream_that_never_opened_keeps_its_place_until_the_network_says_so,
			    0, LINKS);
	tcase_add_loop_test(c, closed_stream_is_asked_for_or_reset, 0, LINKS);
	tcase_add_test(c, nothing_is_needed_to_free_nothing);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

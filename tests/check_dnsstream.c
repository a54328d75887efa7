/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages: which leave, when, and as what. Segments as such are in check_dnsstream_tcp.c. */
#include "dnsstream_link.h"

/* Two clean queries of different length, to be written to the stream in one go. */
static struct stream_pair two(void)
{
	struct stream_pair s = { .n = 0 };

	append(&s, pair("wWw", EG_DNS_TYPE_A, NO_EDNS));
	append(&s, pair("Mirror", EG_DNS_TYPE_AAAA, 12));
	return s;
}

/* Say bytes FROM to TO of S, and check that what leaves is what became whole by it. */
static void say_part(struct link *l, const struct stream_pair *s, size_t from, size_t to)
{
	size_t before = whole(s, from), after = whole(s, to);

	LEAVES(data(l, (uint32_t)(1 + from), s->in + from, to - from), 1 + before, s->out + before,
	       after - before, after > before ? ACK | PSH : ACK);
}

START_TEST(query_leaves_clean_and_as_long_as_it_came)
{
	static const int options[] = { NO_EDNS, 0, 4, 5, 12, 100, 968 };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct link l = new_link(_i);
		struct pair p = pair("MIRROR", EG_DNS_TYPE_A, options[i]);

		LEAVES(data(&l, 1, p.in, p.n), 1, p.out, p.n, ACK | PSH);
		ck_assert_uint_eq(l.judged, 1);
		free_link(&l);
	}
}
END_TEST

START_TEST(two_queries_leave_whole_however_they_are_split_in_two)
{
	struct link l = new_link(_i);
	const struct stream_pair s = two();

	for (size_t i = 0; i <= s.n; i++) {
		anew(&l);
		say_part(&l, &s, 0, i);
		say_part(&l, &s, i, s.n);
		ck_assert_uint_eq(l.judged, 2);
	}
	free_link(&l);
}
END_TEST

START_TEST(two_queries_leave_whole_however_they_are_split_in_three)
{
	struct link l = new_link(_i);
	const struct stream_pair s = two();

	for (size_t i = 0; i <= s.n; i++) {
		for (size_t j = i; j <= s.n; j++) {
			anew(&l);
			say_part(&l, &s, 0, i);
			say_part(&l, &s, i, j);
			say_part(&l, &s, j, s.n);
			ck_assert_uint_eq(l.judged, 2);
		}
	}
	free_link(&l);
}
END_TEST

START_TEST(byte_by_byte_a_query_leaves_with_its_last)
{
	const struct stream_pair s = two();
	struct link l = new_link(_i);

	for (size_t i = 0; i < s.n; i++)
		say_part(&l, &s, i, i + 1);
	free_link(&l);
}
END_TEST

START_TEST(longest_message_leaves_and_one_byte_more_is_malformed)
{
	/* Header 12, name 5 and as many as its label, type and class 4, OPT 11. */
	struct pair p = pair("longest", EG_DNS_TYPE_A, EG_DNSSTREAM_MESSAGE - 12 - 12 - 4 - 11);
	uint8_t longer[2 + EG_DNSSTREAM_MESSAGE + 1] = { 0 };
	struct link l = new_link(_i);

	ck_assert_uint_eq(p.n, 2 + EG_DNSSTREAM_MESSAGE);
	LEAVES(data(&l, 1, p.in, p.n), 1, p.out, p.n, ACK | PSH);
	memcpy(longer, p.in, p.n);
	eg_put16(longer, EG_DNSSTREAM_MESSAGE + 1);
	FAULT(&l, data(&l, (uint32_t)(1 + p.n), longer, sizeof(longer)), EG_R_DNS_MALFORMED,
	      1 + p.n);
	free_link(&l);
}
END_TEST

/* The length says of a message how long it is; only its two bytes are there. */
START_TEST(length_that_no_query_has_is_malformed_at_once)
{
	static const uint16_t lengths[] = {
		0, 1, 2, 11, 12, 16, 1025, 1026, 0x1100, 0x8011, 65535
	};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const uint8_t field[2] = { (uint8_t)(lengths[i] >> 8), (uint8_t)lengths[i] };
		struct pair p = pair("www", EG_DNS_TYPE_A, 4);
		struct link l = new_link(_i);

		LEAVES(data(&l, 1, p.in, p.n), 1, p.out, p.n, ACK | PSH);
		LEAVES_EMPTY(data(&l, (uint32_t)(1 + p.n), field, 1), 1 + p.n);
		FAULT(&l, data(&l, (uint32_t)(2 + p.n), field + 1, 1), EG_R_DNS_MALFORMED, 1 + p.n);
		free_link(&l);
	}
}
END_TEST

START_TEST(length_that_a_query_may_have_waits_for_it)
{
	static const uint16_t lengths[] = { 17, 18, 255, 256, 512, 1023, 1024 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const uint8_t field[2] = { (uint8_t)(lengths[i] >> 8), (uint8_t)lengths[i] };
		struct link l = new_link(_i);

		LEAVES_EMPTY(data(&l, 1, field, 2), 1);
		free_link(&l);
	}
}
END_TEST

START_TEST(shortest_query_is_for_the_root)
{
	static const uint8_t root[] = { 0, 17, 1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1 };
	struct link l = new_link(_i);

	LEAVES(data(&l, 1, root, sizeof(root)), 1, root, sizeof(root), ACK | PSH);
	free_link(&l);
}
END_TEST

/* The length field lies by DELTA, so that the parts of two queries are read shifted. */
START_TEST(length_that_lies_about_its_message_is_malformed)
{
	struct link l = new_link(_i);

	for (int delta = -8; delta <= 8; delta++) {
		struct stream_pair s = two();

		if (delta == 0)
			continue;
		anew(&l);
		eg_put16(s.in, (uint16_t)(s.ends[0] - 2 + (size_t)delta));
		FAULT(&l, data(&l, 1, s.in, s.n), EG_R_DNS_MALFORMED, 1);
		ck_assert_uint_eq(l.judged, 0);
	}
	free_link(&l);
}
END_TEST

/* A row spoils one byte of a message that would leave else. */
START_TEST(message_that_is_no_clean_query_is_malformed)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t byte;
		uint8_t name; /* length of the name that is shown */
	} rows[] = {
		{ "response", 4, 0x81, 8 },     { "opcode", 4, 0x29, 8 },
		{ "TC", 4, 0x03, 8 },           { "two questions", 7, 2, 8 },
		{ "no question", 7, 0, 0 },     { "an answer", 9, 1, 8 },
		{ "authority", 11, 1, 8 },      { "no OPT", 13, 0, 8 },
		{ "compression", 14, 0xc0, 0 }, { "class", 25, 3, 8 },
		{ "EDNS version", 32, 1, 8 },   { "option length", 39, 9, 8 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair p = pair("www", EG_DNS_TYPE_A, 12);
		struct link l = new_link(_i);
		struct left x;

		p.in[rows[i].at] = rows[i].byte;
		x = data(&l, 1, p.in, p.n);
		ck_assert_msg(x.reason == EG_R_DNS_MALFORMED, "%s", rows[i].what);
		ck_assert_msg(l.q.name.len == rows[i].name, "%s", rows[i].what);
		FAULT(&l, x, EG_R_DNS_MALFORMED, 1);
		free_link(&l);
	}
}
END_TEST

START_TEST(denied_query_ends_the_stream_with_the_judges_reason)
{
	static const struct {
		const char *label;
		uint16_t type;
		enum eg_reason reason;
	} rows[] = {
		{ "deny", EG_DNS_TYPE_A, EG_R_DNS_NAME },
		{ "DENY", EG_DNS_TYPE_A, EG_R_DNS_NAME },
		{ "www", 16, EG_R_DNS_TYPE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair p = pair(rows[i].label, rows[i].type, 4);
		struct link l = new_link(_i);
		struct left x = data(&l, 1, p.in, p.n);

		ck_assert_uint_eq(l.q.id, eg_get16(p.in + 2));
		ck_assert_uint_eq(l.q.name.len, strlen(rows[i].label) + 5);
		FAULT(&l, x, rows[i].reason, 1);
		free_link(&l);
	}
}
END_TEST

/* In two segments, cut anywhere: the first query may have left, of the second no byte. */
START_TEST(denied_second_query_leaves_no_byte)
{
	struct link l = new_link(_i);
	struct stream_pair s = { .n = 0 };
	size_t first;

	append(&s, pair("www", EG_DNS_TYPE_A, 4));
	append(&s, pair("deny", EG_DNS_TYPE_A, 4));
	first = s.ends[0];
	for (size_t i = 0; i <= s.n; i++) {
		size_t sent = i < first ? 0 : first;
		struct left x;

		anew(&l);
		x = data(&l, 1, s.in, i);
		if (i < s.n) {
			LEAVES(x, 1, s.out, sent, sent ? ACK | PSH : ACK);
			x = data(&l, (uint32_t)(1 + i), s.in + i, s.n - i);
		} else {
			sent = 0;
		}
		FAULT(&l, x, EG_R_DNS_NAME, 1 + sent);
	}
	free_link(&l);
}
END_TEST

/* What is told to the guest in X: the N bytes at P from SEQ on, counted from the server's first. */
static void tells(const struct link *l, const struct left *x, uint32_t seq, const void *p, size_t n)
{
	struct eg_frame f;

	ck_assert_int_eq(eg_frame_decode(&f, l->told, x->told_len), EG_R_NONE);
	ck_assert_uint_eq(f.len, x->told_len);
	ck_assert_uint_eq(f.tcp.seq, SERVER_SEQ + seq);
	ck_assert_uint_eq(f.tcp.flags, ACK | PSH);
	ck_assert_uint_eq(f.payload.n, n);
	ck_assert_mem_eq(f.payload.p, p, n);
}

/* What left in X while something was told: the window is less by that until the guest has it. */
static void left_besides(const struct left *x, size_t seq, const uint8_t *p, size_t n,
			 unsigned flags)
{
	ck_assert_uint_eq(x->seq, seq);
	ck_assert_uint_eq(x->flags, flags);
	ck_assert_uint_eq(x->n, n);
	ck_assert_mem_eq(x->bytes, n ? p : x->bytes, n);
	ck_assert_uint_eq(x->ack, SERVER_SEQ);
}

/* Several refused in one segment are answered in one; of each no byte leaves, and the stream goes
 * on. */
START_TEST(refused_queries_are_answered_in_the_stream)
{
	struct stream_pair s = { .n = 0 };
	struct link l = new_link(_i);
	struct pair www = pair("www", EG_DNS_TYPE_A, 4);
	uint8_t told[10] = { 0, 3, 0, 0, 'n', 0, 3, 0, 0, 'n' };
	struct left x;

	l.answers = true;
	append(&s, pair("deny", EG_DNS_TYPE_A, 4));
	append(&s, pair("www", 16, NO_EDNS));
	memcpy(told + 2, s.in + 2, 2);
	memcpy(told + 7, s.in + s.ends[0] + 2, 2);
	x = data(&l, 1, s.in, s.n);
	ck_assert_int_eq(x.reason, EG_R_NONE);
	ck_assert_int_eq(x.refused, EG_R_DNS_NAME); /* of the first */
	ck_assert_uint_eq(l.q.name.len, 9);
	left_besides(&x, 1, NULL, 0, ACK);
	tells(&l, &x, 0, told, sizeof(told));
	/* The numbers are the guest's: what comes next leaves where the first would have. */
	l.flow.tcp.side[EG_FROM_GUEST].ack = SERVER_SEQ + sizeof(told);
	x = say(&l, (struct says){ .seq = (uint32_t)(1 + s.n),
				   .p = www.in,
				   .n = www.n,
				   .flags = ACK | PSH,
				   .ack = SERVER_SEQ + sizeof(told) });
	ck_assert_uint_eq(x.told_len, 0);
	left_besides(&x, 1, www.out, www.n, ACK | PSH);
	ck_assert_uint_eq(x.ack, SERVER_SEQ);
	ck_assert_uint_eq(x.window, GUEST_WINDOW);
	free_link(&l);
}
END_TEST

/* What waits is not said before the resolver has acknowledged all, and nothing behind it is taken.
 */
START_TEST(refused_query_waits_until_all_before_it_is_acknowledged)
{
	struct stream_pair s = { .n = 0 };
	struct link l = new_link(_i);
	struct left x;
	size_t first, second;

	l.answers = true;
	append(&s, pair("www", EG_DNS_TYPE_A, 4));
	append(&s, pair("deny", EG_DNS_TYPE_A, 4));
	append(&s, pair("www", EG_DNS_TYPE_A, 4));
	first = s.ends[0];
	second = s.ends[1];
	x = data(&l, 1, s.in, s.n);
	ck_assert_int_eq(x.refused, EG_R_DNS_NAME);
	ck_assert_uint_eq(x.told_len, 0);
	LEAVES(x, 1, s.out, first, ACK | PSH);
	/* It is judged once, however often it comes. */
	x = data(&l, (uint32_t)(1 + first), s.in + first, s.n - first);
	ck_assert_int_eq(x.refused, EG_R_NONE);
	LEAVES_EMPTY(x, 1 + first);
	ck_assert_uint_eq(l.judged, 2);
	acked(&l, (uint32_t)(1 + first));
	x = data(&l, (uint32_t)(1 + second), s.in + second, s.n - second);
	ck_assert_uint_gt(x.told_len, 0);
	left_besides(&x, 1 + first, s.out + second, s.n - second, ACK | PSH);
	ck_assert_uint_eq(l.judged, 3);
	free_link(&l);
}
END_TEST

START_TEST(fin_leaves_behind_what_is_refused)
{
	struct pair p = pair("deny", EG_DNS_TYPE_A, 4);
	struct link l = new_link(_i);
	struct left x;

	l.answers = true;
	x = say(&l, (struct says){ .seq = 1, .p = p.in, .n = p.n, .flags = ACK | FIN });
	ck_assert_uint_gt(x.told_len, 0);
	left_besides(&x, 1, NULL, 0, ACK | FIN);
	free_link(&l);
}
END_TEST

/* "deny" and a byte, and "www" and more of it, are told apart at the last byte only. */
START_TEST(held_bytes_of_a_denied_query_do_not_leave_with_a_reset_or_fin)
{
	struct link l = new_link(_i);
	static const uint8_t flags[] = { ACK | FIN, ACK | RST, RST };
	struct pair p = pair("deny", EG_DNS_TYPE_A, 4);

	for (size_t n = 1; n < p.n; n++) {
		for (size_t i = 0; i < sizeof(flags); i++) {
			struct left x;

			anew(&l);
			LEAVES_EMPTY(data(&l, 1, p.in, n), 1);
			x = say(&l, (struct says){ .seq = (uint32_t)(1 + n), .flags = flags[i] });
			ck_assert_uint_eq(x.n, 0);
			ck_assert_uint_eq(x.seq, 1);
			ck_assert_uint_eq(x.flags & FIN, 0);
		}
	}
	free_link(&l);
}
END_TEST

/* A FIN at any place of two queries, behind the bytes of its segment or alone. */
START_TEST(fin_leaves_behind_a_message_and_is_malformed_inside)
{
	struct link l = new_link(_i);
	const struct stream_pair s = two();

	for (size_t i = 0; i <= s.n; i++) {
		for (size_t from = i < 9 ? 0 : i - 9; from <= i; from++) {
			size_t sent = whole(&s, from), n = whole(&s, i) - sent;
			struct says fin = { .seq = (uint32_t)(1 + from),
					    .p = s.in + from,
					    .n = i - from,
					    .flags = ACK | FIN };

			anew(&l);
			say_part(&l, &s, 0, from);
			if (whole(&s, i) == i)
				LEAVES(say(&l, fin), 1 + sent, s.out + sent, n,
				       n ? ACK | PSH | FIN : ACK | FIN);
			else
				FAULT(&l, say(&l, fin), EG_R_DNS_MALFORMED, 1 + sent);
		}
	}
	free_link(&l);
}
END_TEST

START_TEST(fin_in_a_message_names_no_query)
{
	const struct stream_pair s = two();
	struct link l = new_link(_i);
	struct left x =
		say(&l, (struct says){ .seq = 1, .p = s.in, .n = s.n - 1, .flags = ACK | FIN });

	ck_assert_int_eq(x.reason, EG_R_DNS_MALFORMED);
	ck_assert_uint_eq(l.q.name.len, 0);
	free_link(&l);
}
END_TEST

START_TEST(bad_length_behind_a_query_names_no_query)
{
	struct pair p = pair("www", EG_DNS_TYPE_A, 4);
	struct link l = new_link(_i);

	memcpy(p.in + p.n, "\0\1", 2);
	ck_assert_int_eq(data(&l, 1, p.in, p.n + 2).reason, EG_R_DNS_MALFORMED);
	ck_assert_uint_eq(l.q.name.len, 0);
	free_link(&l);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dnsstream");
	TCase *c = tcase_create("messages");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, query_leaves_clean_and_as_long_as_it_came, 0, LINKS);
	tcase_add_loop_test(c, two_queries_leave_whole_however_they_are_split_in_two, 0, LINKS);
	tcase_add_loop_test(c, two_queries_leave_whole_however_they_are_split_in_three, 0, LINKS);
	tcase_add_loop_test(c, byte_by_byte_a_query_leaves_with_its_last, 0, LINKS);
	tcase_add_loop_test(c, longest_message_leaves_and_one_byte_more_is_malformed, 0, LINKS);
	tcase_add_loop_test(c, length_that_no_query_has_is_malformed_at_once, 0, LINKS);
	tcase_add_loop_test(c, length_that_a_query_may_have_waits_for_it, 0, LINKS);
	tcase_add_loop_test(c, shortest_query_is_for_the_root, 0, LINKS);
	tcase_add_loop_test(c, length_that_lies_about_its_message_is_malformed, 0, LINKS);
	tcase_add_loop_test(c, message_that_is_no_clean_query_is_malformed, 0, LINKS);
	tcase_add_loop_test(c, denied_query_ends_the_stream_with_the_judges_reason, 0, LINKS);
	tcase_add_loop_test(c, denied_second_query_leaves_no_byte, 0, LINKS);
	tcase_add_loop_test(c, refused_queries_are_answered_in_the_stream, 0, LINKS);
	tcase_add_loop_test(c, refused_query_waits_until_all_before_it_is_acknowledged, 0, LINKS);
	tcase_add_loop_test(c, fin_leaves_behind_what_is_refused, 0, LINKS);
	tcase_add_loop_test(c, held_bytes_of_a_denied_query_do_not_leave_with_a_reset_or_fin, 0,
			    LINKS);
	tcase_add_loop_test(c, fin_leaves_behind_a_message_and_is_malformed_inside, 0, LINKS);
	tcase_add_loop_test(c, fin_in_a_message_names_no_query, 0, LINKS);
	tcase_add_loop_test(c, bad_length_behind_a_query_names_no_query, 0, LINKS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

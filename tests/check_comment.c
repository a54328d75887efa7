/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "comment.h"

#include "packet.h"
#include "reply.h"

#include <check.h>
#include <stdlib.h>

static uint8_t frame[PACKET_MAX];
static char text[EG_COMMENT_MAX];

/* The comment of R with LEN bytes at BYTES, which end at an unreadable page. */
static const char *comment(struct eg_record r, const void *bytes, size_t len)
{
	uint8_t *copy = guarded_copy(bytes, len);
	size_t n;

	r.len = (uint32_t)len;
	memset(text, 'x', sizeof(text));
	n = eg_comment(&r, copy, text);
	guarded_free(copy, len);
	if (n == 0)
		return "";
	ck_assert_uint_eq(strlen(text), n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(text[i] >= ' ' && text[i] <= '~', "byte %02x", (unsigned)text[i]);
	return text;
}

static size_t make_syn(void)
{
	const struct packet_tcp tcp = { .flags = 2 };

	return packet_tcp4(frame, &packet_guest, &packet_network, &tcp, NULL, 0);
}

START_TEST(blocked_frame_says_why_and_whose)
{
	struct eg_record r = { .kind = EG_RECORD_BLOCKED, .reason = EG_R_TCP_NEW };
	size_t n = make_syn();

	ck_assert_str_eq(comment(r, frame, n),
			 "egress verdict=block reason=tcp-new rule=allow proto=tcp "
			 "src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443");
	r.passed = true;
	r.reason = EG_R_DNS_NAME;
	ck_assert_str_eq(comment(r, frame, n),
			 "egress verdict=would-block reason=dns-name rule=resolve proto=tcp "
			 "src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443");
	r.held = 42;
	ck_assert_str_eq(comment(r, frame, n),
			 "egress verdict=would-block reason=dns-name rule=resolve cut=headers "
			 "proto=tcp src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443");
	r.held = 0;
	r.reason = EG_R_LENGTH;
	ck_assert_str_eq(comment(r, "short", 5),
			 "egress verdict=would-block reason=frame-length rule=default");
	ck_assert_str_eq(comment(r, "", 0),
			 "egress verdict=would-block reason=frame-length rule=default");
}
END_TEST

START_TEST(answer_says_what_it_is_and_why)
{
	const struct eg_record r = {
		.kind = EG_RECORD_ANSWER,
		.reason = EG_R_TCP_NEW,
		.answer = EG_ANSWER_RST,
		.dir = EG_FROM_NETWORK,
	};

	ck_assert_str_eq(comment(r, frame, make_syn()),
			 "egress verdict=answer answer=rst reason=tcp-new proto=tcp "
			 "src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443");
}
END_TEST

START_TEST(summary_says_how_many_of_what)
{
	const struct eg_record r = { .kind = EG_RECORD_SUPPRESSED, .reason = EG_R_UDP_NEW };
	struct eg_record_suppressed s = {
		.of = EG_RECORD_BLOCKED,
		.count = 12345678901,
		.first = { 1700000000, 123456789 },
		.last = { 1700000010, 5 },
		.ethertype = EG_ETHERTYPE_IP4,
		.proto = EG_PROTO_UDP,
		.has_dst = true,
		.dst = eg_addr4((const uint8_t[]){ 192, 0, 2, 1 }),
		.dport = 53,
	};

	ck_assert_str_eq(comment(r, &s, sizeof(s)),
			 "egress note=suppressed count=12345678901 reason=udp-new proto=udp "
			 "dst=192.0.2.1 dport=53 first=1700000000.123456789 "
			 "last=1700000010.000000005");
	s.dport = 0;
	s.proto = 132;
	ck_assert_str_eq(comment(r, &s, sizeof(s)),
			 "egress note=suppressed count=12345678901 reason=udp-new proto=132 "
			 "dst=192.0.2.1 first=1700000000.123456789 last=1700000010.000000005");
	s.proto = -1;
	s.ethertype = 0x88cc;
	s.has_dst = false;
	ck_assert_str_eq(comment(r, &s, sizeof(s)),
			 "egress note=suppressed count=12345678901 reason=udp-new proto=0x88cc "
			 "first=1700000000.123456789 last=1700000010.000000005");
	s.ethertype = 0; /* all that found no room */
	ck_assert_str_eq(comment(r, &s, sizeof(s)),
			 "egress note=suppressed count=12345678901 reason=udp-new "
			 "first=1700000000.123456789 last=1700000010.000000005");
}
END_TEST

START_TEST(loss_says_how_many)
{
	const struct eg_record r = { .kind = EG_RECORD_LOST };
	const struct eg_record_lost lost = { .count = 5 };

	ck_assert_str_eq(comment(r, &lost, sizeof(lost)), "egress note=lost count=5 why=disk");
}
END_TEST

START_TEST(what_is_no_packet_has_no_comment)
{
	for (int kind = 0; kind < EG_RECORD_KINDS + 3; kind++) {
		const struct eg_record r = { .kind = (uint8_t)kind };

		if (kind != EG_RECORD_BLOCKED && kind != EG_RECORD_ANSWER &&
		    kind != EG_RECORD_SUPPRESSED && kind != EG_RECORD_LOST)
			ck_assert_str_eq(comment(r, "", 0), "");
	}
}
END_TEST

/* The longest name that a query can have, each of its bytes escaped. */
START_TEST(longest_comment_fits)
{
	const struct eg_record r = { .kind = EG_RECORD_BLOCKED, .reason = EG_R_DNS_NAME };
	const struct packet_end server = packet_at(&packet_network, 53);
	uint8_t query[12 + 255 + 4] = { 0, 1, 1, 0, 0, 1 };
	size_t n = 12;

	while (n + 64 <= 12 + 254) {
		query[n] = 63;
		memset(query + n + 1, 0xff, 63);
		n += 64;
	}
	query[n] = (uint8_t)(12 + 253 - n);
	memset(query + n + 1, 0xff, query[n]);
	n = 12 + 254;
	query[n++] = 0;
	memcpy(query + n, (const uint8_t[]){ 0xff, 0xfe, 0, 1 }, 4);
	n = packet_udp6(frame, &packet_guest, &server, query, n + 4);
	comment(r, frame, n);
	ck_assert_ptr_nonnull(strstr(text, " qtype=TYPE65534"));
	ck_assert_uint_gt(strlen(text), 1000);
	ck_assert_uint_lt(strlen(text), EG_COMMENT_MAX - 100);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("comment");
	TCase *c = tcase_create("comment");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, blocked_frame_says_why_and_whose);
	tcase_add_test(c, answer_says_what_it_is_and_why);
	tcase_add_test(c, summary_says_how_many_of_what);
	tcase_add_test(c, loss_says_how_many);
	tcase_add_test(c, what_is_no_packet_has_no_comment);
	tcase_add_test(c, longest_comment_fits);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

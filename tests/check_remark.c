/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"
#include "remark.h"

#include <check.h>
#include <stdlib.h>

static struct eg_finding f;
static char text[EG_REMARK_TEXT_MAX], address[EG_ADDR_TEXT_MAX];

static void span_is(struct eg_span span, const char *expected)
{
	ck_assert_uint_eq(span.n, strlen(expected));
	if (span.n)
		ck_assert_mem_eq(span.p, expected, span.n);
}

static bool parse(const char *comment)
{
	eg_finding_clear(&f);
	return eg_remark_parse(&f, comment, strlen(comment));
}

static bool noted; /* the packet's file is the module's */

/* What a packet with FRAME and COMMENT (NULL: none) tells. */
static void tell(const uint8_t *frame, size_t n, const char *comment)
{
	const struct eg_input_packet p = {
		.number = 1,
		.when_ns = 77,
		.timed = true,
		.dir = EG_INPUT_FROM_GUEST,
		.linktype = EG_LINKTYPE_ETHERNET,
		.noted = noted,
		.bytes = { .p = frame, .n = n },
		.comment = { .p = (const uint8_t *)comment, .n = comment ? strlen(comment) : 0 },
		.guest = { .p = (const uint8_t *)"vm", .n = 2 },
	};

	eg_remark_packet(&f, &p, text);
}

START_TEST(comment_of_a_blocked_frame_is_read)
{
	ck_assert(parse("egress verdict=block reason=tcp-new rule=allow proto=tcp src=10.0.2.15 "
			"sport=40000 dst=192.0.2.1 dport=443"));
	ck_assert_int_eq(f.kind, EG_FINDING_BLOCKED);
	span_is(f.reason, "tcp-new");
	ck_assert_uint_eq(f.proto, 6);
	ck_assert(f.has_src && f.has_dst);
	ck_assert_str_eq(eg_addr_text(&f.src, address), "10.0.2.15");
	ck_assert_str_eq(eg_addr_text(&f.dst, address), "192.0.2.1");
	ck_assert_uint_eq(f.sport, 40000);
	ck_assert_uint_eq(f.dport, 443);
	ck_assert_uint_eq(f.count, 1);
	span_is(f.name, "");
}
END_TEST

START_TEST(comment_of_a_question_is_read)
{
	ck_assert(parse("egress verdict=would-block reason=dns-name proto=udp dst=fd00::3 dport=53 "
			"name=a\\032b.example.org qtype=TYPE65"));
	ck_assert_int_eq(f.kind, EG_FINDING_WOULD);
	ck_assert_str_eq(eg_addr_text(&f.dst, address), "fd00::3");
	span_is(f.name, "a\\032b.example.org");
	span_is(f.qtype, "TYPE65");
}
END_TEST

START_TEST(notes_are_read)
{
	ck_assert(parse("egress note=suppressed count=12345 reason=udp-new proto=udp dst=192.0.2.1 "
			"dport=53 first=1700000000.123456789 last=1700000010.0"));
	ck_assert_int_eq(f.kind, EG_FINDING_SUPPRESSED);
	ck_assert_uint_eq(f.count, 12345);
	ck_assert_uint_eq(f.first, 1700000000123456789);
	ck_assert_uint_eq(f.last, 1700000010000000000);
	ck_assert(parse("egress note=lost count=5 why=disk"));
	ck_assert_int_eq(f.kind, EG_FINDING_LOST);
	ck_assert_uint_eq(f.count, 5);
	ck_assert(parse("egress verdict=answer answer=rst reason=tcp-new"));
	ck_assert_int_eq(f.kind, EG_FINDING_ANSWER);
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	ck_assert(parse("egress  x=y verdict=block =z dport=65536 count= dst=nowhere proto= junk "
			"reason==a= verdict=later first=soon"));
	ck_assert_int_eq(f.kind, EG_FINDING_BLOCKED);
	ck_assert_uint_eq(f.dport, 0);
	ck_assert(!f.has_dst);
	ck_assert_uint_eq(f.proto, EG_PROTO_NONE);
	ck_assert_uint_eq(f.first, EG_MOMENT_NONE);
	span_is(f.reason, "=a=");
	ck_assert_uint_eq(f.count, 0);
}
END_TEST

static const char *const others[] = { "",
				      "egress",
				      "Egress verdict=block",
				      "egress\tverdict=block",
				      " egress verdict=block",
				      "seen by me" };

START_TEST(other_comments_are_not_ours)
{
	ck_assert(!parse(others[_i]));
	ck_assert_int_eq(f.kind, EG_FINDING_NOTHING);
}
END_TEST

/* Cut anywhere, no byte behind is read. */
static void cut(uint8_t *copy, size_t n, void *ctx)
{
	(void)ctx;
	eg_finding_clear(&f);
	ck_assert_int_eq(eg_remark_parse(&f, copy, n), n >= 7);
}

START_TEST(comment_may_be_cut_anywhere)
{
	static const char comment[] = "egress verdict=block reason=x proto=tcp dst=fd00::1 dport=4 "
				      "count=7 first=1.5 name=a.b";

	guarded_each_cut(comment, sizeof(comment) - 1, cut, NULL);
}
END_TEST

START_TEST(packet_without_a_comment_is_described_by_its_bytes)
{
	uint8_t frame[PACKET_MAX];

	tell(frame, packet_base(PACKET_TCP4, frame), NULL);
	ck_assert_int_eq(f.kind, EG_FINDING_UNMARKED);
	ck_assert_uint_eq(f.proto, 6);
	ck_assert_str_eq(eg_addr_text(&f.dst, address), "10.0.2.2");
	ck_assert_uint_eq(f.dport, 443);
	ck_assert_uint_eq(f.when, 77);
	ck_assert_int_eq(f.dir, EG_INPUT_FROM_GUEST);
	span_is(f.guest, "vm");
	tell(frame, packet_base(PACKET_ARP, frame), "seen by me");
	ck_assert_int_eq(f.kind, EG_FINDING_UNMARKED);
	ck_assert_uint_eq(f.proto, EG_PROTO_ETHER | 0x0806);
	tell(frame, 5, NULL);
	ck_assert_uint_eq(f.proto, EG_PROTO_NONE);
	ck_assert(!f.has_dst);
}
END_TEST

START_TEST(question_without_a_comment_is_read_from_its_bytes)
{
	static const uint8_t query[] = "\1\2\1\0\0\1\0\0\0\0\0\0\3a b\7Example\3org\0\0\x1c\0\1";
	struct packet_end resolver = packet_at(&packet_network, 53);
	uint8_t frame[PACKET_MAX];

	tell(frame, packet_udp4(frame, &packet_guest, &resolver, query, sizeof(query) - 1), NULL);
	span_is(f.name, "a\\032b.example.org");
	span_is(f.qtype, "AAAA");
}
END_TEST

START_TEST(comment_with_a_tuple_is_believed_over_the_bytes)
{
	uint8_t frame[PACKET_MAX];

	tell(frame, packet_base(PACKET_TCP4, frame),
	     "egress verdict=block reason=r proto=udp dport=9");
	ck_assert_uint_eq(f.proto, 17);
	ck_assert_uint_eq(f.dport, 9);
	ck_assert(!f.has_dst);
	tell(frame, packet_base(PACKET_TCP4, frame), "egress verdict=block reason=r");
	ck_assert_int_eq(f.kind, EG_FINDING_BLOCKED);
	ck_assert_uint_eq(f.dport, 443);
}
END_TEST

/* A note's frame, N bytes into FRAME. */
static size_t note_frame(uint8_t *frame, const char *note)
{
	memset(frame, 0, 100);
	frame[12] = 0x88;
	frame[13] = 0xb5;
	memcpy(frame + 14, note, strlen(note));
	return 14 + strlen(note);
}

START_TEST(note_is_read_from_its_frame)
{
	uint8_t frame[100];
	size_t n = note_frame(frame, "egress note=lost count=9");

	noted = true;
	tell(frame, n, NULL);
	ck_assert_int_eq(f.kind, EG_FINDING_LOST);
	ck_assert_uint_eq(f.count, 9);
	/* Padded to the least that a frame has. */
	tell(frame, 60, NULL);
	ck_assert_int_eq(f.kind, EG_FINDING_LOST);
	ck_assert_uint_eq(f.count, 9);
	frame[3] = 1;
	tell(frame, n, NULL);
	ck_assert_int_eq(f.kind, EG_FINDING_UNMARKED);
	ck_assert_uint_eq(f.proto, EG_PROTO_ETHER | 0x88b5);
}
END_TEST

/* Whoever sent it: in a file that is not the module's nobody saw to it. */
START_TEST(what_looks_like_a_note_is_a_frame_elsewhere)
{
	uint8_t frame[100];
	size_t n = note_frame(frame, "egress note=lost count=9");

	tell(frame, n, NULL);
	ck_assert_int_eq(f.kind, EG_FINDING_UNMARKED);
	ck_assert_uint_eq(f.count, 1);
	ck_assert_uint_eq(f.proto, EG_PROTO_ETHER | 0x88b5);
	tell(frame, n, "seen by me");
	ck_assert_int_eq(f.kind, EG_FINDING_UNMARKED);
	noted = true;
	tell(frame, 14, NULL);
	ck_assert_int_eq(f.kind, EG_FINDING_UNMARKED);
}
END_TEST

START_TEST(guest_cannot_send_a_note_past_a_comment)
{
	uint8_t frame[100];
	size_t n = note_frame(frame, "egress note=lost count=9");

	tell(frame, n, "egress verdict=block reason=eth-address proto=0x88b5");
	ck_assert_int_eq(f.kind, EG_FINDING_BLOCKED);
	ck_assert_uint_eq(f.count, 1);
}
END_TEST

START_TEST(packet_of_another_link_is_counted_and_not_read)
{
	uint8_t frame[PACKET_MAX];
	struct eg_input_packet p = { .linktype = 113 };

	p.bytes = (struct eg_span){ .p = frame, .n = packet_base(PACKET_TCP4, frame) };
	eg_remark_packet(&f, &p, text);
	ck_assert_int_eq(f.kind, EG_FINDING_UNMARKED);
	ck_assert_uint_eq(f.proto, EG_PROTO_NONE);
	ck_assert_uint_eq(f.when, EG_MOMENT_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("remark");
	TCase *c = tcase_create("remark");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, comment_of_a_blocked_frame_is_read);
	tcase_add_test(c, comment_of_a_question_is_read);
	tcase_add_test(c, notes_are_read);
	tcase_add_test(c, what_is_not_known_is_left_out);
	tcase_add_loop_test(c, other_comments_are_not_ours, 0, sizeof(others) / sizeof(others[0]));
	tcase_add_test(c, comment_may_be_cut_anywhere);
	tcase_add_test(c, packet_without_a_comment_is_described_by_its_bytes);
	tcase_add_test(c, question_without_a_comment_is_read_from_its_bytes);
	tcase_add_test(c, comment_with_a_tuple_is_believed_over_the_bytes);
	tcase_add_test(c, note_is_read_from_its_frame);
	tcase_add_test(c, what_looks_like_a_note_is_a_frame_elsewhere);
	tcase_add_test(c, guest_cannot_send_a_note_past_a_comment);
	tcase_add_test(c, packet_of_another_link_is_counted_and_not_read);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

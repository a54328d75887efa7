/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rest of dns.c: what it builds, and answers. */
#include "dns.h"

#include "packet.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE_MAX = 2048, RD = 0x0100, AD = 0x0020, CD = 0x0010 };

/* The question Ab.c AAAA with id 0xabcd, in the flags FLAGS, with EDNS or without. */
static struct eg_dns_query asked(unsigned flags, bool edns, uint16_t size)
{
	struct eg_dns_query q;

	memset(&q, 0xa5, sizeof(q));
	q.id = 0xabcd;
	q.type = EG_DNS_TYPE_AAAA;
	q.class = 1;
	q.opcode = q.version = 0;
	q.rd = flags & RD;
	q.ad = flags & AD;
	q.cd = flags & CD;
	q.edns = edns;
	q.dnssec_ok = false;
	q.udp_size = size;
	q.name.len = 6;
	q.name.labels = 2;
	memcpy(q.name.wire, "\2ab\1c", 6);
	memcpy(q.raw, "\2Ab\1c", 6);
	return q;
}

/* The question of a name of 255 bytes. */
static struct eg_dns_query longest(bool edns)
{
	struct eg_dns_query q = asked(RD, edns, 4096);

	q.name.len = 255;
	q.name.labels = 127;
	for (size_t i = 0; i < 254; i += 2)
		memcpy(q.name.wire + i, "\1a", 2);
	q.name.wire[254] = 0;
	memcpy(q.raw, q.name.wire, 255);
	return q;
}

static size_t build_query(const struct eg_dns_query *q, uint8_t *out)
{
	uint8_t *room = guarded_copy(NULL, EG_DNS_QUERY_MAX);
	size_t n = eg_dns_build_query(q, room);

	ck_assert_uint_le(n, EG_DNS_QUERY_MAX);
	memcpy(out, room, n);
	guarded_free(room, EG_DNS_QUERY_MAX);
	return n;
}

static size_t build_reply(const struct eg_dns_query *q, enum eg_rcode rcode, int ede, uint8_t *out)
{
	uint8_t *room = guarded_copy(NULL, EG_DNS_REPLY_MAX);
	size_t n = eg_dns_build_reply(q, rcode, ede, room);

	ck_assert_uint_le(n, EG_DNS_REPLY_MAX);
	memcpy(out, room, n);
	guarded_free(room, EG_DNS_REPLY_MAX);
	return n;
}

static enum eg_reason parse_answer(struct eg_dns_answer *a, const uint8_t *p, size_t n)
{
	uint8_t *copy = guarded_copy(p, n);
	enum eg_reason r;

	memset(a, 0xa5, sizeof(*a));
	r = eg_dns_parse_answer(a, (struct eg_span){ copy, n });
	guarded_free(copy, n);
	return r;
}

#define QUESTION 2, 'a', 'b', 1, 'c', 0, 0, 28, 0, 1
#define ECHOED   2, 'A', 'b', 1, 'c', 0, 0, 28, 0, 1

START_TEST(query_is_made_of_its_fields_alone)
{
	static const struct {
		unsigned flags;
		bool edns, dnssec_ok;
		size_t n;
		uint8_t bytes[34];
	} rows[] = {
		{ 0, false, false, 22, { 0xab, 0xcd, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION } },
		{ RD, false, true, 22, { 0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION } },
		{ AD, false, false, 22, { 0xab, 0xcd, 0, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION } },
		{ CD, false, false, 22, { 0xab, 0xcd, 0, 0x10, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION } },
		{ RD | AD | CD,
		  true,
		  false,
		  33,
		  { 0xab, 0xcd, 1, 0x30, 0, 1, 0, 0, 0, 0, 0, 1, QUESTION, 0, 0, 41, 2, 0 } },
		{ RD, true, true, 33, { 0xab, 0xcd,     1, 0, 0,  1, 0,  0, 0, 0,   0,
					1,    QUESTION, 0, 0, 41, 2, 0, 0, 0, 0x80 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct eg_dns_query q = asked(rows[i].flags, rows[i].edns, 600);
		uint8_t out[EG_DNS_QUERY_MAX];

		q.dnssec_ok = rows[i].dnssec_ok;
		ck_assert_msg(build_query(&q, out) == rows[i].n, "row %zu", i);
		ck_assert_mem_eq(out, rows[i].bytes, rows[i].n);
	}
}
END_TEST

START_TEST(query_asks_for_512_1200_or_1232_bytes)
{
	for (unsigned size = 0; size <= UINT16_MAX; size++) {
		struct eg_dns_query q = asked(RD, true, (uint16_t)size);
		unsigned want = size < 1200 ? 512 : size < 1232 ? 1200 : 1232;
		uint8_t out[EG_DNS_QUERY_MAX];

		ck_assert_uint_eq(eg_dns_build_query(&q, out), 33);
		ck_assert_msg(eg_get16(out + 25) == want, "size %u", size);
	}
}
END_TEST

/* The bare query of 33 bytes, and what comes of it where LEN are to be filled. */
START_TEST(padded_query_is_as_long_as_what_came_and_says_no_more)
{
	static const struct {
		bool edns;
		size_t len;
		bool ok;
	} rows[] = {
		{ true, 33, true },        { true, 37, true },         { true, 38, true },
		{ true, 33 + 12, true },   { true, 33 + 65535, true }, { true, 33 + 65536, false },
		{ true, 32, false },       { true, 0, false },         { true, 34, false },
		{ true, 36, false },       { false, 22, true },        { false, 21, false },
		{ false, 22 + 11, false }, { false, 22 + 4, false },   { true, SIZE_MAX, false },
	};
	static const uint8_t zeros[UINT16_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct eg_dns_query q = asked(RD, rows[i].edns, 4096), again;
		size_t len = rows[i].len, room = len < 70000 ? len : 0, n, more;
		uint8_t bare[EG_DNS_QUERY_MAX], *out = guarded_copy(NULL, room);

		n = build_query(&q, bare);
		more = len - n;
		ck_assert_msg(eg_dns_build_padded(&q, len, out) == (rows[i].ok ? len : 0),
			      "row %zu", i);
		for (size_t at = 0; at < room && !rows[i].ok; at++)
			ck_assert_uint_eq(out[at], 0xa5);
		if (rows[i].ok) {
			ck_assert_mem_eq(out, bare, more ? n - 2 : n);
			ck_assert_int_eq(eg_dns_parse_query(&again, (struct eg_span){ out, len }),
					 EG_R_NONE);
		}
		if (rows[i].ok && more > 0) {
			ck_assert_uint_eq(eg_get16(out + n - 2), more);
			ck_assert_uint_eq(eg_get16(out + n), 12);
			ck_assert_uint_eq(eg_get16(out + n + 2), more - 4);
			ck_assert_mem_eq(out + n + 4, zeros, more - 4);
		}
		guarded_free(out, room);
	}
}
END_TEST

START_TEST(longest_name_fits)
{
	uint8_t out[EG_DNS_REPLY_MAX];

	for (int edns = 0; edns < 2; edns++) {
		struct eg_dns_query q = longest(edns);

		ck_assert_uint_eq(build_query(&q, out), edns ? EG_DNS_QUERY_MAX : 12 + 255 + 4);
		ck_assert_mem_eq(out + 12, q.name.wire, 255);
		ck_assert_uint_eq(build_reply(&q, EG_RCODE_NXDOMAIN, 15, out),
				  edns ? EG_DNS_REPLY_MAX : 12 + 255 + 4);
		ck_assert_mem_eq(out + 12, q.raw, 255);
	}
}
END_TEST

START_TEST(reply_echoes_the_question_and_has_no_records)
{
	static const struct {
		unsigned flags;
		bool edns, dnssec_ok;
		enum eg_rcode rcode;
		int ede;
		size_t n;
		uint8_t bytes[40];
	} rows[] = {
		{ RD,
		  false,
		  false,
		  EG_RCODE_NXDOMAIN,
		  15,
		  22,
		  { 0xab, 0xcd, 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0, ECHOED } },
		{ 0,
		  false,
		  true,
		  EG_RCODE_NOERROR,
		  0,
		  22,
		  { 0xab, 0xcd, 0x80, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, ECHOED } },
		{ RD | AD | CD,
		  false,
		  false,
		  EG_RCODE_SERVFAIL,
		  15,
		  22,
		  { 0xab, 0xcd, 0x81, 0x92, 0, 1, 0, 0, 0, 0, 0, 0, ECHOED } },
		{ RD | AD,
		  true,
		  false,
		  EG_RCODE_NXDOMAIN,
		  15,
		  39,
		  { 0xab, 0xcd, 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0,  1, ECHOED, 0, 0,
		    41,   4,    0xd0, 0,    0, 0, 0, 0, 6, 0, 15, 0, 2,      0, 15 } },
		{ RD, true, true, EG_RCODE_NOERROR, 15, 39, { 0xab,   0xcd, 0x81, 0x80, 0, 1,
							      0,      0,    0,    0,    0, 1,
							      ECHOED, 0,    0,    41,   4, 0xd0,
							      0,      0,    0x80, 0,    0, 6,
							      0,      15,   0,    2,    0, 15 } },
		{ RD,
		  true,
		  false,
		  EG_RCODE_SERVFAIL,
		  0,
		  33,
		  { 0xab, 0xcd, 0x81, 0x82, 0, 1, 0, 0, 0, 0, 0, 1, ECHOED, 0, 0, 41, 4, 0xd0 } },
		{ RD,
		  true,
		  false,
		  EG_RCODE_SERVFAIL,
		  -1,
		  33,
		  { 0xab, 0xcd, 0x81, 0x82, 0, 1, 0, 0, 0, 0, 0, 1, ECHOED, 0, 0, 41, 4, 0xd0 } },
		{ RD, true, false, EG_RCODE_NXDOMAIN, 1, 39, { 0xab,   0xcd, 0x81, 0x83, 0, 1,
							       0,      0,    0,    0,    0, 1,
							       ECHOED, 0,    0,    41,   4, 0xd0,
							       0,      0,    0,    0,    0, 6,
							       0,      15,   0,    2,    0, 1 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct eg_dns_query q = asked(rows[i].flags, rows[i].edns, 65535);
		uint8_t out[EG_DNS_REPLY_MAX];
		struct eg_dns_answer a;
		size_t n;

		q.dnssec_ok = rows[i].dnssec_ok;
		n = build_reply(&q, rows[i].rcode, rows[i].ede, out);
		ck_assert_msg(n == rows[i].n, "row %zu", i);
		ck_assert_mem_eq(out, rows[i].bytes, n);
		ck_assert_int_eq(parse_answer(&a, out, n), EG_R_NONE);
		ck_assert(eg_name_equal(&a.name, &q.name));
	}
}
END_TEST

/* Ab.c AAAA fd00::1, as a resolver says it. */
static const uint8_t answer[] = {
	0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 1, 0,  0, 0,  0,    ECHOED,   0xc0,
	12,   0,    28,   0,    1, 0, 0, 0, 60, 0, 16, 0xfd, [49] = 1,
};
enum { ANSWER_LEN = 50, QUESTION_END = 22 };

START_TEST(answer_has_id_type_and_folded_name)
{
	struct eg_dns_answer a;

	ck_assert_int_eq(parse_answer(&a, answer, ANSWER_LEN), EG_R_NONE);
	ck_assert_uint_eq(a.id, 0xabcd);
	ck_assert_uint_eq(a.type, EG_DNS_TYPE_AAAA);
	ck_assert_uint_eq(a.name.len, 6);
	ck_assert_uint_eq(a.name.labels, 2);
	ck_assert_mem_eq(a.name.wire, "\2ab\1c", 6);
}
END_TEST

/* One byte of the answer changed. */
START_TEST(answer_is_a_response_with_one_clean_question)
{
	static const struct {
		size_t at;
		uint8_t byte;
		bool ok;
	} rows[] = {
		{ 2, 0x01, false },                                          /* a query */
		{ 2, 0x89, false },                                          /* another opcode */
		{ 2, 0xf9, false },  { 2, 0xa0, false },  { 2, 0x87, true }, /* AA and TC */
		{ 2, 0x80, true },   { 3, 0x8f, true }, /* any RCODE and the flags of a server */
		{ 3, 0xff, true },   { 4, 1, false },   /* 257 questions */
		{ 5, 0, false },     { 5, 2, false },     { 7, 9, true }, /* the other counts are
									     the client's matter */
		{ 9, 9, true },      { 11, 9, true },     { 12, 0xc0, false }, /* a pointer in the
										  question */
		{ 15, 0xc0, false }, { 12, 0x40, false }, { 20, 1, false },    /* class */
		{ 20, 0x80, false }, { 21, 0, false },    { 21, 3, false },    { 21, 255, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t msg[ANSWER_LEN];
		struct eg_dns_answer a;

		memcpy(msg, answer, ANSWER_LEN);
		msg[rows[i].at] = rows[i].byte;
		ck_assert_msg(parse_answer(&a, msg, ANSWER_LEN) ==
				      (rows[i].ok ? EG_R_NONE : EG_R_DNS_ANSWER),
			      "row %zu", i);
	}
}
END_TEST

START_TEST(answer_is_read_as_far_as_its_question)
{
	for (size_t n = 0; n <= ANSWER_LEN; n++) {
		struct eg_dns_answer a;

		ck_assert_msg(parse_answer(&a, answer, n) ==
				      (n >= QUESTION_END ? EG_R_NONE : EG_R_DNS_ANSWER),
			      "%zu bytes", n);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dns_built");
	TCase *t = tcase_create("built");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, query_is_made_of_its_fields_alone);
	tcase_add_test(t, query_asks_for_512_1200_or_1232_bytes);
	tcase_add_test(t, padded_query_is_as_long_as_what_came_and_says_no_more);
	tcase_add_test(t, longest_name_fits);
	tcase_add_test(t, reply_echoes_the_question_and_has_no_records);
	tcase_add_test(t, answer_has_id_type_and_folded_name);
	tcase_add_test(t, answer_is_a_response_with_one_clean_question);
	tcase_add_test(t, answer_is_read_as_far_as_its_question);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

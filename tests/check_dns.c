/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dns.h"

#include "dns_samples.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

enum { MESSAGE_MAX = 2048 };

/* A query for Ab.c, type A, with RD; behind it a bare OPT. */
static const uint8_t query[] = { 0xab, 0xcd, 1,   0,   0, 1,   0, 0, 0, 0, 0,
				 0,    2,    'A', 'b', 1, 'c', 0, 0, 1, 0, 1 };
static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 };
enum { CLASS_AT = 20, QUERY_LEN = 22, OPT_LEN = 11, PLAIN = 0, EDNS = OPT_LEN };

static enum eg_reason parse(struct eg_dns_query *q, const uint8_t *p, size_t n)
{
	uint8_t *copy = guarded_copy(p, n);
	enum eg_reason r;

	memset(q, 0xa5, sizeof(*q));
	r = eg_dns_parse_query(q, (struct eg_span){ copy, n });
	guarded_free(copy, n);
	return r;
}

static size_t build(const struct eg_dns_query *q, uint8_t out[EG_DNS_QUERY_MAX])
{
	uint8_t *room = guarded_copy(NULL, EG_DNS_QUERY_MAX);
	size_t n = eg_dns_build_query(q, room);

	ck_assert_uint_le(n, EG_DNS_QUERY_MAX);
	memcpy(out, room, n);
	guarded_free(room, EG_DNS_QUERY_MAX);
	return n;
}

/* The query above, with its OPT where TAIL is EDNS. */
static size_t start(uint8_t msg[MESSAGE_MAX], size_t tail)
{
	memcpy(msg, query, QUERY_LEN);
	memcpy(msg + QUERY_LEN, opt, tail);
	msg[11] = tail > 0;
	return QUERY_LEN + tail;
}

#define MALFORMED(msg, n)                                                                          \
	do {                                                                                       \
		struct eg_dns_query q_;                                                            \
		ck_assert_int_eq(parse(&q_, (msg), (n)), EG_R_DNS_MALFORMED);                      \
	} while (0)

START_TEST(queries_of_real_clients_leave_clean_or_not_at_all)
{
	const struct dns_sample *s = &dns_samples[_i];
	uint8_t in[DNS_SAMPLE_MAX], expected[DNS_SAMPLE_MAX], out[EG_DNS_QUERY_MAX];
	size_t n = dns_unhex(s->message, in), want = dns_unhex(s->rebuilt, expected);
	struct eg_dns_query q;

	ck_assert_msg(parse(&q, in, n) == (want ? EG_R_NONE : EG_R_DNS_MALFORMED), "%s", s->from);
	if (!want)
		return;
	ck_assert_msg(build(&q, out) == want, "%s", s->from);
	ck_assert_mem_eq(out, expected, want);
	ck_assert_mem_eq(q.raw, in + EG_DNS_HEADER_LEN, q.name.len);
	/* What leaves is itself clean, and would leave as it is. */
	ck_assert_int_eq(parse(&q, out, want), EG_R_NONE);
	ck_assert_uint_eq(build(&q, expected), want);
	ck_assert_mem_eq(out, expected, want);
}
END_TEST

START_TEST(cut_and_prolonged_queries_are_malformed)
{
	uint8_t in[DNS_SAMPLE_MAX + 1] = { 0 };
	size_t n = dns_unhex(dns_samples[_i].message, in);

	for (size_t m = 0; m < n; m++)
		MALFORMED(in, m);
	in[n] = 0;
	MALFORMED(in, n + 1);
}
END_TEST

START_TEST(fields_are_those_of_the_message)
{
	uint8_t msg[MESSAGE_MAX];
	struct eg_dns_query q;

	ck_assert_int_eq(parse(&q, msg, start(msg, PLAIN)), EG_R_NONE);
	ck_assert_uint_eq(q.id, 0xabcd);
	ck_assert_uint_eq(q.type, EG_DNS_TYPE_A);
	ck_assert_uint_eq(q.udp_size, 512);
	ck_assert(q.rd && !q.ad && !q.cd && !q.edns && !q.dnssec_ok);
	ck_assert_uint_eq(q.name.len, 6);
	ck_assert_uint_eq(q.name.labels, 2);
	ck_assert_mem_eq(q.name.wire, "\2ab\1c", 6);
	ck_assert_mem_eq(q.raw, "\2Ab\1c", 6);

	start(msg, EDNS);
	msg[QUERY_LEN + 7] = 0x80;
	ck_assert_int_eq(parse(&q, msg, QUERY_LEN + EDNS), EG_R_NONE);
	ck_assert_uint_eq(q.udp_size, 1232);
	ck_assert(q.rd && !q.ad && !q.cd && q.edns && q.dnssec_ok);
}
END_TEST

START_TEST(only_rd_ad_and_cd_may_be_set_in_the_header)
{
	uint8_t msg[MESSAGE_MAX];
	size_t n = start(msg, _i ? EDNS : PLAIN);

	for (unsigned bit = 0; bit < 16; bit++) {
		unsigned flags = 1u << bit;
		bool ok = flags == 0x0100 || flags == 0x0020 || flags == 0x0010;
		struct eg_dns_query q;

		eg_put16(msg + 2, (uint16_t)flags);
		ck_assert_msg((parse(&q, msg, n) == EG_R_NONE) == ok, "flags %#x", flags);
		if (!ok)
			continue;
		ck_assert_int_eq(q.rd, flags == 0x0100);
		ck_assert_int_eq(q.ad, flags == 0x0020);
		ck_assert_int_eq(q.cd, flags == 0x0010);
	}
}
END_TEST

START_TEST(counts_are_one_question_and_at_most_one_opt)
{
	static const uint16_t counts[] = { 0, 1, 2, 3, 255, 256, 257, 0xffff };
	uint8_t msg[MESSAGE_MAX];
	struct eg_dns_query q;

	for (size_t field = 4; field < 12; field += 2) {
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			size_t n = start(msg, _i ? EDNS : PLAIN);
			bool same = eg_get16(msg + field) == counts[i];

			eg_put16(msg + field, counts[i]);
			ck_assert_msg((parse(&q, msg, n) == EG_R_NONE) == same, "%zu: %u", field,
				      counts[i]);
		}
	}
}
END_TEST

/* Whole records or questions where none may be, the counts telling of them. */
START_TEST(records_that_add_up_are_refused_all_the_same)
{
	static const struct {
		uint8_t counts[4];
		uint8_t n;
		uint8_t more[40];
	} rows[] = {
		/* Two questions, the same and with a pointer. */
		{ { 2, 0, 0, 0 }, 10, { 2, 'A', 'b', 1, 'c', 0, 0, 1, 0, 1 } },
		{ { 2, 0, 0, 0 }, 6, { 0xc0, 12, 0, 28, 0, 1 } },
		/* An A record as answer, authority, additional. */
		{ { 1, 1, 0, 0 }, 16, { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4 } },
		{ { 1, 0, 1, 0 }, 16, { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4 } },
		{ { 1, 0, 0, 1 }, 16, { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4 } },
		{ { 1, 0, 0, 1 }, 15, { 0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4 } },
		/* OPT as an answer and as authority; twice; one with an A record; with a tail. */
		{ { 1, 1, 0, 0 }, 11, { 0, 0, 41, 4, 208 } },
		{ { 1, 0, 1, 0 }, 11, { 0, 0, 41, 4, 208 } },
		{ { 1, 0, 0, 2 }, 22, { 0, 0, 41, 4, 208, [13] = 41, 4, 208 } },
		{ { 1, 0, 0, 1 }, 22, { 0, 0, 41, 4, 208, [13] = 41, 4, 208 } },
		{ { 1, 0, 0, 2 }, 26, { 0, 0, 41, 4, 208, [13] = 1, 0, 1, [21] = 4, 1, 2, 3, 4 } },
		/* TSIG and SIG(0) of no bytes. */
		{ { 1, 0, 0, 1 }, 11, { 0, 0, 250, 0, 255 } },
		{ { 1, 0, 0, 1 }, 11, { 0, 0, 24, 0, 255 } },
		/* No question, but an OPT, with the question's bytes in front and without. */
		{ { 0, 0, 0, 1 }, 11, { 0, 0, 41, 4, 208 } },
	};
	uint8_t msg[MESSAGE_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = start(msg, PLAIN);

		for (size_t c = 0; c < 4; c++)
			msg[5 + 2 * c] = rows[i].counts[c];
		memcpy(msg + n, rows[i].more, rows[i].n);
		MALFORMED(msg, n + rows[i].n);
	}
	memcpy(msg + EG_DNS_HEADER_LEN, opt, OPT_LEN);
	MALFORMED(msg, EG_DNS_HEADER_LEN + OPT_LEN);
	MALFORMED(msg, EG_DNS_HEADER_LEN);
}
END_TEST

START_TEST(compression_in_the_question_is_malformed)
{
	/* To itself, forward, into the header, and behind a label. */
	static const uint8_t names[][6] = {
		{ 0xc0, 12 },         { 0xc0, 14 }, { 0xc0, 0 },   { 0xff, 0xff },
		{ 1, 'a', 0xc0, 12 }, { 0x40 },     { 0x41, 'a' }, { 0x80 },
	};
	uint8_t msg[MESSAGE_MAX];
	struct eg_dns_query q;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = start(msg, _i ? EDNS : PLAIN);

		memcpy(msg + EG_DNS_HEADER_LEN, names[i], sizeof(names[i]));
		ck_assert_int_eq(parse(&q, msg, n), EG_R_DNS_MALFORMED);
		ck_assert_uint_eq(q.name.len, 0);
	}
}
END_TEST

START_TEST(only_class_in_is_asked_for)
{
	uint8_t msg[MESSAGE_MAX];
	size_t n = start(msg, _i ? EDNS : PLAIN);

	for (unsigned class = 0; class <= UINT16_MAX; class ++) {
		struct eg_dns_query q;

		eg_put16(msg + CLASS_AT, (uint16_t) class);
		ck_assert_msg((eg_dns_parse_query(&q, (struct eg_span){ msg, n }) == EG_R_NONE) ==
				      (class == 1),
			      "class %u", class);
	}
}
END_TEST

/* How the record names a query that was refused. */
START_TEST(name_and_type_stand_where_they_were_read)
{
	static const struct {
		const char *why;
		size_t at;
		uint8_t byte;
		size_t n; /* bytes of the message with its OPT */
		bool stand;
	} rows[] = {
		{ "response", 2, 0x80, 33, true },
		{ "opcode", 2, 0x28, 33, true },
		{ "two questions", 5, 2, 33, true },
		{ "an answer", 7, 1, 33, true },
		{ "authority", 9, 1, 33, true },
		{ "two additional", 11, 2, 33, true },
		{ "class", CLASS_AT + 1, 3, 33, true },
		{ "OPT owned by a pointer", QUERY_LEN, 0xc0, 33, true },
		{ "OPT cut", 0, 0, 32, true },
		{ "no OPT", 0, 0, 22, true },
		{ "no question", 5, 0, 33, false },
		{ "class cut", 0, 0, 21, false },
		{ "type cut", 0, 0, 19, false },
		{ "name cut", 0, 0, 17, false },
		{ "no name", 0, 0, 12, false },
		{ "header cut", 0, 0, 11, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t msg[MESSAGE_MAX];
		struct eg_dns_query q;

		start(msg, EDNS);
		msg[rows[i].at] = rows[i].byte;
		ck_assert_int_eq(parse(&q, msg, rows[i].n), EG_R_DNS_MALFORMED);
		ck_assert_msg(q.name.len == (rows[i].stand ? 6 : 0), "%s", rows[i].why);
		if (!rows[i].stand)
			continue;
		ck_assert_mem_eq(q.name.wire, "\2ab\1c", 6);
		ck_assert_uint_eq(q.type, 1);
	}
}
END_TEST

/* A changed byte of the OPT record, at its offset. */
START_TEST(opt_is_version_0_of_the_root_whatever_its_flags)
{
	static const struct {
		size_t at;
		uint8_t byte;
		bool ok;
	} rows[] = {
		{ 0, 1, false },    { 0, 0xc0, false }, { 1, 1, false },    { 2, 40, false },
		{ 2, 42, false },   { 2, 250, false },  { 3, 0, true },     { 3, 0xff, true },
		{ 4, 0, true },     { 5, 1, false },    { 5, 0xff, false }, { 6, 1, false },
		{ 6, 0xff, false }, { 7, 0x80, true },  { 7, 0x40, true },  { 7, 0xc0, true },
		{ 7, 0x20, true },  { 7, 0x01, true },  { 7, 0xff, true },  { 8, 0x80, true },
		{ 8, 1, true },     { 9, 1, false },    { 10, 1, false },   { 10, 4, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t msg[MESSAGE_MAX], out[EG_DNS_QUERY_MAX];
		size_t n = start(msg, EDNS);
		struct eg_dns_query q;

		msg[QUERY_LEN + rows[i].at] = rows[i].byte;
		ck_assert_msg((parse(&q, msg, n) == EG_R_NONE) == rows[i].ok, "row %zu", i);
		if (!rows[i].ok)
			continue;
		ck_assert_uint_eq(build(&q, out), n);
		ck_assert_mem_eq(out + QUERY_LEN + 5, "\0\0", 2);
		ck_assert_uint_eq(out[QUERY_LEN + 7], rows[i].at == 7 ? rows[i].byte & 0x80 : 0);
		ck_assert_mem_eq(out + QUERY_LEN + 8, "\0\0\0", 3);
	}
}
END_TEST

/* What a server would say: a changed byte of a query with EDNS, and N bytes of it. */
START_TEST(fault_is_what_a_server_says)
{
	static const struct {
		size_t at;
		uint8_t byte;
		size_t n;
		enum eg_rcode says;
	} rows[] = {
		{ 2, 1, 33, EG_RCODE_NOERROR },     { 2, 0x81, 33, EG_RCODE_NOERROR },
		{ 2, 1, 11, EG_RCODE_NOERROR },     { 2, 1, 0, EG_RCODE_NOERROR },
		{ 2, 0x29, 33, EG_RCODE_NOTIMP },   { 2, 0x79, 12, EG_RCODE_NOTIMP },
		{ 2, 3, 33, EG_RCODE_FORMERR },     { 3, 0x40, 33, EG_RCODE_FORMERR },
		{ 2, 1, 12, EG_RCODE_FORMERR },     { 2, 1, 32, EG_RCODE_FORMERR },
		{ 5, 2, 33, EG_RCODE_FORMERR },     { 5, 0, 33, EG_RCODE_FORMERR },
		{ 11, 2, 33, EG_RCODE_FORMERR },    { 11, 0, 33, EG_RCODE_FORMERR },
		{ 21, 3, 33, EG_RCODE_REFUSED },    { 24, 250, 33, EG_RCODE_FORMERR },
		{ 28, 1, 33, EG_RCODE_BADVERS },    { 28, 255, 33, EG_RCODE_BADVERS },
		{ 27, 1, 33, EG_RCODE_FORMERR },    { 12, 0xc0, 33, EG_RCODE_FORMERR },
	};
	uint8_t msg[MESSAGE_MAX];
	struct eg_dns_query q;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(msg, EDNS);
		msg[rows[i].at] = rows[i].byte;
		parse(&q, msg, rows[i].n);
		ck_assert_msg(q.fault == rows[i].says, "row %zu: %u", i, q.fault);
	}
}
END_TEST

START_TEST(options_add_up_and_stay_behind)
{
	static const struct {
		uint8_t rdlen, n;
		uint8_t data[16];
		bool ok;
	} rows[] = {
		{ 0, 0, { 0 }, true },
		{ 4, 4, { 0, 3, 0, 0 }, true },
		{ 6, 6, { 0, 3, 0, 2, 9, 9 }, true },
		{ 10, 10, { 0, 3, 0, 2, 9, 9, 0, 3, 0, 0 }, true },
		{ 4, 4, { 0xff, 0xff, 0, 0 }, true },
		{ 1, 1, { 0 }, false },
		{ 2, 2, { 0, 3 }, false },
		{ 3, 3, { 0, 3, 0 }, false },
		{ 4, 4, { 0, 3, 0, 1 }, false },
		{ 4, 5, { 0, 3, 0, 1, 9 }, false }, /* the option leaves the record */
		{ 5, 5, { 0, 3, 0, 0, 9 }, false }, /* one byte of nothing */
		{ 5, 5, { 0, 3, 0, 2, 9 }, false },
		{ 7, 7, { 0, 3, 0, 0, 0, 3, 0 }, false },
		{ 4, 4, { 0, 3, 0xff, 0xff }, false },
		{ 4, 3, { 0, 3, 0 }, false },    /* the record leaves the message */
		{ 0, 4, { 0, 3, 0, 0 }, false }, /* an option behind the record */
		{ 4, 8, { 0, 3, 0, 0, 0, 3, 0, 0 }, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t msg[MESSAGE_MAX], out[EG_DNS_QUERY_MAX];
		size_t n = start(msg, EDNS);
		struct eg_dns_query q;

		msg[n - 1] = rows[i].rdlen;
		memcpy(msg + n, rows[i].data, rows[i].n);
		ck_assert_msg((parse(&q, msg, n + rows[i].n) == EG_R_NONE) == rows[i].ok, "row %zu",
			      i);
		if (!rows[i].ok)
			continue;
		msg[n - 1] = 0;
		msg[13] = 'a';
		ck_assert_uint_eq(build(&q, out), n);
		ck_assert_mem_eq(out, msg, n);
	}
}
END_TEST

/* The form of a query, read otherwise: by offsets, from the front, without a reader. */
static bool is_clean(const uint8_t *m, size_t n)
{
	size_t at = EG_DNS_HEADER_LEN;

	if (n < 17 || m[2] & 0xfe || m[3] & 0xcf || memcmp(m + 4, "\0\1\0\0\0\0\0", 7) || m[11] > 1)
		return false;
	for (; at < n && m[at]; at += m[at] + 1u) {
		if (m[at] > 63)
			return false;
	}
	if (at > 12 + 254 || at + 5 > n || m[at + 3] || m[at + 4] != 1)
		return false;
	at += 5;
	if (!m[11])
		return at == n;
	if (at + 11 > n || memcmp(m + at, "\0\0\51", 3) || m[at + 5] || m[at + 6] ||
	    at + 11u + m[at + 9] * 256u + m[at + 10] != n)
		return false;
	for (at += 11; at + 4 <= n;)
		at += 4u + m[at + 2] * 256u + m[at + 3];
	return at == n;
}

static uint32_t any(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 12;
}

static const uint8_t telling[] = { 0, 1, 2, 3, 4, 28, 41, 63, 64, 127, 128, 192, 250, 255 };

/* Change a few bytes of M, and now and then its length. */
static size_t mutate(uint8_t *m, size_t n, uint32_t *state)
{
	for (size_t times = any(state) % 4; times > 0 && n > 0; times--)
		m[any(state) % n] = any(state) % 2 ? (uint8_t)any(state)
						   : telling[any(state) % sizeof(telling)];
	if (any(state) % 8 == 0)
		return any(state) % (n + 1);
	if (any(state) % 8 == 0)
		m[n++] = (uint8_t)any(state);
	return n;
}

START_TEST(agrees_with_another_reading_of_the_same_bytes)
{
	uint32_t state = (uint32_t)_i;
	unsigned clean = 0, refused = 0;

	for (unsigned round = 0; round < 20000; round++) {
		uint8_t m[DNS_SAMPLE_MAX + 1], out[EG_DNS_QUERY_MAX];
		size_t n = dns_unhex(dns_samples[any(&state) % DNS_SAMPLES].message, m);
		struct eg_dns_query q;
		bool expected;

		n = mutate(m, n, &state);
		expected = is_clean(m, n);
		ck_assert((eg_dns_parse_query(&q, (struct eg_span){ m, n }) == EG_R_NONE) ==
			  expected);
		clean += expected;
		refused += !expected;
		if (!expected)
			continue;
		n = eg_dns_build_query(&q, out);
		ck_assert(is_clean(out, n));
		ck_assert_uint_eq(n, 12u + q.name.len + 4u + 11u * m[11]);
	}
	ck_assert_uint_gt(clean, 2000);
	ck_assert_uint_gt(refused, 2000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dns");
	TCase *t = tcase_create("query");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, queries_of_real_clients_leave_clean_or_not_at_all, 0, DNS_SAMPLES);
	tcase_add_loop_test(t, cut_and_prolonged_queries_are_malformed, 0, DNS_SAMPLES);
	tcase_add_test(t, fields_are_those_of_the_message);
	tcase_add_loop_test(t, only_rd_ad_and_cd_may_be_set_in_the_header, 0, 2);
	tcase_add_loop_test(t, counts_are_one_question_and_at_most_one_opt, 0, 2);
	tcase_add_test(t, records_that_add_up_are_refused_all_the_same);
	tcase_add_loop_test(t, compression_in_the_question_is_malformed, 0, 2);
	tcase_add_loop_test(t, only_class_in_is_asked_for, 0, 2);
	tcase_add_test(t, name_and_type_stand_where_they_were_read);
	tcase_add_test(t, opt_is_version_0_of_the_root_whatever_its_flags);
	tcase_add_test(t, fault_is_what_a_server_says);
	tcase_add_test(t, options_add_up_and_stay_behind);
	tcase_add_loop_test(t, agrees_with_another_reading_of_the_same_bytes, 0, 5);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

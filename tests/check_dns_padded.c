/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queries that leave with the length with which they came. */
#include "dns.h"

#include "dns_samples.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

enum { OPT_LEN = 11, PADDING = 12, MOST = EG_DNS_QUERY_MAX + UINT16_MAX };

static bool is_all(const uint8_t *p, size_t n, uint8_t value)
{
	while (n > 0 && p[n - 1] == value)
		n--;
	return n == 0;
}

/* A buffer of LEN bytes, of which none may be written behind. */
static size_t build(const struct eg_dns_query *q, size_t len, uint8_t *out)
{
	uint8_t *room = guarded_copy(NULL, len);
	size_t n = eg_dns_build_padded(q, len, room);

	ck_assert(n == len || n == 0);
	ck_assert(n == len || is_all(room, len, 0xa5));
	memcpy(out, room, n);
	guarded_free(room, len);
	return n;
}

/* Check the N bytes at P: Q as it leaves bare, and OPTIONS bytes in its OPT. */
static void check_padded(const struct eg_dns_query *q, const uint8_t *p, size_t n, size_t options)
{
	uint8_t bare[EG_DNS_QUERY_MAX];
	size_t at = eg_dns_build_query(q, bare);

	if (options)
		eg_put16(bare + at - 2, (uint16_t)options);
	ck_assert_uint_eq(n, at + options);
	ck_assert_mem_eq(p, bare, at);
	if (options == 0)
		return;
	ck_assert_uint_eq(eg_get16(p + at), PADDING);
	ck_assert_uint_eq(eg_get16(p + at + 2), options - 4);
	ck_assert(is_all(p + at + 4, n - at - 4, 0));
}

START_TEST(queries_of_real_clients_keep_their_length)
{
	const struct dns_sample *s = &dns_samples[_i];
	uint8_t in[DNS_SAMPLE_MAX], out[DNS_SAMPLE_MAX];
	size_t n = dns_unhex(s->message, in), bare = strlen(s->rebuilt) / 2;
	struct eg_dns_query q;

	if (eg_dns_parse_query(&q, (struct eg_span){ in, n }))
		return;
	ck_assert_msg(build(&q, n, out) == n, "%s", s->from);
	check_padded(&q, out, n, n - bare);
	/* What leaves is itself clean, and would leave as it is. */
	ck_assert_int_eq(eg_dns_parse_query(&q, (struct eg_span){ out, n }), EG_R_NONE);
	ck_assert_uint_eq(build(&q, n, in), n);
	ck_assert_mem_eq(in, out, n);
}
END_TEST

/* Of all lengths those that a clean query can have, and no other. */
START_TEST(only_a_length_that_the_query_can_have_is_built)
{
	static const size_t far[] = { UINT16_MAX - 1, UINT16_MAX, UINT16_MAX + 1, UINT16_MAX + 5 };
	static uint8_t out[MOST + 100];
	struct eg_dns_query q = { .type = 1, .edns = _i };
	struct eg_reader r = eg_reader("\3www\7example", 13);
	size_t bare = 12 + 13 + 4 + (_i ? OPT_LEN : 0);

	ck_assert(eg_name_take(&r, &q.name));
	for (size_t len = 0; len < bare + 1200; len++) {
		bool can = len == bare || (_i && len >= bare + 4);

		ck_assert_msg((build(&q, len, out) == len && len) == can, "%zu", len);
		if (can)
			check_padded(&q, out, len, len - bare);
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		bool can = _i && far[i] <= UINT16_MAX;

		ck_assert_int_eq(build(&q, bare + far[i], out) > 0, can);
		if (can)
			check_padded(&q, out, bare + far[i], far[i]);
	}
}
END_TEST

START_TEST(longest_name_fits)
{
	struct eg_dns_query q = { .edns = true, .name = { .len = EG_NAME_MAX } };
	uint8_t out[EG_DNS_QUERY_MAX + 4];

	memset(q.name.wire, 'x', EG_NAME_MAX);
	ck_assert_uint_eq(build(&q, EG_DNS_QUERY_MAX, out), EG_DNS_QUERY_MAX);
	check_padded(&q, out, EG_DNS_QUERY_MAX, 0);
	ck_assert_uint_eq(build(&q, sizeof(out), out), sizeof(out));
	check_padded(&q, out, sizeof(out), 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dns_padded");
	TCase *t = tcase_create("padded");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, queries_of_real_clients_keep_their_length, 0, DNS_SAMPLES);
	tcase_add_loop_test(t, only_a_length_that_the_query_can_have_is_built, 0, 2);
	tcase_add_test(t, longest_name_fits);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"
#include "resolver.h"

#include <check.h>
#include <stdlib.h>

#define NEITHER     "neither an IPv4 nor an IPv6 address"
#define GROUP       "a multicast or broadcast address"
#define UNSPECIFIED "the unspecified address"
#define IMPOSSIBLE  "a loopback or reserved address"
#define MAPPED      "an IPv4-mapped address"
#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		[10] = 0xff, [11] = 0xff, (a), (b), (c), (d)                                       \
	}

static const struct row {
	const char *text;
	const char *why;
	uint8_t b[16];
} rows[] = {
	{ "10.0.2.3", NULL, V4(10, 0, 2, 3) },
	{ "1.0.0.0", NULL, V4(1, 0, 0, 0) },
	{ "126.255.255.255", NULL, V4(126, 255, 255, 255) },
	{ "128.0.0.1", NULL, V4(128, 0, 0, 1) },
	{ "223.255.255.255", NULL, V4(223, 255, 255, 255) },
	{ "fd00::3", NULL, { 0xfd, [15] = 3 } },
	{ "FD00::3", NULL, { 0xfd, [15] = 3 } },
	{ "fd00:0:0:0:0:0:0:3", NULL, { 0xfd, [15] = 3 } },
	{ "2001:db8:1:2:3:4:5:6",
	  NULL,
	  { 0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6 } },
	{ "2001:0db8:0001:0002:0003:0004:255.255.255.255",
	  NULL,
	  { 0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 255, 255, 255, 255 } },
	{ "fe80::1", NULL, { 0xfe, 0x80, [15] = 1 } },
	{ "64:ff9b::10.0.2.3", NULL, { 0, 0x64, 0xff, 0x9b, [12] = 10, 0, 2, 3 } },
	{ "1::", NULL, { 0, 1 } },
	/* Whole, plain and unambiguous, or nothing. */
	{ "", NEITHER, { 0 } },
	{ "dns.example.org", NEITHER, { 0 } },
	{ "10.0.2", NEITHER, { 0 } },
	{ "10.0.2.3.", NEITHER, { 0 } },
	{ "10.0.2.3.4", NEITHER, { 0 } },
	{ "10.0.2.256", NEITHER, { 0 } },
	{ "10.0.2.03", NEITHER, { 0 } },
	{ "10.0.2.0x3", NEITHER, { 0 } },
	{ "010.0.2.3", NEITHER, { 0 } },
	{ "167772675", NEITHER, { 0 } },
	{ " 10.0.2.3", NEITHER, { 0 } },
	{ "10.0.2.3 ", NEITHER, { 0 } },
	{ "10.0.2.3\n", NEITHER, { 0 } },
	{ "10.0.2.3:53", NEITHER, { 0 } },
	{ "10.0.2.3/32", NEITHER, { 0 } },
	{ "10.0.2.-3", NEITHER, { 0 } },
	{ "[fd00::3]", NEITHER, { 0 } },
	{ "fd00::3%eth0", NEITHER, { 0 } },
	{ "fd00::3/128", NEITHER, { 0 } },
	{ "fd00:::3", NEITHER, { 0 } },
	{ "fd00::1::3", NEITHER, { 0 } },
	{ "fd00:3", NEITHER, { 0 } },
	{ "fd00::12345", NEITHER, { 0 } },
	{ "1:2:3:4:5:6:7:8:9", NEITHER, { 0 } },
	{ "2001:0db8:0001:0002:0003:0004:255.255.255.2555", NEITHER, { 0 } },
	/* Addresses that no server has. */
	{ "0.0.0.0", UNSPECIFIED, { 0 } },
	{ "0.0.0.1", IMPOSSIBLE, { 0 } },
	{ "0.255.255.255", IMPOSSIBLE, { 0 } },
	{ "127.0.0.0", IMPOSSIBLE, { 0 } },
	{ "127.0.0.1", IMPOSSIBLE, { 0 } },
	{ "127.0.0.53", IMPOSSIBLE, { 0 } },
	{ "127.255.255.255", IMPOSSIBLE, { 0 } },
	{ "224.0.0.0", GROUP, { 0 } },
	{ "224.0.0.251", GROUP, { 0 } },
	{ "239.255.255.255", GROUP, { 0 } },
	{ "240.0.0.1", IMPOSSIBLE, { 0 } },
	{ "255.255.255.254", IMPOSSIBLE, { 0 } },
	{ "255.255.255.255", GROUP, { 0 } },
	{ "::", UNSPECIFIED, { 0 } },
	{ "0:0:0:0:0:0:0:0", UNSPECIFIED, { 0 } },
	{ "::1", IMPOSSIBLE, { 0 } },
	{ "::10.0.2.3", IMPOSSIBLE, { 0 } },
	{ "ff02::fb", GROUP, { 0 } },
	{ "ff00::", IMPOSSIBLE, { 0 } },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", GROUP, { 0 } },
	{ "::ffff:10.0.2.3", MAPPED, { 0 } },
	{ "::ffff:127.0.0.1", MAPPED, { 0 } },
	{ "::FFFF:a00:203", MAPPED, { 0 } },
	{ "0:0:0:0:0:ffff:0:0", MAPPED, { 0 } },
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

START_TEST(address_is_one_that_a_server_may_have)
{
	const struct row *r = &rows[_i];
	size_t n = strlen(r->text);
	char *text = guarded_copy(r->text, n);
	struct eg_addr addr = { { 0 } };
	const char *why = eg_resolver_parse(&addr, text, n);

	ck_assert_msg(same(why, r->why), "%s: %s", r->text, why);
	if (!why)
		ck_assert_mem_eq(addr.b, r->b, sizeof(addr.b));
	ck_assert_msg(eg_is_address(text, n) == !same(r->why, NEITHER), "%s", r->text);
	guarded_free(text, n);
}
END_TEST

static void parse_cut(uint8_t *copy, size_t m, void *ctx)
{
	struct eg_addr addr;

	(void)ctx;
	eg_resolver_parse(&addr, (const char *)copy, m);
	eg_is_address((const char *)copy, m);
}

START_TEST(no_length_reads_too_far)
{
	guarded_each_cut(rows[_i].text, strlen(rows[_i].text), parse_cut, NULL);
}
END_TEST

START_TEST(zero_byte_ends_no_address)
{
	struct eg_addr addr;

	ck_assert_str_eq(eg_resolver_parse(&addr, "10.0.2.3\0", 9), NEITHER);
	ck_assert_str_eq(eg_resolver_parse(&addr, "10.0.2.3\0.4", 11), NEITHER);
	ck_assert_str_eq(eg_resolver_parse(&addr, "\0", 1), NEITHER);
	ck_assert(!eg_is_address("fd00::3\0x", 9));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resolver");
	TCase *t = tcase_create("resolver");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, address_is_one_that_a_server_may_have, 0,
			    sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(t, no_length_reads_too_far, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, zero_byte_ends_no_address);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

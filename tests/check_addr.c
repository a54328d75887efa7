/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addr.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>

/* The address that TEXT says, by the C library's reading. */
static struct eg_addr parse(const char *text)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, text, b) == 1)
		return eg_addr4(b);
	ck_assert_msg(inet_pton(AF_INET6, text, b) == 1, "%s", text);
	return eg_addr6(b);
}

enum { STATION = EG_ADDR_STATION, GROUP = EG_ADDR_GROUP };
enum { UNSPECIFIED = EG_ADDR_UNSPECIFIED, IMPOSSIBLE = EG_ADDR_IMPOSSIBLE };

/* Both edges of every range, and their neighbours. */
static const struct {
	const char *text;
	int kind;
} rows[] = {
	{ "0.0.0.0", UNSPECIFIED },
	{ "0.0.0.1", IMPOSSIBLE },
	{ "0.255.255.255", IMPOSSIBLE },
	{ "1.0.0.0", STATION },
	{ "10.0.2.15", STATION },
	{ "126.255.255.255", STATION },
	{ "127.0.0.0", IMPOSSIBLE },
	{ "127.0.0.1", IMPOSSIBLE },
	{ "127.255.255.255", IMPOSSIBLE },
	{ "128.0.0.0", STATION },
	{ "169.254.169.254", STATION },
	{ "223.255.255.255", STATION },
	{ "224.0.0.0", GROUP },
	{ "224.0.0.251", GROUP },
	{ "239.255.255.255", GROUP },
	{ "240.0.0.0", IMPOSSIBLE },
	{ "255.0.0.0", IMPOSSIBLE },
	{ "255.255.255.254", IMPOSSIBLE },
	{ "255.255.255.255", GROUP },
	{ "::", UNSPECIFIED },
	{ "::1", IMPOSSIBLE },
	{ "::2", IMPOSSIBLE },
	{ "::10.0.2.2", IMPOSSIBLE },
	{ "::ffff:ffff", IMPOSSIBLE },
	{ "::1:0:0", STATION },
	{ "64:ff9b::a00:202", STATION },
	{ "2001:db8::1", STATION },
	{ "fd00::2", STATION },
	{ "fe80::2", STATION },
	{ "fec0::2", STATION },
	{ "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", STATION },
	{ "ff00::1", IMPOSSIBLE },
	{ "ff01::1", IMPOSSIBLE },
	{ "ff10::1", IMPOSSIBLE },
	{ "fff1::1", IMPOSSIBLE },
	{ "ff02::1", GROUP },
	{ "ff02::1:ff00:2", GROUP },
	{ "ff32::1", GROUP },
	{ "ff0e::1", GROUP },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", GROUP },
};

START_TEST(each_range_ends_where_it_should)
{
	struct eg_addr a = parse(rows[_i].text);

	ck_assert_msg((int)eg_addr_kind(&a) == rows[_i].kind, "%s", rows[_i].text);
	ck_assert_int_eq(eg_addr_is_unspecified(&a), rows[_i].kind == UNSPECIFIED);
}
END_TEST

/* Groups are groups whatever their scope: a policy must not name any. */
START_TEST(group_of_any_scope_is_a_group)
{
	static const struct {
		const char *text;
		bool group;
	} t[] = {
		{ "ff00::1", true },          { "ff01::1", true },     { "ff02::1", true },
		{ "feff::1", false },         { "fe80::1", false },    { "::", false },
		{ "224.0.0.1", true },        { "239.0.0.1", true },   { "223.0.0.1", false },
		{ "240.0.0.1", false },       { "0.0.0.0", false },    { "255.255.255.255", true },
		{ "255.255.255.254", false }, { "10.0.2.255", false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct eg_addr a = parse(t[i].text);

		ck_assert_msg(eg_addr_is_group(&a) == t[i].group, "%s", t[i].text);
	}
}
END_TEST

START_TEST(ip4_stands_as_mapped)
{
	struct eg_addr a = parse("10.0.2.15"), mapped = parse("::ffff:10.0.2.15");
	struct eg_addr compatible = parse("::10.0.2.15"), translated = parse("::ffff:0:10.0.2.15");

	ck_assert(eg_addr_equal(&a, &mapped));
	ck_assert(eg_addr_is4(&a));
	ck_assert(!eg_addr_is4(&compatible));
	ck_assert(!eg_addr_is4(&translated));
	ck_assert(!eg_addr_equal(&a, &compatible));
}
END_TEST

START_TEST(equal_compares_every_byte)
{
	struct eg_addr a = parse("fd00:1:2:3:4:5:6:7");

	for (int i = 0; i < 16; i++) {
		struct eg_addr b = a;

		ck_assert(eg_addr_equal(&a, &b));
		b.b[i] ^= 0x80;
		ck_assert(!eg_addr_equal(&a, &b));
	}
}
END_TEST

/* The mapped prefix is 96 bits: one that differs anywhere in it is no IPv4. */
START_TEST(mapped_prefix_is_compared_whole)
{
	struct eg_addr a = parse("10.0.2.15");

	for (int i = 0; i < 12; i++) {
		struct eg_addr b = a;

		b.b[i] ^= 1;
		ck_assert(!eg_addr_is4(&b));
	}
}
END_TEST

START_TEST(group_maps_to_its_mac)
{
	static const struct {
		const char *text;
		uint8_t mac[6];
	} t[] = {
		{ "255.255.255.255", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ "224.0.0.251", { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb } },
		{ "239.255.255.250", { 0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa } },
		{ "224.128.1.2", { 0x01, 0x00, 0x5e, 0x00, 0x01, 0x02 } },
		{ "ff02::1:ff12:3456", { 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 } },
		{ "ff02::2", { 0x33, 0x33, 0, 0, 0, 2 } },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct eg_addr a = parse(t[i].text);
		uint8_t mac[6];

		eg_addr_group_mac(&a, mac);
		ck_assert_mem_eq(mac, t[i].mac, 6);
	}
}
END_TEST

START_TEST(text_is_the_shortest_that_reads_back)
{
	static const char *const texts[] = {
		"0.0.0.0",         "10.0.2.15",
		"255.255.255.255", "::",
		"fd00::3",         "fd00:0:1::2",
		"::1.2.3.4",       "aaaa:bbbb:cccc:dddd:eeee:ffff:1111:2222",
	};
	char text[EG_ADDR_TEXT_MAX];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct eg_addr a = parse(texts[i]);

		ck_assert_str_eq(eg_addr_text(&a, text), texts[i]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("addr");
	TCase *t = tcase_create("addr");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, each_range_ends_where_it_should, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, group_of_any_scope_is_a_group);
	tcase_add_test(t, ip4_stands_as_mapped);
	tcase_add_test(t, equal_compares_every_byte);
	tcase_add_test(t, mapped_prefix_is_compared_whole);
	tcase_add_test(t, group_maps_to_its_mac);
	tcase_add_test(t, text_is_the_shortest_that_reads_back);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

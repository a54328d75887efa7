/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "finding.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *text;
	uint32_t proto;
	const char *shown;
} protos[] = {
	{ "tcp", 6, "tcp" },
	{ "TCP", 6, "tcp" },
	{ "udp", 17, "udp" },
	{ "icmp", 1, "icmp" },
	{ "icmp6", 58, "icmp6" },
	{ "IPv6-ICMP", 58, "icmp6" },
	{ "58", 58, "icmp6" },
	{ "ARP", EG_PROTO_ETHER | 0x0806, "arp" },
	{ "arp", EG_PROTO_ETHER | 0x0806, "arp" },
	{ "0x0806", EG_PROTO_ETHER | 0x0806, "arp" },
	{ "0x88cc", EG_PROTO_ETHER | 0x88cc, "0x88cc" },
	{ "0x88CC", EG_PROTO_ETHER | 0x88cc, "0x88cc" },
	{ "0x5", EG_PROTO_ETHER | 5, "0x0005" },
	{ "0", 0, "hopopt" },
	{ "47", 47, "gre" },
	{ "GRE", 47, "gre" },
	{ "SCTP", 132, "sctp" },
	{ "255", 255, "255" },
	{ "256", EG_PROTO_NONE, "-" },
	{ "0x", EG_PROTO_NONE, "-" },
	{ "0x12345", EG_PROTO_NONE, "-" },
	{ "0x12g", EG_PROTO_NONE, "-" },
	{ "tcpx", EG_PROTO_NONE, "-" },
	{ "tc", EG_PROTO_NONE, "-" },
	{ "", EG_PROTO_NONE, "-" },
};

START_TEST(protocols_are_read_and_shown)
{
	char text[EG_PROTO_TEXT_MAX];
	uint32_t proto = eg_proto_parse(protos[_i].text, strlen(protos[_i].text));

	ck_assert_msg(proto == protos[_i].proto, "%s: %x", protos[_i].text, proto);
	ck_assert_str_eq(eg_proto_text(proto, text), protos[_i].shown);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	const char *shown;
} addresses[] = {
	{ "10.0.2.15", true, "10.0.2.15" },
	{ "fd00::3", true, "fd00::3" },
	{ "FE80:0:0:0:0:0:0:1", true, "fe80::1" },
	{ "10.0.2", false, NULL },
	{ "10.0.2.256", false, NULL },
	{ "10.0.2.15 ", false, NULL },
	{ "fd00::3%eth0", false, NULL },
	{ "", false, NULL },
	{ "example.org", false, NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", false, NULL },
};

START_TEST(addresses_are_read)
{
	char text[EG_ADDR_TEXT_MAX];
	struct eg_addr a;

	ck_assert_int_eq(eg_finding_address(&a, addresses[_i].text, strlen(addresses[_i].text)),
			 addresses[_i].good);
	if (addresses[_i].good)
		ck_assert_str_eq(eg_addr_text(&a, text), addresses[_i].shown);
}
END_TEST

START_TEST(an_address_ends_where_it_is_said_to)
{
	struct eg_addr a;

	ck_assert(eg_finding_address(&a, "10.0.2.155", 9));
	ck_assert_uint_eq(a.b[15], 15);
	ck_assert(!eg_finding_address(&a, "10.0.2.1\0005", 10) || a.b[15] == 1);
}
END_TEST

static const struct {
	const char *text;
	uint64_t most;
	bool good;
	uint64_t v;
} numbers[] = {
	{ "0", 65535, true, 0 },
	{ "65535", 65535, true, 65535 },
	{ "65536", 65535, false, 0 },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, false, 0 },
	{ "99999999999999999999", UINT64_MAX, false, 0 },
	{ "000000000000000000001", UINT64_MAX, false, 0 },
	{ "", 5, false, 0 },
	{ "-1", 5, false, 0 },
	{ "+1", 5, false, 0 },
	{ "1 ", 5, false, 0 },
	{ "0x1", 5, false, 0 },
};

START_TEST(numbers_are_read)
{
	uint64_t v = 0;

	ck_assert_int_eq(
		eg_finding_number(numbers[_i].text, strlen(numbers[_i].text), numbers[_i].most, &v),
		numbers[_i].good);
	if (numbers[_i].good)
		ck_assert_uint_eq(v, numbers[_i].v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("finding");
	TCase *c = tcase_create("finding");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_loop_test(c, protocols_are_read_and_shown, 0, sizeof(protos) / sizeof(protos[0]));
	tcase_add_loop_test(c, addresses_are_read, 0, sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_test(c, an_address_ends_where_it_is_said_to);
	tcase_add_loop_test(c, numbers_are_read, 0, sizeof(numbers) / sizeof(numbers[0]));
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

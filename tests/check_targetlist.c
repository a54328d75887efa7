/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "targetlist.h"

#include "frame.h"
#include "packet.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct eg_targets *targets, *own;
static struct eg_nameset *names;
static struct eg_targetlist list;

static void setup(void)
{
	targets = eg_targets_new();
	own = eg_targets_new();
	names = eg_nameset_new();
	ck_assert(targets && own && names);
}

static void teardown(void)
{
	eg_targets_free(targets);
	eg_targets_free(own);
	eg_nameset_free(names);
}

/* From memory that ends where TEXT does. */
static int read_list(const char *text, bool with_names)
{
	size_t n = strlen(text);
	char *copy = guarded_copy(text, n);
	int rc;

	list = (struct eg_targetlist){ .targets = { &eg_ownnet_default, targets, own, false },
				       .names = with_names ? names : NULL };
	rc = eg_targetlist_read(&list, copy, n);
	if (rc == -EINVAL) { /* what it points to is soon gone */
		ck_assert(list.item >= copy && list.item + list.item_len <= copy + n);
		list.item = text + (list.item - copy);
	}
	guarded_free(copy, n);
	return rc;
}

static bool has(const char *addr, char proto, unsigned port)
{
	struct eg_addr a;
	uint8_t b[16];

	if (inet_pton(AF_INET, addr, b) == 1)
		a = eg_addr4(b);
	else if (inet_pton(AF_INET6, addr, b) == 1)
		a = eg_addr6(b);
	else
		ck_abort_msg("%s", addr);
	return eg_targets_match(targets, &a, proto == 't' ? EG_PROTO_TCP : EG_PROTO_UDP,
				(uint16_t)port);
}

/* What a list has of 10.1.2.3: all that is said here, and nothing else. */
static const struct {
	const char *text;
	struct {
		char proto; /* t, u */
		unsigned first, last;
	} ranges[4];
} lists[] = {
	{ "10.1.2.3:80", { { 't', 80, 80 }, { 'u', 80, 80 } } },
	{ "10.1.2.3:80/tcp", { { 't', 80, 80 } } },
	{ "10.1.2.3:80/udp", { { 'u', 80, 80 } } },
	{ "10.1.2.3:1-65535/udp", { { 'u', 1, 65535 } } },
	{ "10.1.2.3:8000-8010/tcp", { { 't', 8000, 8010 } } },
	{ "10.1.2.3:80-80/tcp", { { 't', 80, 80 } } },
	{ "10.1.2.3/32:80/tcp", { { 't', 80, 80 } } },
	{ "10.1.2.0/24:80/tcp", { { 't', 80, 80 } } },
	{ "0.0.0.0/0:80/tcp", { { 't', 80, 80 } } },
	{ "9.0.0.0/8:80 10.2.0.0/16:80", { { 0 } } },
	{ "[::]/0:80 [2001:db8::/32]:80", { { 0 } } },
	/* Ports that go on with the target in front, and share its protocol. */
	{ "10.1.2.3:80,443",
	  { { 't', 80, 80 }, { 'u', 80, 80 }, { 't', 443, 443 }, { 'u', 443, 443 } } },
	{ "10.1.2.3:80 443",
	  { { 't', 80, 80 }, { 'u', 80, 80 }, { 't', 443, 443 }, { 'u', 443, 443 } } },
	{ "10.1.2.3:80,443/tcp", { { 't', 80, 80 }, { 't', 443, 443 } } },
	{ "10.1.2.3:80, 443 ,\t8000-8010/tcp",
	  { { 't', 80, 80 }, { 't', 443, 443 }, { 't', 8000, 8010 } } },
	{ "10.1.2.3:53/udp,443/tcp", { { 'u', 53, 53 }, { 't', 443, 443 } } },
	{ "10.1.2.3:53/udp,80,443/tcp", { { 'u', 53, 53 }, { 't', 80, 80 }, { 't', 443, 443 } } },
	{ "10.1.2.3:80,443/tcp,5,6/udp",
	  { { 't', 80, 80 }, { 't', 443, 443 }, { 'u', 5, 5 }, { 'u', 6, 6 } } },
	/* What follows is the next target's own. */
	{ "10.1.2.3:80/tcp,9.9.9.9:1,2,3/udp", { { 't', 80, 80 } } },
	{ "9.9.9.9:1,2,3 10.1.2.3:80/tcp", { { 't', 80, 80 } } },
	{ "10.1.2.3:80,10.1.2.4:443/tcp", { { 't', 80, 80 }, { 'u', 80, 80 } } },
	/* Twice is fine. */
	{ "10.1.2.3:80/tcp,80/tcp 10.1.2.0/24:80/tcp", { { 't', 80, 80 } } },
};

START_TEST(list_is_what_it_says_and_nothing_else)
{
	ck_assert_msg(read_list(lists[_i].text, false) == 0, "%s", list.why);
	for (unsigned port = 0; port <= 65535; port++)
		for (int udp = 0; udp < 2; udp++) {
			bool said = false;

			for (size_t i = 0; i < COUNT(lists[_i].ranges); i++)
				said |= lists[_i].ranges[i].proto == (udp ? 'u' : 't') &&
					port >= lists[_i].ranges[i].first &&
					port <= lists[_i].ranges[i].last;
			ck_assert_msg(has("10.1.2.3", udp ? 'u' : 't', port) == said, "port %u",
				      port);
		}
}
END_TEST

START_TEST(prefix_stands_within_the_brackets_or_behind)
{
	static const char *const texts[] = { "[2001:db8::]/32:443/tcp", "[2001:db8::/32]:443/tcp",
					     "[2001:DB8:0::0/32]:443/tcp" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		teardown();
		setup();
		ck_assert_msg(read_list(texts[i], false) == 0, "%s", list.why);
		ck_assert(has("2001:db8:ffff::1", 't', 443));
		ck_assert(!has("2001:db8:ffff::1", 'u', 443));
		ck_assert(!has("2001:db9::1", 't', 443));
		ck_assert_uint_eq(eg_targets_count(targets), 1);
	}
}
END_TEST

START_TEST(address_alone_is_all_ports_of_a_list_with_names)
{
	ck_assert_msg(read_list("10.1.2.3 10.2.0.0/16,[2001:db8::]/32 [fd00::9]", true) == 0, "%s",
		      list.why);
	ck_assert(has("10.1.2.3", 't', 1) && has("10.1.2.3", 'u', 65535));
	ck_assert(has("10.2.9.9", 'u', 1) && has("10.2.9.9", 't', 65535));
	ck_assert(has("2001:db8::1", 't', 80) && has("fd00::9", 'u', 53));
	ck_assert(!has("10.1.2.4", 't', 1) && !has("fd00::8", 'u', 53));
	ck_assert_uint_eq(eg_nameset_count(names), 0);
}
END_TEST

static bool matches(const struct eg_name *name)
{
	struct eg_suffixes s;
	size_t below;

	eg_suffixes(&s, name, eg_nameset_deepest(names));
	return eg_nameset_match(names, name, &s, &below);
}

START_TEST(names_are_what_does_not_look_like_an_address)
{
	static const char text[] = "a.example *.b.example 10.1.2.3:80 3com 10.0.0.1.example.org";
	struct eg_name name;

	ck_assert_msg(read_list(text, true) == 0, "%s", list.why);
	ck_assert_uint_eq(eg_nameset_count(names), 4);
	ck_assert_uint_eq(eg_targets_count(targets), 1);
	ck_assert_ptr_null(eg_name_parse(&name, "x.b.example", 11));
	ck_assert(matches(&name));
	ck_assert_ptr_null(eg_name_parse(&name, "b.example", 9));
	ck_assert(!matches(&name));
}
END_TEST

#define PORT   "no port from 1 to 65535"
#define PROTO  "neither /tcp nor /udp behind the ports"
#define LENGTH "no prefix length from 0 to 32"
#define BEHIND "neither a prefix length nor ports behind the address"
#define SIX    "no IPv6 address in brackets"

/* What is refused, of both kinds of list; the item at fault. */
static const struct {
	const char *text, *item, *why;
} wrong[] = {
	{ "10.1.2.3:", NULL, PORT },
	{ "10.1.2.3:0", NULL, PORT },
	{ "10.1.2.3:080", NULL, PORT },
	{ "10.1.2.3:65536", NULL, PORT },
	{ "10.1.2.3:100000", NULL, PORT },
	{ "10.1.2.3:4294967376", NULL, PORT },
	{ "10.1.2.3:-80", NULL, PORT },
	{ "10.1.2.3:+80", NULL, PORT },
	{ "10.1.2.3:80-", NULL, PORT },
	{ "10.1.2.3:0-80", NULL, PORT },
	{ "10.1.2.3:80-0", NULL, PORT },
	{ "10.1.2.3:80-090", NULL, PORT },
	{ "10.1.2.3:80--90", NULL, PORT },
	{ "10.1.2.3:80-90-100", NULL, PORT },
	{ "10.1.2.3:80-65536", NULL, PORT },
	{ "10.1.2.3:http", NULL, PORT },
	{ "10.1.2.3:80:90", NULL, PORT },
	{ "10.1.2.3:*", NULL, PORT },
	{ "10.1.2.3:0x50", NULL, PORT },
	{ "10.1.2.3:80,443,0", "0", PORT },
	{ "10.1.2.3:81-80", NULL, "a range of ports that goes down" },
	{ "10.1.2.3:1,81-80/tcp", "81-80/tcp", "a range of ports that goes down" },
	{ "10.1.2.3:80/", NULL, PROTO },
	{ "10.1.2.3:80/TCP", NULL, PROTO },
	{ "10.1.2.3:80/tcpx", NULL, PROTO },
	{ "10.1.2.3:80/6", NULL, PROTO },
	{ "10.1.2.3:80/tcp/udp", NULL, PROTO },
	{ "10.1.2.3:80/icmp", NULL, PROTO },
	{ "10.1.2.3:80/sctp", NULL, PROTO },
	{ "10.1.2.3:80/tcp,443", "443", "ports without a protocol behind ports with one" },
	{ "10.1.2.3:80/tcp,1,2", "1", "ports without a protocol behind ports with one" },
	{ "80", NULL, "ports without an address in front" },
	{ "80/tcp 10.1.2.3:80", "80/tcp", "ports without an address in front" },
	{ "10.1.2.3/33:80", NULL, LENGTH },
	{ "10.1.2.3/:80", NULL, LENGTH },
	{ "10.1.2.3/032:80", NULL, LENGTH },
	{ "10.1.2.3/-1:80", NULL, BEHIND },
	{ "10.1.2.3/255.255.255.0:80", NULL, BEHIND },
	{ "10.1.2.3/24/24:80", NULL, BEHIND },
	{ "10.1.2.3/24:80", NULL, "an address with bits set behind its prefix" },
	{ "10.0.0.1/0:80", NULL, "an address with bits set behind its prefix" },
	{ "[2001:db8::1]/64:80", NULL, "an address with bits set behind its prefix" },
	{ "10.1.2.3x:80", NULL, NULL },
	{ "10.1.2:80", NULL, "no IPv4 address" },
	{ "10.1.2.3.4:80", NULL, "no IPv4 address" },
	{ "10.1.2.256:80", NULL, "no IPv4 address" },
	{ "010.1.2.3:80", NULL, "no IPv4 address" },
	{ "10.1.2.03:80", NULL, "no IPv4 address" },
	{ "10.1..3:80", NULL, "no IPv4 address" },
	{ "[2001:db8::]/129:80", NULL, "no prefix length from 0 to 128" },
	{ "[2001:db8::/]:80", NULL, "no prefix length from 0 to 128" },
	{ "[2001:db8::/64]/64:80", NULL, "two prefix lengths" },
	{ "[2001:db8::/64/64]:80", NULL, "no prefix length from 0 to 128" },
	{ "[2001:db8::1:80", NULL, "no closing bracket" },
	{ "[2001:db8::1]80", NULL, BEHIND },
	{ "[2001:db8::1]]:80", NULL, BEHIND },
	{ "[[2001:db8::1]:80", NULL, SIX },
	{ "[]:80", NULL, SIX },
	{ "[10.1.2.3]:80", NULL, SIX },
	{ "[fe80::1%eth0]:80", NULL, SIX },
	{ "[2001:db8:::1]:80", NULL, SIX },
	{ "2001:db8::1", NULL, "an IPv6 address that stands in no brackets" },
	{ "2001:db8::/32", NULL, "an IPv6 address that stands in no brackets" },
	{ "::1:80", NULL, "an IPv6 address that stands in no brackets" },
	{ "[::ffff:10.1.2.3]:80", NULL, "an IPv4-mapped address" },
	{ "[::ffff:0:0/96]:80", NULL, "an IPv4-mapped address" },
	{ "0.0.0.0:80", NULL, "the unspecified address" },
	{ "0.0.0.0/1:80", NULL, "the unspecified address" },
	{ "[::]:80", NULL, "the unspecified address" },
	{ "[::/64]:80", NULL, "the unspecified address" },
	{ "127.0.0.1:80", NULL, "a loopback or reserved address" },
	{ "0.1.2.3:80", NULL, "a loopback or reserved address" },
	{ "240.0.0.0/4:80", NULL, "a loopback or reserved address" },
	{ "[::1]:80", NULL, "a loopback or reserved address" },
	{ "224.0.0.251:5353/udp", NULL, "a multicast or broadcast address" },
	{ "224.0.0.0/4:80", NULL, "a multicast or broadcast address" },
	{ "255.255.255.255:80", NULL, "a multicast or broadcast address" },
	{ "[ff02::fb]:5353", NULL, "a multicast or broadcast address" },
	{ "9.9.9.9:1 10.1.2.3:0,9.9.9.9:2", "10.1.2.3:0", PORT },
};

START_TEST(what_could_mean_another_thing_is_refused)
{
	const char *item = wrong[_i].item ? wrong[_i].item : wrong[_i].text;

	for (int with_names = 0; with_names < 2; with_names++) {
		ck_assert_int_eq(read_list(wrong[_i].text, with_names), -EINVAL);
		if (!wrong[_i].why) /* depends on the list */
			continue;
		ck_assert_str_eq(list.why, wrong[_i].why);
		ck_assert_uint_eq(list.item_len, strlen(item));
		ck_assert(memcmp(list.item, item, list.item_len) == 0);
	}
}
END_TEST

/* What is refused of one kind of list, with names or without. */
static const struct {
	bool with_names;
	const char *text, *why;
} wrong_here[] = {
	{ false, "10.1.2.3", "an address without ports" },
	{ false, "[2001:db8::/32]", "an address without ports" },
	{ false, "example.org:443", "only addresses can be connected to" },
	{ false, "example.org", "only addresses can be connected to" },
	{ false, "*.example.org", "only addresses can be connected to" },
	{ false, "*", "only addresses can be connected to" },
	{ false, "80x", "only addresses can be connected to" },
	{ true, "example.org:443", "a name with ports: only its look-up can be blocked" },
	{ true, "*", "would be every name" },
	{ true, "*.", "would be every name" },
	{ true, "10.1.2.3 443", "ports without an address in front" },
	{ true, "example.org 443", "ports without an address in front" },
	{ true, "10.1.2.3/tcp", BEHIND },
	{ true, "10.1.2.3/", LENGTH },
};

START_TEST(list_without_names_has_no_names_and_one_with_them_no_ports_for_them)
{
	ck_assert_int_eq(read_list(wrong_here[_i].text, wrong_here[_i].with_names), -EINVAL);
	ck_assert_str_eq(list.why, wrong_here[_i].why);
}
END_TEST

START_TEST(empty_list_is_nothing)
{
	static const char *const empty[] = { "", " ", ",", "\t, ,", " \t" };

	for (size_t i = 0; i < COUNT(empty); i++)
		ck_assert_int_eq(read_list(empty[i], i % 2), 0);
	ck_assert_uint_eq(eg_targets_count(targets), 0);
}
END_TEST

/* A line is 64 KiB at most. All its ports are one group: it is read twice, not once for each. */
START_TEST(list_as_long_as_a_line_is_read_at_once)
{
	static char text[65536 + 1];
	size_t n = strlen(strcpy(text, "10.1.2.3:1"));

	for (; n + 2 < sizeof(text); n += 2) {
		text[n] = ',';
		text[n + 1] = (char)('1' + n / 2 % 9);
	}
	ck_assert_int_eq(read_list(text, false), 0);
	ck_assert(has("10.1.2.3", 't', 9) && !has("10.1.2.3", 't', 10));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("targetlist");
	TCase *t = tcase_create("targetlist");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, list_is_what_it_says_and_nothing_else, 0, COUNT(lists));
	tcase_add_test(t, prefix_stands_within_the_brackets_or_behind);
	tcase_add_test(t, address_alone_is_all_ports_of_a_list_with_names);
	tcase_add_test(t, names_are_what_does_not_look_like_an_address);
	tcase_add_loop_test(t, what_could_mean_another_thing_is_refused, 0, COUNT(wrong));
	tcase_add_loop_test(t, list_without_names_has_no_names_and_one_with_them_no_ports_for_them,
			    0, COUNT(wrong_here));
	tcase_add_test(t, empty_list_is_nothing);
	tcase_add_test(t, list_as_long_as_a_line_is_read_at_once);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

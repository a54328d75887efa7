/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "targets.h"

#include "frame.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>

enum { TCP = EG_PROTO_TCP, UDP = EG_PROTO_UDP };

static struct eg_targets *set;

static void setup(void)
{
	set = eg_targets_new();
	ck_assert_ptr_nonnull(set);
}

static void teardown(void)
{
	eg_targets_free(set);
}

static struct eg_addr parse(const char *text)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, text, b) == 1)
		return eg_addr4(b);
	ck_assert_msg(inet_pton(AF_INET6, text, b) == 1, "%s", text);
	return eg_addr6(b);
}

static void add(const char *addr, uint8_t prefix, uint8_t proto, uint16_t first, uint16_t last)
{
	const struct eg_target t = { parse(addr), prefix, proto, first, last };

	ck_assert_int_eq(eg_targets_add(set, &t), 0);
}

static bool match(const char *addr, uint8_t proto, uint16_t port)
{
	struct eg_addr a = parse(addr);

	return eg_targets_match(set, &a, proto, port);
}

START_TEST(empty_set_has_nothing)
{
	static const uint16_t ports[] = { 0, 1, 80, 65535 };

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		ck_assert(!match("10.0.0.1", TCP, ports[i]));
		ck_assert(!match("0.0.0.0", UDP, ports[i]));
		ck_assert(!match("::", TCP, ports[i]));
		ck_assert(!match("2001:db8::1", UDP, ports[i]));
	}
	ck_assert_uint_eq(eg_targets_count(set), 0);
	eg_targets_free(NULL);
}
END_TEST

START_TEST(target_is_its_address_protocol_and_ports_and_no_other)
{
	add("10.1.2.3", 32, TCP, 8000, 8010);
	ck_assert(match("10.1.2.3", TCP, 8000) && match("10.1.2.3", TCP, 8005));
	ck_assert(match("10.1.2.3", TCP, 8010));
	ck_assert(!match("10.1.2.3", TCP, 7999) && !match("10.1.2.3", TCP, 8011));
	ck_assert(!match("10.1.2.3", UDP, 8005));
	ck_assert(!match("10.1.2.2", TCP, 8005) && !match("10.1.2.4", TCP, 8005));
	ck_assert(!match("11.1.2.3", TCP, 8005));
	ck_assert(!match("::a01:203", TCP, 8005));
}
END_TEST

/* UDP's ports do not begin where TCP's end. */
START_TEST(protocols_do_not_touch)
{
	add("10.1.2.3", 32, TCP, 65535, 65535);
	ck_assert(!match("10.1.2.3", UDP, 0) && !match("10.1.2.3", UDP, 65535));
	add("10.1.2.3", 32, UDP, 1, 1);
	ck_assert(match("10.1.2.3", TCP, 65535) && match("10.1.2.3", UDP, 1));
	ck_assert(!match("10.1.2.3", UDP, 0) && !match("10.1.2.3", UDP, 2));
	ck_assert(!match("10.1.2.3", TCP, 1) && !match("10.1.2.3", TCP, 65534));
}
END_TEST

START_TEST(other_protocols_are_met_by_nothing)
{
	add("0.0.0.0", 0, UDP, 1, 65535);
	ck_assert(!match("10.1.2.3", TCP, 80));
	ck_assert(!match("10.1.2.3", EG_PROTO_ICMP, 80));
}
END_TEST

START_TEST(prefix_has_the_addresses_that_begin_with_it)
{
	static const struct {
		const char *base;
		uint8_t prefix;
		const char *in[2], *out[2];
	} rows[] = {
		{ "10.0.0.0",
		  8,
		  { "10.0.0.0", "10.255.255.255" },
		  { "9.255.255.255", "11.0.0.0" } },
		{ "10.1.2.0", 23, { "10.1.2.0", "10.1.3.255" }, { "10.1.1.255", "10.1.4.0" } },
		{ "10.1.2.2", 31, { "10.1.2.2", "10.1.2.3" }, { "10.1.2.1", "10.1.2.4" } },
		{ "128.0.0.0", 1, { "128.0.0.0", "255.255.255.255" }, { "127.255.255.255", "::" } },
		{ "0.0.0.0", 0, { "1.2.3.4", "255.255.255.255" }, { "::1", "2001:db8::1" } },
		{ "::", 0, { "2001:db8::1", "::1" }, { "1.2.3.4", "0.0.0.0" } },
		{ "::", 64, { "::1", "::ffff:ffff:ffff:1" }, { "10.0.0.1", "0:0:0:1::" } },
		{ "2001:db8::",
		  33,
		  { "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff" },
		  { "2001:db8:8000::", "2001:db7:ffff::" } },
		{ "2001:db8::2",
		  127,
		  { "2001:db8::2", "2001:db8::3" },
		  { "2001:db8::1", "2001:db8::4" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown();
		setup();
		add(rows[i].base, rows[i].prefix, TCP, 80, 80);
		for (size_t j = 0; j < 2; j++) {
			ck_assert_msg(match(rows[i].in[j], TCP, 80), "row %zu", i);
			ck_assert_msg(!match(rows[i].out[j], TCP, 80), "row %zu", i);
		}
	}
}
END_TEST

/* What does not match at one length may at another, in whatever order they came. */
START_TEST(lengths_are_all_tried)
{
	add("10.1.2.3", 32, TCP, 1, 1);
	add("10.0.0.0", 8, TCP, 2, 2);
	add("10.1.0.0", 16, TCP, 3, 3);
	add("0.0.0.0", 0, TCP, 4, 4);
	for (uint16_t port = 1; port <= 4; port++)
		ck_assert(match("10.1.2.3", TCP, port));
	ck_assert(!match("10.1.2.3", TCP, 5));
	ck_assert(!match("10.1.2.4", TCP, 1) && match("10.1.2.4", TCP, 3));
	ck_assert(!match("11.1.2.3", TCP, 2) && match("11.1.2.3", TCP, 4));
	ck_assert_uint_eq(eg_targets_count(set), 4);
}
END_TEST

START_TEST(bits_behind_the_prefix_count_for_nothing)
{
	add("10.1.2.3", 8, TCP, 80, 80);
	add("10.9.9.9", 8, TCP, 81, 81);
	ck_assert(match("10.200.0.1", TCP, 80) && match("10.200.0.1", TCP, 81));
	ck_assert_uint_eq(eg_targets_count(set), 1);
}
END_TEST

/* In every order of three ranges: what touches becomes one, what lies between stays out. */
START_TEST(gap_of_one_port_stays_a_gap)
{
	static const uint16_t firsts[] = { 80, 82, 85 }, lasts[] = { 80, 83, 85 };

	for (size_t order = 0; order < 27; order++) {
		size_t i[] = { order % 3, order / 3 % 3, order / 9 };

		if (i[0] == i[1] || i[1] == i[2] || i[0] == i[2])
			continue;
		teardown();
		setup();
		for (size_t j = 0; j < 3; j++)
			add("10.1.2.3", 32, TCP, firsts[i[j]], lasts[i[j]]);
		for (uint16_t port = 78; port < 88; port++)
			ck_assert_msg(match("10.1.2.3", TCP, port) == (port == 80 || port == 82 ||
								       port == 83 || port == 85),
				      "order %zu, port %u", order, port);
		add("10.1.2.3", 32, TCP, 81, 81);
		ck_assert(match("10.1.2.3", TCP, 81) && !match("10.1.2.3", TCP, 84));
	}
}
END_TEST

/* As many as there can be, none touching another: they grow, and are found by halves. */
START_TEST(ports_of_one_address_may_be_very_many)
{
	for (int port = 65535; port >= 1; port -= 2)
		add("10.1.2.3", 32, port % 4 == 1 ? TCP : UDP, (uint16_t)port, (uint16_t)port);
	for (unsigned port = 1; port <= 65535; port++) {
		ck_assert(match("10.1.2.3", TCP, (uint16_t)port) == (port % 4 == 1));
		ck_assert(match("10.1.2.3", UDP, (uint16_t)port) == (port % 4 == 3));
	}
	add("10.1.2.3", 32, TCP, 1, 65535);
	for (unsigned port = 1; port <= 65535; port++)
		ck_assert(match("10.1.2.3", TCP, (uint16_t)port));
	ck_assert(!match("10.1.2.3", UDP, 1));
}
END_TEST

/* Ten thousand in well below a second, not in minutes: the limit of a test is the judge. */
START_TEST(addresses_may_be_very_many)
{
	for (uint32_t i = 0; i < 100000; i++) {
		struct eg_target t = { .prefix = 32, .proto = TCP, .first = 80, .last = 80 };
		const uint8_t b[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

		t.addr = eg_addr4(b);
		ck_assert_int_eq(eg_targets_add(set, &t), 0);
	}
	ck_assert_uint_eq(eg_targets_count(set), 100000);
	ck_assert(match("10.0.0.0", TCP, 80) && match("10.1.134.159", TCP, 80));
	ck_assert(!match("10.1.134.160", TCP, 80) && !match("10.0.0.1", TCP, 81));
}
END_TEST

/*
 * Any targets: the same as looking at one after the other, bit by bit
 */

enum { SEEDS = 60, TARGETS = 120, QUESTIONS = 4000 };

static uint64_t state;

static uint32_t below(uint32_t n)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(state >> 33) % n;
}

/* Few addresses and few ports, so that targets lie in, across and beside each other. */
static struct eg_addr any_addr(bool v4)
{
	uint8_t b[16] = { 0 };

	for (int i = 0; i < 3; i++)
		b[below(v4 ? 4 : 16)] = (uint8_t)(1u << below(8));
	b[v4 ? 3 : 15] ^= (uint8_t)below(4);
	return v4 ? eg_addr4(b) : eg_addr6(b);
}

static uint16_t any_port(void)
{
	return (uint16_t)(below(3) ? 1 + below(40) : 65535 - below(40));
}

static bool naive_match(const struct eg_target *all, size_t n, const struct eg_addr *addr,
			uint8_t proto, uint16_t port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool four = memcmp(addr->b, mapped, 12) == 0;

	for (size_t i = 0; i < n; i++) {
		const struct eg_target *t = &all[i];
		size_t bit = 0, start = four ? 96 : 0;

		if ((memcmp(t->addr.b, mapped, 12) == 0) != four || t->proto != proto ||
		    port < t->first || port > t->last)
			continue;
		while (bit < t->prefix &&
		       !((t->addr.b[(start + bit) / 8] ^ addr->b[(start + bit) / 8]) &
			 0x80 >> (start + bit) % 8))
			bit++;
		if (bit == t->prefix)
			return true;
	}
	return false;
}

START_TEST(set_is_what_a_list_of_its_targets_is)
{
	struct eg_target all[TARGETS];
	unsigned yes = 0;

	state = (uint64_t)_i;
	for (size_t i = 0; i < TARGETS; i++) {
		bool v4 = below(2);
		uint16_t a = any_port(), b = below(2) ? a : any_port();

		all[i] = (struct eg_target){ .addr = any_addr(v4),
					     .proto = below(2) ? TCP : UDP,
					     .first = a < b ? a : b,
					     .last = a < b ? b : a };
		all[i].prefix =
			(uint8_t)(below(4) ? (v4 ? 32 : 128) - below(6) : below(v4 ? 33 : 129));
		/* A set that is nearly everything shows little. */
		if (all[i].prefix < 3)
			all[i].last = all[i].first;
		ck_assert_int_eq(eg_targets_add(set, &all[i]), 0);
		for (size_t q = 0; q < QUESTIONS / TARGETS; q++) {
			struct eg_addr addr =
				below(2) ? all[below((uint32_t)i + 1)].addr : any_addr(below(2));
			uint8_t proto = below(2) ? TCP : UDP;
			uint16_t port = any_port();
			bool expected = naive_match(all, i + 1, &addr, proto, port);

			yes += expected;
			ck_assert_msg(eg_targets_match(set, &addr, proto, port) == expected,
				      "seed %d, target %zu, question %zu", _i, i, q);
		}
	}
	ck_assert_uint_gt(yes, QUESTIONS / 50);
	ck_assert_uint_lt(yes, QUESTIONS - QUESTIONS / 50);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("targets");
	TCase *t = tcase_create("targets");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, empty_set_has_nothing);
	tcase_add_test(t, target_is_its_address_protocol_and_ports_and_no_other);
	tcase_add_test(t, protocols_do_not_touch);
	tcase_add_test(t, other_protocols_are_met_by_nothing);
	tcase_add_test(t, prefix_has_the_addresses_that_begin_with_it);
	tcase_add_test(t, lengths_are_all_tried);
	tcase_add_test(t, bits_behind_the_prefix_count_for_nothing);
	tcase_add_test(t, gap_of_one_port_stays_a_gap);
	tcase_add_test(t, ports_of_one_address_may_be_very_many);
	tcase_add_test(t, addresses_may_be_very_many);
	tcase_add_loop_test(t, set_is_what_a_list_of_its_targets_is, 0, SEEDS);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

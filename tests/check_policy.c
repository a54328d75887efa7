/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include "dns.h"
#include "flow.h"
#include "resolve.h"

#include <check.h>
#include <stdlib.h>

static struct eg_policy *policy;
static size_t free_bytes;

static void setup(void)
{
	policy = eg_policy_new();
	ck_assert_ptr_nonnull(policy);
}

static void teardown(void)
{
	eg_policy_free(policy);
}

static struct eg_name name(const char *text)
{
	struct eg_name n;

	ck_assert_ptr_null(eg_name_parse(&n, text, strlen(text)));
	return n;
}

START_TEST(new_policy_has_the_documented_defaults)
{
	static const uint8_t dns4[4] = { 10, 0, 2, 3 };
	static const uint8_t dns6[16] = { 0xfd, [15] = 3 };
	struct eg_addr a4 = eg_addr4(dns4), a6 = eg_addr6(dns6);

	ck_assert_uint_eq(policy->resolver_count, 2);
	ck_assert(eg_addr_equal(&policy->resolvers[0], &a4));
	ck_assert(eg_addr_equal(&policy->resolvers[1], &a6));
	ck_assert_uint_eq(policy->dns_type_count, 2);
	ck_assert_uint_eq(policy->dns_types[0], 1);
	ck_assert_uint_eq(policy->dns_types[1], 28);
	for (int i = 0; i < 256; i++)
		ck_assert(!eg_dhcp_options_have(&policy->dhcp_options, (uint8_t)i));
	ck_assert_int_eq(policy->action, EG_REJECT);
	ck_assert_uint_eq(policy->flows, 65536);
	ck_assert_uint_eq(policy->dns_limit, 120);
	ck_assert_ptr_null(policy->log);
	ck_assert_str_eq(policy->vm, "");
}
END_TEST

START_TEST(new_policy_resolves_nothing)
{
	static const char *const names[] = { "example.org", "org", "localhost", "a.b.c.d.e" };
	const struct eg_name root = { .len = 1 };

	ck_assert_uint_eq(eg_nameset_count(policy->resolve), 0);
	ck_assert(resolve_name(policy, &root, &free_bytes) == EG_R_DNS_NAME);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct eg_name n = name(names[i]);

		ck_assert(resolve_name(policy, &n, &free_bytes) == EG_R_DNS_NAME);
	}
}
END_TEST

START_TEST(listed_name_resolves_and_its_neighbours_do_not)
{
	struct eg_name listed = name("example.org"), below = name("a.example.org");
	struct eg_name beside = name("xexample.org");

	ck_assert_int_eq(eg_nameset_add(policy->resolve, &listed, EG_NAME_EXACT), 0);
	free_bytes = 99;
	ck_assert(resolve_name(policy, &listed, &free_bytes) == EG_R_NONE);
	ck_assert_uint_eq(free_bytes, 0);
	ck_assert(resolve_name(policy, &below, &free_bytes) == EG_R_DNS_NAME);
	ck_assert(resolve_name(policy, &beside, &free_bytes) == EG_R_DNS_NAME);
}
END_TEST

START_TEST(blocked_name_wins_over_listed)
{
	struct eg_name all = name("example.org"), one = name("a.example.org");
	struct eg_name other = name("b.example.org"), unheard = name("example.net");

	ck_assert_int_eq(eg_nameset_add(policy->resolve, &all, EG_NAME_BELOW), 0);
	ck_assert_int_eq(eg_nameset_add(policy->resolve, &one, EG_NAME_EXACT), 0);
	ck_assert_int_eq(eg_nameset_add(policy->block_names, &one, EG_NAME_EXACT), 0);
	ck_assert_int_eq(eg_nameset_add(policy->block_names, &unheard, EG_NAME_EXACT), 0);
	ck_assert(resolve_name(policy, &one, &free_bytes) == EG_R_DNS_BLOCK);
	ck_assert(resolve_name(policy, &unheard, &free_bytes) == EG_R_DNS_BLOCK);
	ck_assert(resolve_name(policy, &other, &free_bytes) == EG_R_NONE);
	ck_assert_uint_eq(free_bytes, 2);
}
END_TEST

/* Every port of 10.1.0.0/16, but what is blocked: 10.1.2.0/24, and 10.1.3.4 at TCP 80. */
START_TEST(guest_opens_what_is_allowed_and_not_blocked)
{
	static const struct {
		uint8_t b[4], proto;
		uint16_t port;
		enum eg_reason r;
	} rows[] = {
		{ { 10, 1, 1, 1 }, EG_PROTO_TCP, 1, EG_R_NONE },
		{ { 10, 1, 1, 1 }, EG_PROTO_TCP, 65535, EG_R_NONE },
		{ { 10, 2, 1, 1 }, EG_PROTO_TCP, 1, EG_R_TCP_NEW },
		{ { 10, 1, 1, 1 }, EG_PROTO_UDP, 1, EG_R_TCP_NEW },
		{ { 10, 1, 2, 1 }, EG_PROTO_TCP, 1, EG_R_TARGET_BLOCK },
		{ { 10, 1, 3, 4 }, EG_PROTO_TCP, 80, EG_R_TARGET_BLOCK },
		{ { 10, 1, 3, 4 }, EG_PROTO_UDP, 80, EG_R_TCP_NEW },
		{ { 10, 1, 3, 4 }, EG_PROTO_TCP, 81, EG_R_NONE },
		{ { 10, 1, 9, 9 }, EG_PROTO_TCP, 53, EG_R_TCP_NEW }, /* a resolver's */
		{ { 10, 1, 9, 9 }, EG_PROTO_TCP, 54, EG_R_NONE },
		{ { 10, 1, 9, 8 }, EG_PROTO_TCP, 53, EG_R_NONE },
	};
	static const uint8_t base[4] = { 10, 1, 0, 0 }, c[4] = { 10, 1, 2, 0 };
	static const uint8_t one[4] = { 10, 1, 3, 4 }, dns[4] = { 10, 1, 9, 9 };
	const struct eg_target allow = { eg_addr4(base), 16, EG_PROTO_TCP, 1, 65535 };
	const struct eg_target block = { eg_addr4(c), 24, EG_PROTO_TCP, 1, 65535 };
	const struct eg_target web = { eg_addr4(one), 32, EG_PROTO_TCP, 80, 80 };

	ck_assert_int_eq(eg_targets_add(policy->allow, &allow), 0);
	ck_assert_int_eq(eg_targets_add(policy->block, &block), 0);
	ck_assert_int_eq(eg_targets_add(policy->block, &web), 0);
	policy->resolvers[0] = eg_addr4(dns);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct eg_addr a = eg_addr4(rows[i].b);

		ck_assert_msg(eg_policy_open(policy, &a, rows[i].proto, rows[i].port,
					     EG_R_TCP_NEW) == rows[i].r,
			      "row %zu", i);
	}
}
END_TEST

/* A slirp of another network: 192.168.5.32/28 with the resolver at its 40. */
START_TEST(host_is_where_slirp_puts_it)
{
	static const uint8_t host[4] = { 192, 168, 5, 33 }, dns[4] = { 192, 168, 5, 40 };
	static const uint8_t beside[4] = { 192, 168, 5, 48 }, usual[4] = { 10, 0, 2, 2 };
	static const uint8_t six[16] = { 0xfd, 0x11, [15] = 2 }, usual6[16] = { 0xfd, [15] = 2 };
	const struct eg_target all4 = { eg_addr4((uint8_t[4]){ 0 }), 0, EG_PROTO_TCP, 1, 80 };
	const struct eg_target all6 = { { { 0 } }, 0, EG_PROTO_TCP, 1, 80 };
	struct eg_ownnet net = eg_ownnet_default;
	struct eg_ownsets allowed;
	struct {
		struct eg_addr a;
		enum eg_reason r;
	} rows[] = {
		{ eg_addr4(host), EG_R_TCP_NEW }, { eg_addr4(dns), EG_R_TCP_NEW },
		{ eg_addr4(beside), EG_R_NONE },  { eg_addr4(usual), EG_R_NONE },
		{ eg_addr6(six), EG_R_TCP_NEW },  { eg_addr6(usual6), EG_R_NONE },
	};

	net.of[EG_OWNNET_IP4].gateway = eg_addr4(host);
	net.of[EG_OWNNET_IP4].resolver = eg_addr4(dns);
	net.of[EG_OWNNET_IP4].prefix = 96 + 28;
	net.of[EG_OWNNET_IP6].gateway = eg_addr6(six);
	eg_policy_set_own(policy, &net);
	allowed = eg_policy_allowed(policy);
	ck_assert_int_eq(eg_ownnet_add(&allowed, &all4), 0);
	ck_assert_int_eq(eg_ownnet_add(&allowed, &all6), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(eg_policy_open(policy, &rows[i].a, EG_PROTO_TCP, 80, EG_R_TCP_NEW) ==
				      rows[i].r,
			      "row %zu", i);
	ck_assert(eg_policy_is_resolver(policy, &rows[1].a));
	ck_assert(!eg_policy_is_resolver(policy, &rows[0].a));
}
END_TEST

START_TEST(only_whole_addresses_in_the_list_are_resolvers)
{
	static const struct {
		uint8_t b[16];
		bool yes;
	} rows[] = {
		{ { [10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 3 }, true },
		{ { 0xfd, [15] = 3 }, true },
		{ { [10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 2 }, false },
		{ { [10] = 0xff, [11] = 0xff, [12] = 11, [14] = 2, [15] = 3 }, false },
		{ { [12] = 10, [14] = 2, [15] = 3 }, false },
		{ { 0xfd, [15] = 2 }, false },
		{ { 0xfc, [15] = 3 }, false },
		{ { 0 }, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct eg_addr a = eg_addr6(rows[i].b);

		ck_assert_msg(eg_policy_is_resolver(policy, &a) == rows[i].yes, "row %zu", i);
	}
}
END_TEST

/* What stands behind the count is not in the list, though it is in memory. */
START_TEST(count_bounds_the_lists)
{
	struct eg_addr last = policy->resolvers[1];
	const struct eg_addr zero = { { 0 } };

	policy->resolver_count = 1;
	policy->dns_type_count = 1;
	ck_assert(!eg_policy_is_resolver(policy, &last));
	ck_assert(!eg_policy_has_dns_type(policy, EG_DNS_TYPE_AAAA));
	policy->resolver_count = 0;
	policy->dns_type_count = 0;
	ck_assert(!eg_policy_is_resolver(policy, &policy->resolvers[0]));
	ck_assert(!eg_policy_is_resolver(policy, &zero));
	ck_assert(!eg_policy_has_dns_type(policy, EG_DNS_TYPE_A));
	ck_assert(!eg_policy_has_dns_type(policy, 0));
}
END_TEST

START_TEST(full_lists_are_searched_to_their_ends)
{
	for (size_t i = 0; i < EG_RESOLVERS_MAX; i++)
		policy->resolvers[i].b[0] = (uint8_t)(i + 1);
	for (size_t i = 0; i < EG_DNS_TYPES_MAX; i++)
		policy->dns_types[i] = (uint16_t)(1000 + i);
	policy->resolver_count = EG_RESOLVERS_MAX;
	policy->dns_type_count = EG_DNS_TYPES_MAX;
	ck_assert(eg_policy_is_resolver(policy, &policy->resolvers[EG_RESOLVERS_MAX - 1]));
	ck_assert(eg_policy_has_dns_type(policy, 1000 + EG_DNS_TYPES_MAX - 1));
	ck_assert(!eg_policy_has_dns_type(policy, 1000 + EG_DNS_TYPES_MAX));
}
END_TEST

START_TEST(all_types_but_a_and_aaaa_are_denied_by_default)
{
	for (unsigned type = 0; type <= UINT16_MAX; type++)
		ck_assert_msg(eg_policy_has_dns_type(policy, (uint16_t)type) ==
				      (type == 1 || type == 28),
			      "type %u", type);
}
END_TEST

START_TEST(free_of_nothing_is_fine)
{
	eg_policy_free(NULL);
}
END_TEST

START_TEST(free_takes_the_log_along)
{
	policy->log = strdup("a.pcap"); /* the leak checker is the judge */
	ck_assert_ptr_nonnull(policy->log);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, new_policy_has_the_documented_defaults);
	tcase_add_test(t, new_policy_resolves_nothing);
	tcase_add_test(t, listed_name_resolves_and_its_neighbours_do_not);
	tcase_add_test(t, blocked_name_wins_over_listed);
	tcase_add_test(t, guest_opens_what_is_allowed_and_not_blocked);
	tcase_add_test(t, host_is_where_slirp_puts_it);
	tcase_add_test(t, only_whole_addresses_in_the_list_are_resolvers);
	tcase_add_test(t, count_bounds_the_lists);
	tcase_add_test(t, full_lists_are_searched_to_their_ends);
	tcase_add_test(t, all_types_but_a_and_aaaa_are_denied_by_default);
	tcase_add_test(t, free_of_nothing_is_fine);
	tcase_add_test(t, free_takes_the_log_along);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dnslimit.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct eg_dnslimit *limit;
static const struct eg_seed seed = { 1, 2 };

static void start(size_t names)
{
	limit = eg_dnslimit_new(names, &seed);
	ck_assert_ptr_nonnull(limit);
}

static void teardown(void)
{
	eg_dnslimit_free(limit);
	limit = NULL;
}

/* Charge a name that is as long below its domain as BELOW, and no other number's. */
static enum eg_reason charge(unsigned number, size_t below, uint64_t now)
{
	struct eg_name n = { .len = 0 };
	char label[EG_LABEL_MAX + 1];

	snprintf(label, sizeof(label), "%u", number);
	n.wire[0] = (uint8_t)strlen(label);
	memcpy(n.wire + 1, label, n.wire[0]);
	n.len = (uint8_t)(n.wire[0] + 2);
	return eg_dnslimit_charge(limit, &n, below, now);
}

static unsigned charge_many(unsigned first, unsigned count, size_t below, uint64_t now)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < count; i++)
		passed += charge(first + i, below, now) == EG_R_NONE;
	return passed;
}

START_TEST(names_of_a_minute_may_come_at_once)
{
	start(60);
	ck_assert_uint_eq(charge_many(0, 1000, 4, 5000), 60);
	ck_assert_int_eq(charge(2000, 4, 5999), EG_R_DNS_LIMIT);
	ck_assert_int_eq(charge(2000, 4, 6000), EG_R_NONE);
	ck_assert_int_eq(charge(2001, 4, 6000), EG_R_DNS_LIMIT);
}
END_TEST

START_TEST(never_more_than_a_minute_is_saved_up)
{
	start(60);
	ck_assert_uint_eq(charge_many(0, 1000, 4, 100000000), 60);
	ck_assert_uint_eq(charge_many(1000, 1000, 4, UINT64_C(1) << 50), 60);
}
END_TEST

START_TEST(bytes_are_counted_too)
{
	start(60);
	/* 60 * 32 bytes. */
	ck_assert_uint_eq(charge_many(0, 1000, 128, 0), 15);
	ck_assert_int_eq(charge(5000, 1, 0), EG_R_DNS_LIMIT);
}
END_TEST

START_TEST(one_name_has_its_own_bound)
{
	start(1000);
	ck_assert_int_eq(charge(1, EG_DNSLIMIT_BELOW, 0), EG_R_NONE);
	ck_assert_int_eq(charge(2, EG_DNSLIMIT_BELOW + 1, 0), EG_R_DNS_LIMIT);
}
END_TEST

START_TEST(repeated_name_costs_a_query_alone)
{
	start(10);
	ck_assert_uint_eq(charge_many(0, 10, 4, 0), 10);
	for (int i = 0; i < 90; i++)
		ck_assert_int_eq(charge((unsigned)i % 10, 4, 0), EG_R_NONE);
	ck_assert_int_eq(charge(0, 4, 0), EG_R_DNS_LIMIT);
}
END_TEST

START_TEST(name_is_new_again_after_a_while)
{
	start(1);
	ck_assert_int_eq(charge(1, 4, 0), EG_R_NONE);
	ck_assert_int_eq(charge(2, 4, 60000), EG_R_NONE);
	ck_assert_int_eq(charge(1, 4, EG_DNSLIMIT_FRESH - 1), EG_R_NONE);
	ck_assert_int_eq(charge(3, 4, EG_DNSLIMIT_FRESH - 1), EG_R_NONE);
	/* Were it not new, it would cost nothing. */
	ck_assert_int_eq(charge(1, 4, EG_DNSLIMIT_FRESH), EG_R_DNS_LIMIT);
}
END_TEST

START_TEST(refused_name_is_not_charged_and_not_remembered)
{
	start(2);
	ck_assert_uint_eq(charge_many(0, 2, 4, 0), 2);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(charge(7, 4, 0), EG_R_DNS_LIMIT);
	ck_assert_int_eq(charge(7, 4, 29999), EG_R_DNS_LIMIT);
	ck_assert_int_eq(charge(7, 4, 30000), EG_R_NONE);
}
END_TEST

/* Their choice says something, and so does the moment. */
START_TEST(listed_names_cost_a_query_alone)
{
	unsigned passed = 0;

	start(180);
	ck_assert_uint_eq(charge_many(0, 10000, 0, 0), 1800);
	ck_assert_int_eq(charge(20000, 4, 0), EG_R_NONE);
	teardown();
	/* An hour of them, as fast as can be, where few new names are allowed. */
	start(1);
	for (uint64_t ms = 0; ms < 3600000; ms += 7)
		passed += charge(1, 0, ms) == EG_R_NONE;
	ck_assert_uint_le(passed, 1200 + 72000);
	ck_assert_uint_ge(passed, 1200 + 71900);
}
END_TEST

START_TEST(zero_limits_nothing)
{
	start(0);
	ck_assert_uint_eq(charge_many(0, 10000, 253, 0), 10000);
}
END_TEST

/* More names than are remembered: each that was forgotten costs again, none is free. */
START_TEST(flood_of_names_makes_none_free)
{
	start(EG_DNSLIMIT_MAX);
	ck_assert_uint_eq(charge_many(0, 100000, 4, 0), 100000);
	teardown();
	start(2000);
	ck_assert_uint_eq(charge_many(0, 100000, 4, 0), 2000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dnslimit");
	TCase *c = tcase_create("dnslimit");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_test(c, names_of_a_minute_may_come_at_once);
	tcase_add_test(c, never_more_than_a_minute_is_saved_up);
	tcase_add_test(c, bytes_are_counted_too);
	tcase_add_test(c, one_name_has_its_own_bound);
	tcase_add_test(c, repeated_name_costs_a_query_alone);
	tcase_add_test(c, name_is_new_again_after_a_while);
	tcase_add_test(c, refused_name_is_not_charged_and_not_remembered);
	tcase_add_test(c, listed_names_cost_a_query_alone);
	tcase_add_test(c, zero_limits_nothing);
	tcase_add_test(c, flood_of_names_makes_none_free);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

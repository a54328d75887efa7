/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "twins.h"

#include <check.h>
#include <stdlib.h>

static struct eg_twins t;

static void setup(void)
{
	t = (struct eg_twins){ .seed = { 1, 2 } };
}

static void teardown(void)
{
	eg_twins_free(&t);
}

START_TEST(a_packet_is_its_number_and_its_microsecond)
{
	ck_assert(!eg_twins_has(&t, 5000, 1));
	ck_assert(eg_twins_add(&t, 5000, 1));
	ck_assert(eg_twins_has(&t, 5000, 1));
	ck_assert(eg_twins_has(&t, 5999, 1));
	ck_assert(!eg_twins_has(&t, 6000, 1));
	ck_assert(!eg_twins_has(&t, 4999, 1));
	ck_assert(!eg_twins_has(&t, 5000, 2));
}
END_TEST

START_TEST(many_are_all_remembered_and_no_others)
{
	uint64_t remembered = 0, others = 0;

	for (uint64_t i = 0; i < 100000; i++)
		eg_twins_add(&t, i * 1000, i);
	ck_assert_uint_eq(t.count, 100000);
	for (uint64_t i = 0; i < 100000; i++) {
		remembered += eg_twins_has(&t, i * 1000, i);
		others += eg_twins_has(&t, i * 1000, i + 1);
	}
	ck_assert_uint_eq(remembered, 100000);
	ck_assert_uint_eq(others, 0);
}
END_TEST

START_TEST(what_is_said_twice_takes_one_place)
{
	for (int i = 0; i < 5000; i++)
		ck_assert(eg_twins_add(&t, 7000, 7));
	ck_assert_uint_eq(t.count, 1);
}
END_TEST

START_TEST(there_is_a_bound_and_what_is_in_stays)
{
	uint64_t n = 0;

	while (eg_twins_add(&t, n * 1000, n))
		n++;
	ck_assert_uint_eq(n, EG_TWINS_MAX);
	ck_assert(!eg_twins_has(&t, n * 1000, n));
	for (uint64_t i = 0; i < n; i += 1009)
		if (!eg_twins_has(&t, i * 1000, i))
			ck_abort_msg("%llu is gone", (unsigned long long)i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("twins");
	TCase *c = tcase_create("twins");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_packet_is_its_number_and_its_microsecond);
	tcase_add_test(c, many_are_all_remembered_and_no_others);
	tcase_add_test(c, what_is_said_twice_takes_one_place);
	tcase_add_test(c, there_is_a_bound_and_what_is_in_stays);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

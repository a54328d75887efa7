/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "budget.h"

#include <check.h>
#include <stdlib.h>

static struct eg_budget b;

static void use(uint64_t burst, uint64_t rate)
{
	const struct eg_budget_limits limits = { .burst = burst, .rate = rate };

	eg_budget_init(&b, &limits);
}

START_TEST(all_can_be_spent_at_once_and_no_more)
{
	use(1000, 1);
	ck_assert(eg_budget_spend(&b, 600, 0, 5));
	ck_assert(!eg_budget_spend(&b, 401, 0, 5));
	ck_assert(eg_budget_spend(&b, 400, 0, 5));
	ck_assert(!eg_budget_spend(&b, 1, 0, 5));
	ck_assert(eg_budget_spend(&b, 0, 0, 5));
	use(1000, 1);
	ck_assert(!eg_budget_spend(&b, 1001, 0, UINT64_MAX));
}
END_TEST

START_TEST(what_is_kept_for_others_is_not_spent)
{
	use(1600, 1);
	ck_assert(eg_budget_spend(&b, 800, 8, 0));
	ck_assert(!eg_budget_spend(&b, 1, 8, 0));
	ck_assert(eg_budget_spend(&b, 700, 1, 0));
	ck_assert(!eg_budget_spend(&b, 1, 1, 0));
	ck_assert(eg_budget_spend(&b, 100, 0, 0));
}
END_TEST

START_TEST(it_comes_back_by_and_by_and_never_above_the_burst)
{
	use(1000, 10);
	ck_assert(eg_budget_spend(&b, 1000, 0, 50));
	ck_assert(!eg_budget_spend(&b, 1, 0, 149));
	ck_assert(eg_budget_spend(&b, 1, 0, 150));
	for (uint64_t ms = 0; ms < 99; ms++)
		ck_assert(!eg_budget_spend(&b, 1, 0, 151 + ms));
	ck_assert(eg_budget_spend(&b, 1, 0, 250));
	ck_assert(eg_budget_spend(&b, 1000, 0, 1000000000));
	ck_assert(!eg_budget_spend(&b, 1, 0, 1000000000));
}
END_TEST

START_TEST(no_time_and_no_size_is_too_long)
{
	const uint64_t burst = UINT64_C(1) << 39, rate = UINT64_C(1) << 36;

	use(burst, rate);
	ck_assert(eg_budget_spend(&b, burst, 0, 0));
	ck_assert(eg_budget_spend(&b, burst, 0, UINT64_MAX));
	ck_assert(!eg_budget_spend(&b, 1, 0, UINT64_MAX));
	use(burst, 1);
	ck_assert(eg_budget_spend(&b, burst, 0, 0));
	ck_assert(eg_budget_spend(&b, 1 << 20, 0, UINT64_C(1) << 30));
	ck_assert(!eg_budget_spend(&b, 1 << 20, 0, UINT64_C(1) << 30));
}
END_TEST

START_TEST(without_a_burst_nothing_is_limited)
{
	use(0, 0);
	for (int i = 0; i < 1000; i++)
		ck_assert(eg_budget_spend(&b, UINT64_MAX, EG_BUDGET_PARTS, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("budget");
	TCase *c = tcase_create("budget");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, all_can_be_spent_at_once_and_no_more);
	tcase_add_test(c, what_is_kept_for_others_is_not_spent);
	tcase_add_test(c, it_comes_back_by_and_by_and_never_above_the_burst);
	tcase_add_test(c, no_time_and_no_size_is_too_long);
	tcase_add_test(c, without_a_burst_nothing_is_limited);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "timeline.h"

#include <check.h>
#include <stdlib.h>

#define S UINT64_C(1000000000)

static struct eg_timeline t;

/* Kind KIND has N in bin BIN. */
static void has(size_t bin, unsigned int kind, uint64_t n)
{
	ck_assert_uint_lt(bin, t.used);
	ck_assert_uint_eq(t.bins[bin][kind], n);
}

static uint64_t sum(unsigned int kind)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t.used; i++)
		n += t.bins[i][kind];
	return n;
}

START_TEST(nothing_has_no_width)
{
	ck_assert_uint_eq(t.width, 0);
	eg_timeline_narrow(&t, 1);
	ck_assert_uint_eq(t.used, 0);
}
END_TEST

START_TEST(what_is_close_together_has_narrow_bins)
{
	eg_timeline_add(&t, 100 * S, 1, 5);
	eg_timeline_add(&t, 100 * S + 999999, 1, 2);
	eg_timeline_add(&t, 100 * S + 1000000, 2, 1);
	ck_assert_str_eq(eg_timeline_unit(&t), "1 ms");
	ck_assert_uint_eq(t.begin * t.width, 100 * S);
	ck_assert_uint_eq(t.used, 2);
	has(0, 1, 7);
	has(0, 2, 0);
	has(1, 2, 1);
}
END_TEST

START_TEST(bins_widen_with_the_time)
{
	for (uint64_t i = 0; i <= 600; i++)
		eg_timeline_add(&t, 1000 * S + i * S, 1, 1);
	ck_assert_str_eq(eg_timeline_unit(&t), "5 s");
	ck_assert_uint_eq(t.begin * t.width, 1000 * S);
	ck_assert_uint_eq(t.used, 121);
	has(0, 1, 5);
	has(119, 1, 5);
	has(120, 1, 1);
}
END_TEST

START_TEST(time_may_go_back)
{
	for (uint64_t i = 0; i <= 600; i++)
		eg_timeline_add(&t, 1600 * S - i * S, 1, 1);
	ck_assert_str_eq(eg_timeline_unit(&t), "5 s");
	ck_assert_uint_eq(t.begin * t.width, 1000 * S);
	ck_assert_uint_eq(t.used, 121);
	has(0, 1, 5);
	has(120, 1, 1);
}
END_TEST

/* The same, whatever the order, for times that begin in the middle of a wider bin. */
START_TEST(bins_hold_exactly_what_is_theirs)
{
	static uint64_t times[4000];
	uint64_t begin, width;

	srandom(7);
	for (size_t i = 0; i < 4000; i++) {
		times[i] = 1795518234 * S +
			   ((uint64_t)random() << 31 | (uint64_t)random()) % (100000 * S);
		eg_timeline_add(&t, times[i], (unsigned int)i % 3, 1);
	}
	begin = t.begin;
	width = t.width;
	ck_assert_str_eq(eg_timeline_unit(&t), "5 min");
	for (size_t i = 0; i < 4000; i++)
		t.bins[times[i] / width - begin][i % 3]--;
	for (size_t i = 0; i < t.used; i++)
		for (unsigned int k = 0; k < EG_LEXICON_MAX; k++)
			has(i, k, 0);
}
END_TEST

START_TEST(narrowing_keeps_the_sum_and_the_bounds)
{
	srandom(8);
	for (size_t i = 0; i < 3000; i++)
		eg_timeline_add(
			&t, 7 * S + ((uint64_t)random() << 31 | (uint64_t)random()) % (5000 * S), 4,
			2);
	for (size_t most = 300; most > 0; most--) {
		eg_timeline_narrow(&t, most);
		ck_assert_uint_le(t.used, most);
		ck_assert_uint_eq(sum(4), 6000);
		ck_assert_uint_le(t.begin * t.width, 8 * S);
	}
	ck_assert_uint_eq(t.used, 1);
}
END_TEST

START_TEST(all_of_time_fits)
{
	eg_timeline_add(&t, UINT64_MAX - 1, 1, 1);
	eg_timeline_add(&t, 0, 1, 1);
	eg_timeline_add(&t, 1795518234 * S, 1, 1);
	ck_assert_str_eq(eg_timeline_unit(&t), "520 weeks");
	ck_assert_uint_eq(sum(1), 3);
	ck_assert_uint_eq(t.begin, 0);
	eg_timeline_narrow(&t, 1);
	ck_assert_uint_eq(sum(1), 3);
}
END_TEST

START_TEST(counts_stop_at_the_largest_number)
{
	eg_timeline_add(&t, 0, 1, UINT64_MAX);
	eg_timeline_add(&t, 0, 1, 5);
	has(0, 1, UINT64_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timeline");
	TCase *c = tcase_create("timeline");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, nothing_has_no_width);
	tcase_add_test(c, what_is_close_together_has_narrow_bins);
	tcase_add_test(c, bins_widen_with_the_time);
	tcase_add_test(c, time_may_go_back);
	tcase_add_test(c, bins_hold_exactly_what_is_theirs);
	tcase_add_test(c, narrowing_keeps_the_sum_and_the_bounds);
	tcase_add_test(c, all_of_time_fits);
	tcase_add_test(c, counts_stop_at_the_largest_number);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

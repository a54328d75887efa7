/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "moment.h"
#include "table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct eg_table t;
static const struct eg_seed seed = { 3, 4 };

/* "a.b.c" has the parent "*.b.c"; what has no dot has none. */
static bool parent(const uint8_t *key, size_t n, uint8_t *out, size_t *out_n)
{
	const uint8_t *dot = memchr(key, '.', n);

	if (!dot || key[0] == '*')
		return false;
	*out_n = (size_t)(key + n - dot) + 1;
	out[0] = '*';
	memcpy(out + 1, dot, *out_n - 1);
	return true;
}

static void setup(void)
{
	eg_table_init(&t, &seed, 8, 1000, NULL);
}

static void teardown(void)
{
	eg_table_free(&t);
}

/* Start again with ROWS and TEXT bytes, and parents. */
static void bounds(size_t rows, size_t text)
{
	eg_table_free(&t);
	eg_table_init(&t, &seed, rows, text, parent);
}

static struct eg_row *row(const char *key)
{
	return eg_table_row(&t, key, strlen(key));
}

/* Count N for KEY at time WHEN. */
static void count(const char *key, uint64_t n, uint64_t when)
{
	eg_row_count(row(key), EG_COUNT_BLOCKED, n, when, when);
}

static const struct eg_row *find(const char *key)
{
	for (size_t i = 0; i < t.count; i++) {
		struct eg_span k = eg_table_key(&t, &t.rows[i]);

		if (k.n == strlen(key) && memcmp(k.p, key, k.n) == 0)
			return &t.rows[i];
	}
	return NULL;
}

/* KEY has a row with N in it. */
static void has(const char *key, uint64_t n)
{
	const struct eg_row *r = find(key);

	ck_assert_msg(r != NULL, "%s has no row", key);
	ck_assert_msg(r->count[EG_COUNT_BLOCKED] == n, "%s has %llu", key,
		      (unsigned long long)r->count[EG_COUNT_BLOCKED]);
}

static uint64_t all(void)
{
	uint64_t sum = t.others.count[EG_COUNT_BLOCKED];

	for (size_t i = 0; i < t.count; i++)
		sum += t.rows[i].count[EG_COUNT_BLOCKED];
	return sum;
}

START_TEST(a_key_has_one_row)
{
	count("a", 1, 10);
	count("b", 5, 10);
	count("a", 2, 10);
	count("ab", 7, 10);
	ck_assert_uint_eq(t.count, 3);
	has("a", 3);
	has("b", 5);
	has("ab", 7);
	ck_assert_uint_eq(t.slack, 0);
}
END_TEST

START_TEST(rows_know_their_first_and_last_time)
{
	const struct eg_row *r = row("a");

	ck_assert_uint_gt(r->first, r->last);
	count("a", 1, EG_MOMENT_NONE);
	ck_assert_uint_gt(r->first, r->last);
	count("a", 1, 50);
	count("a", 1, 40);
	count("a", 1, 45);
	count("a", 1, EG_MOMENT_NONE);
	ck_assert_uint_eq(r->first, 40);
	ck_assert_uint_eq(r->last, 50);
}
END_TEST

START_TEST(tries_are_all_counts_but_what_passed)
{
	struct eg_row *r = row("a");

	for (int i = 0; i < EG_COUNTS; i++)
		eg_row_count(r, (enum eg_count)i, UINT64_C(1) << 4 * i, 0, 0);
	ck_assert_uint_eq(eg_row_tries(r), 0x1111);
	eg_row_count(r, EG_COUNT_WOULD, UINT64_MAX, 0, 0);
	ck_assert_uint_eq(eg_row_tries(r), UINT64_MAX);
	eg_row_count(r, EG_COUNT_WOULD, 1, 0, 0);
	ck_assert_uint_eq(r->count[EG_COUNT_WOULD], UINT64_MAX);
}
END_TEST

START_TEST(full_table_folds_the_half_that_was_seen_least)
{
	static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h" };

	for (size_t i = 0; i < 8; i++)
		count(keys[i], 10 - i, 100 + i);
	count("i", 1, 200);
	ck_assert_uint_eq(t.count, 5);
	has("a", 10);
	has("d", 7);
	has("i", 1);
	ck_assert_uint_eq(t.others.folded, 4);
	ck_assert_uint_eq(t.others.count[EG_COUNT_BLOCKED], 6 + 5 + 4 + 3);
	ck_assert_uint_eq(t.others.first, 104);
	ck_assert_uint_eq(t.others.last, 107);
	ck_assert_uint_eq(t.slack, 6);
	has("a", 10);
}
END_TEST

START_TEST(of_equals_the_older_are_folded)
{
	static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h" };

	for (size_t i = 0; i < 8; i++)
		count(keys[i], 3, 0);
	count("i", 1, 0);
	ck_assert_uint_eq(t.count, 5);
	has("e", 3);
	has("h", 3);
	ck_assert_ptr_null(find("d"));
	ck_assert_uint_eq(t.slack, 3);
}
END_TEST

/* Ten that come again and again among very many that come once. */
START_TEST(what_is_seen_often_stays_and_nothing_is_lost)
{
	char key[16];
	uint64_t n = 0;

	bounds(256, 100000);
	for (unsigned int i = 0; i < 100000; i++, n += 2) {
		snprintf(key, sizeof(key), "often%u", i % 10);
		count(key, 1, i);
		snprintf(key, sizeof(key), "once%u", i);
		count(key, 1, i);
	}
	ck_assert_uint_le(t.count, 256);
	ck_assert_uint_eq(all(), n);
	for (unsigned int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "often%u", i);
		has(key, 10000);
	}
	ck_assert_uint_gt(t.slack, 0);
	ck_assert(!t.short_of_memory);
}
END_TEST

/* A row may show too few, but not by more than the slack. */
START_TEST(slack_bounds_what_a_row_may_miss)
{
	static uint64_t truth[2000];
	char key[16];

	bounds(64, 100000);
	srandom(5);
	for (unsigned int i = 0; i < 60000; i++) {
		unsigned int k = (unsigned int)random() % 2000;

		k = k * k / 2000;
		truth[k]++;
		snprintf(key, sizeof(key), "%u", k);
		count(key, 1, i);
	}
	ck_assert_uint_eq(all(), 60000);
	for (size_t i = 0; i < t.count; i++) {
		struct eg_span k = eg_table_key(&t, &t.rows[i]);
		uint64_t shown = t.rows[i].count[EG_COUNT_BLOCKED], true_n;

		snprintf(key, sizeof(key), "%.*s", (int)k.n, k.p);
		true_n = truth[atoi(key)];
		ck_assert_uint_le(shown, true_n);
		ck_assert_uint_le(true_n, shown + t.slack);
	}
}
END_TEST

START_TEST(text_has_a_bound_too)
{
	char key[101];

	bounds(1000, 1000);
	for (unsigned int i = 0; i < 500; i++) {
		memset(key, 'x', sizeof(key));
		snprintf(key, sizeof(key), "%03u%.*s", i, 90,
			 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		count(key, 1, i);
		ck_assert_uint_le(t.text_n, 1000);
	}
	ck_assert_uint_eq(all(), 500);
	has(key, 1);
}
END_TEST

START_TEST(folded_rows_go_to_their_parents)
{
	bounds(8, 1000);
	for (int i = 0; i < 4; i++)
		count("often", 100, 1);
	count("a.t.org", 1, 5);
	count("b.t.org", 2, 6);
	count("lone", 1, 7);
	count("c.u.org", 1, 8);
	for (int i = 0; i < 3; i++)
		count(i ? i == 1 ? "x" : "y" : "z", 50, 9);
	ck_assert_uint_eq(t.count, 8);
	count("new", 1, 10);
	has("often", 400);
	has("*.t.org", 3);
	ck_assert_uint_eq(find("*.t.org")->folded, 2);
	ck_assert_uint_eq(find("*.t.org")->first, 5);
	ck_assert_uint_eq(find("*.t.org")->last, 6);
	ck_assert_uint_eq(all(), 400 + 3 + 1 + 1 + 150 + 1);
	ck_assert_uint_le(t.count, 8);
}
END_TEST

START_TEST(parents_with_many_rows_are_gathered)
{
	char key[32];

	bounds(1000, 100000);
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(key, sizeof(key), "%u.many.org", i);
		count(key, 1, i);
		if (i < 10) {
			snprintf(key, sizeof(key), "%u.few.org", i);
			count(key, 1, i);
		}
	}
	count("lone", 1, 0);
	eg_table_gather(&t, 10);
	ck_assert_uint_eq(t.count, 12);
	has("*.many.org", 20);
	ck_assert_uint_eq(find("*.many.org")->folded, 20);
	has("9.few.org", 1);
	has("lone", 1);
	ck_assert_uint_eq(t.slack, 0);
	ck_assert_uint_eq(t.others.folded, 0);
}
END_TEST

START_TEST(label_is_one_or_several)
{
	struct eg_row *r = row("a");

	ck_assert_uint_eq(eg_table_label_of(&t, r).n, 0);
	eg_table_label(&t, r, "", 0);
	ck_assert_uint_eq(r->label_n, 0);
	for (int i = 0; i < 2; i++) {
		eg_table_label(&t, r, "name", 4);
		ck_assert_uint_eq(eg_table_label_of(&t, r).n, 4);
		ck_assert_mem_eq(eg_table_label_of(&t, r).p, "name", 4);
	}
	eg_table_label(&t, r, "other", 5);
	ck_assert_uint_eq(r->label_n, EG_TABLE_LABEL_SEVERAL);
	eg_table_label(&t, r, "name", 4);
	ck_assert_uint_eq(r->label_n, EG_TABLE_LABEL_SEVERAL);
	ck_assert_uint_eq(eg_table_label_of(&t, r).n, 0);
	eg_table_label(&t, &t.others, "name", 4);
	ck_assert_uint_eq(t.others.label_n, 0);
}
END_TEST

START_TEST(labels_survive_the_folding_of_others)
{
	char key[16];

	eg_table_label(&t, row("kept"), "its name", 8);
	count("kept", 9, 0);
	for (unsigned int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "%u", i);
		count(key, 1, 0);
	}
	ck_assert_uint_eq(eg_table_label_of(&t, find("kept")).n, 8);
	ck_assert_mem_eq(eg_table_label_of(&t, find("kept")).p, "its name", 8);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("table");
	TCase *c = tcase_create("table");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_key_has_one_row);
	tcase_add_test(c, rows_know_their_first_and_last_time);
	tcase_add_test(c, tries_are_all_counts_but_what_passed);
	tcase_add_test(c, full_table_folds_the_half_that_was_seen_least);
	tcase_add_test(c, of_equals_the_older_are_folded);
	tcase_add_test(c, what_is_seen_often_stays_and_nothing_is_lost);
	tcase_add_test(c, slack_bounds_what_a_row_may_miss);
	tcase_add_test(c, text_has_a_bound_too);
	tcase_add_test(c, folded_rows_go_to_their_parents);
	tcase_add_test(c, parents_with_many_rows_are_gathered);
	tcase_add_test(c, label_is_one_or_several);
	tcase_add_test(c, labels_survive_the_folding_of_others);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

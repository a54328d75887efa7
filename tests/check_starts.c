/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "starts.h"

#include <check.h>
#include <stdlib.h>

enum { FLOWS = 300 };

static const struct eg_seed seed = { 1, 2 };
static struct eg_starts *s;

static void setup(void)
{
	s = eg_starts_new(FLOWS, &seed);
	ck_assert_ptr_nonnull(s);
}

static void teardown(void)
{
	eg_starts_free(s);
}

static struct eg_flow_key key(unsigned number)
{
	return (struct eg_flow_key){ .guest_port = (uint16_t)number, .proto = EG_PROTO_TCP };
}

static void put(unsigned number, uint64_t when)
{
	struct eg_flow_key k = key(number);

	eg_starts_put(s, &k, when);
}

static uint64_t take(unsigned number)
{
	struct eg_flow_key k = key(number);

	return eg_starts_take(s, &k);
}

START_TEST(start_is_known_until_it_is_taken)
{
	ck_assert_uint_eq(take(1), 0);
	put(1, 77);
	put(2, 88);
	ck_assert_uint_eq(take(1), 77);
	ck_assert_uint_eq(take(1), 0);
	ck_assert_uint_eq(take(2), 88);
}
END_TEST

/* Ports are used again: what counts is the last start. */
START_TEST(flow_that_starts_again_has_its_last_start)
{
	put(1, 77);
	put(1, 78);
	ck_assert_uint_eq(take(1), 78);
	ck_assert_uint_eq(take(1), 0);
}
END_TEST

START_TEST(as_many_as_there_is_room_for_are_known)
{
	for (unsigned i = 0; i < FLOWS + 50; i++)
		put(i, 1000 + i);
	put(7, 7);
	for (unsigned i = 0; i < FLOWS + 50; i++)
		ck_assert_uint_eq(take(i), i >= FLOWS ? 0 : i == 7 ? 7 : 1000 + i);
	put(999, 5);
	ck_assert_uint_eq(take(999), 5);
}
END_TEST

/* Against a plain list, with the table as full as it gets most of the time. */
START_TEST(comings_and_goings_lose_none)
{
	static uint64_t known[2 * FLOWS];
	unsigned random = 1, count = 0;

	for (uint64_t step = 1; step < 300000; step++) {
		unsigned i = (unsigned)rand_r(&random) % (2 * FLOWS);

		if (rand_r(&random) % 5 < 3 && (known[i] || count < FLOWS)) {
			count += !known[i];
			known[i] = step;
			put(i, step);
		} else {
			ck_assert_uint_eq(take(i), known[i]);
			count -= known[i] != 0;
			known[i] = 0;
		}
	}
	for (unsigned i = 0; i < 2 * FLOWS; i++)
		ck_assert_uint_eq(take(i), known[i]);
}
END_TEST

START_TEST(no_table_is_too_small)
{
	teardown();
	s = eg_starts_new(1, &seed);
	put(1, 5);
	put(2, 6);
	ck_assert_uint_eq(take(2), 0);
	ck_assert_uint_eq(take(1), 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("starts");
	TCase *c = tcase_create("starts");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, start_is_known_until_it_is_taken);
	tcase_add_test(c, flow_that_starts_again_has_its_last_start);
	tcase_add_test(c, as_many_as_there_is_room_for_are_known);
	tcase_add_test(c, comings_and_goings_lose_none);
	tcase_add_test(c, no_table_is_too_small);
	suite_add_tcase(suite, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ticker.h"

#include "clock.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static struct eg_ticker t;

static void setup(void)
{
	ck_assert_int_eq(eg_ticker_open(&t), 0);
}

static void teardown(void)
{
	eg_ticker_close(&t);
}

/* Waits for MS at most; -1 is for ever, which the test's own limit ends. */
static bool readable(int ms)
{
	struct pollfd p = { .fd = t.fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

START_TEST(nothing_is_due_before_something_is_set)
{
	ck_assert(!eg_ticker_is_due(&t, UINT64_MAX - 1));
	ck_assert(!readable(0));
}
END_TEST

/* The host asks by the coarse clock: where it was woken, that has to have come to the moment. */
START_TEST(woken_host_finds_it_due)
{
	for (int i = 0; i < 20; i++) {
		uint64_t now = eg_clock_ms();

		eg_ticker_set(&t, now + (uint64_t)i, now);
		ck_assert(readable(-1));
		ck_assert(eg_ticker_is_due(&t, eg_clock_ms()));
		eg_ticker_set(&t, UINT64_MAX, eg_clock_ms());
		ck_assert(!readable(0));
		ck_assert(!eg_ticker_is_due(&t, eg_clock_ms()));
	}
}
END_TEST

START_TEST(moment_that_has_passed_wakes)
{
	uint64_t now = eg_clock_ms();

	eg_ticker_set(&t, 0, now);
	ck_assert(eg_ticker_is_due(&t, now));
	ck_assert(readable(-1));
}
END_TEST

START_TEST(later_moment_takes_the_place_of_an_earlier)
{
	uint64_t now = eg_clock_ms();

	eg_ticker_set(&t, now, now);
	ck_assert(readable(-1));
	eg_ticker_set(&t, now + 1000000000, now);
	ck_assert(!readable(0));
	ck_assert(!eg_ticker_is_due(&t, now + 999999999));
}
END_TEST

START_TEST(descriptor_is_not_inherited)
{
	ck_assert_int_eq(fcntl(t.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ticker");
	TCase *c = tcase_create("moments");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, nothing_is_due_before_something_is_set);
	tcase_add_test(c, woken_host_finds_it_due);
	tcase_add_test(c, moment_that_has_passed_wakes);
	tcase_add_test(c, later_moment_takes_the_place_of_an_earlier);
	tcase_add_test(c, descriptor_is_not_inherited);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

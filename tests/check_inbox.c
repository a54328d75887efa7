/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inbox.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

static struct eg_inbox *b;

static void setup(void)
{
	b = eg_inbox_new();
	ck_assert_ptr_nonnull(b);
}

static void teardown(void)
{
	eg_inbox_free(b);
}

/* The two that say whether frames wait agree. */
static bool readable(void)
{
	struct pollfd p = { .fd = eg_inbox_fd(b), .events = POLLIN };
	bool ready = poll(&p, 1, 0) == 1;

	ck_assert_int_eq(eg_inbox_waits(b), ready);
	return ready;
}

START_TEST(readable_exactly_while_frames_wait)
{
	uint8_t buf[16];

	ck_assert(!readable());
	ck_assert(eg_inbox_put(b, (const uint8_t *)"one", 3));
	ck_assert(eg_inbox_put(b, (const uint8_t *)"three", 5));
	ck_assert(readable());
	ck_assert_uint_eq(eg_inbox_take(b, buf, sizeof(buf)), 3);
	ck_assert(readable());
	ck_assert_uint_eq(eg_inbox_take(b, buf, sizeof(buf)), 5);
	ck_assert_mem_eq(buf, "three", 5);
	ck_assert(!readable());
	ck_assert_uint_eq(eg_inbox_take(b, buf, sizeof(buf)), 0);
}
END_TEST

/* A size that does not divide the inbox's, so that frames wrap at many places. */
START_TEST(full_inbox_refuses_and_goes_on)
{
	uint8_t frame[997], buf[1000];

	for (int round = 0; round < 5; round++) {
		unsigned in = 0, out = 0;

		memset(frame, round, sizeof(frame));
		while (eg_inbox_put(b, frame, sizeof(frame)))
			in++;
		ck_assert_uint_eq(in, EG_INBOX_SIZE / (4 + sizeof(frame)));
		for (; readable(); out++) {
			ck_assert_uint_eq(eg_inbox_take(b, buf, sizeof(buf)), sizeof(frame));
			ck_assert_mem_eq(buf, frame, sizeof(frame));
		}
		ck_assert_uint_eq(out, in);
	}
}
END_TEST

START_TEST(frame_longer_than_the_buffer_is_cut)
{
	uint8_t buf[2];

	ck_assert(eg_inbox_put(b, (const uint8_t *)"long", 4));
	ck_assert(eg_inbox_put(b, (const uint8_t *)"ab", 2));
	ck_assert_uint_eq(eg_inbox_take(b, buf, sizeof(buf)), 2);
	ck_assert_mem_eq(buf, "lo", 2);
	ck_assert_uint_eq(eg_inbox_take(b, buf, sizeof(buf)), 2);
	ck_assert_mem_eq(buf, "ab", 2);
	ck_assert(!readable());
}
END_TEST

START_TEST(frame_too_long_is_refused)
{
	static uint8_t big[EG_INBOX_SIZE] = { 0 };

	ck_assert(!eg_inbox_put(b, big, sizeof(big)));
	ck_assert(!readable());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inbox");
	TCase *c = tcase_create("inbox");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, readable_exactly_while_frames_wait);
	tcase_add_test(c, full_inbox_refuses_and_goes_on);
	tcase_add_test(c, frame_longer_than_the_buffer_is_cut);
	tcase_add_test(c, frame_too_long_is_refused);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "replies.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>

static struct eg_replies *r;

static void setup(void)
{
	r = eg_replies_new();
	ck_assert_ptr_nonnull(r);
}

static void teardown(void)
{
	eg_replies_free(r);
}

static bool readable(void)
{
	struct pollfd p = { .fd = eg_replies_fd(r), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

START_TEST(readable_exactly_while_answers_wait)
{
	uint8_t buf[16];

	ck_assert(!readable());
	ck_assert(eg_replies_put(r, (const uint8_t *)"one", 3));
	ck_assert(eg_replies_put(r, (const uint8_t *)"three", 5));
	ck_assert(readable());
	ck_assert_uint_eq(eg_replies_take(r, buf, sizeof(buf)), 3);
	ck_assert(readable());
	ck_assert_uint_eq(eg_replies_take(r, buf, sizeof(buf)), 5);
	ck_assert_mem_eq(buf, "three", 5);
	ck_assert(!readable());
	ck_assert_uint_eq(eg_replies_take(r, buf, sizeof(buf)), 0);
}
END_TEST

START_TEST(full_queue_refuses_and_goes_on)
{
	uint8_t buf[16];

	for (int round = 0; round < 3; round++) {
		for (uint8_t i = 0; i < EG_REPLIES_MAX / 2; i++)
			ck_assert(eg_replies_put(r, &i, 1));
		for (uint8_t i = 0; i < EG_REPLIES_MAX / 2; i++)
			ck_assert(eg_replies_put(r, &i, 1));
		ck_assert(!eg_replies_put(r, buf, 1));
		for (int i = 0; i < EG_REPLIES_MAX; i++) {
			ck_assert_uint_eq(eg_replies_take(r, buf, sizeof(buf)), 1);
			ck_assert_uint_eq(buf[0], (unsigned)i % (EG_REPLIES_MAX / 2));
		}
		ck_assert(!readable());
	}
}
END_TEST

START_TEST(answer_longer_than_the_buffer_is_cut)
{
	uint8_t buf[2];

	ck_assert(eg_replies_put(r, (const uint8_t *)"long", 4));
	ck_assert_uint_eq(eg_replies_take(r, buf, sizeof(buf)), 2);
	ck_assert(!readable());
}
END_TEST

START_TEST(frame_too_long_is_refused)
{
	uint8_t big[EG_REPLY_MAX + 1] = { 0 };

	ck_assert(!eg_replies_put(r, big, sizeof(big)));
	ck_assert(!readable());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("replies");
	TCase *c = tcase_create("replies");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, readable_exactly_while_answers_wait);
	tcase_add_test(c, full_queue_refuses_and_goes_on);
	tcase_add_test(c, answer_longer_than_the_buffer_is_cut);
	tcase_add_test(c, frame_too_long_is_refused);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inject.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct eg_injects *b;

static void setup(void)
{
	b = eg_injects_new();
	ck_assert_ptr_nonnull(b);
}

static void teardown(void)
{
	eg_injects_free(b);
}

START_TEST(frames_come_out_by_direction_and_in_order)
{
	uint8_t out[EG_FRAME_MAX];

	ck_assert(!eg_inject_waits(b, EG_FROM_GUEST) && !eg_inject_waits(b, EG_FROM_NETWORK));
	ck_assert(eg_inject(b, EG_FROM_GUEST, (const uint8_t *)"first", 5));
	ck_assert(eg_inject(b, EG_FROM_NETWORK, (const uint8_t *)"other", 5));
	ck_assert(eg_inject(b, EG_FROM_GUEST, (const uint8_t *)"second", 6));
	ck_assert_uint_eq(eg_inject_take(b, EG_FROM_GUEST, out), 5);
	ck_assert_mem_eq(out, "first", 5);
	ck_assert_uint_eq(eg_inject_take(b, EG_FROM_GUEST, out), 6);
	ck_assert_mem_eq(out, "second", 6);
	ck_assert_uint_eq(eg_inject_take(b, EG_FROM_GUEST, out), 0);
	ck_assert(!eg_inject_waits(b, EG_FROM_GUEST) && eg_inject_waits(b, EG_FROM_NETWORK));
	ck_assert_uint_eq(eg_inject_take(b, EG_FROM_NETWORK, out), 5);
	ck_assert_mem_eq(out, "other", 5);
}
END_TEST

/* A length that does not divide the queue's, so that frames wrap at many places. */
START_TEST(full_queue_refuses_and_goes_on)
{
	uint8_t frame[997], out[EG_FRAME_MAX];

	for (int round = 0; round < 5; round++) {
		unsigned in = 0, back = 0;

		memset(frame, round, sizeof(frame));
		while (eg_inject(b, EG_FROM_GUEST, frame, sizeof(frame)))
			in++;
		ck_assert_uint_eq(in, EG_INJECT_SIZE / (2 + sizeof(frame)));
		ck_assert(!eg_inject_has_room(b, EG_FROM_GUEST, sizeof(frame)));
		ck_assert(eg_inject_has_room(b, EG_FROM_NETWORK, EG_FRAME_MAX));
		while (eg_inject_take(b, EG_FROM_GUEST, out) == sizeof(frame)) {
			ck_assert_mem_eq(out, frame, sizeof(frame));
			back++;
		}
		ck_assert_uint_eq(back, in);
	}
}
END_TEST

START_TEST(no_frame_is_empty_or_too_long)
{
	static const uint8_t frame[EG_FRAME_MAX + 1];
	uint8_t out[EG_FRAME_MAX];

	ck_assert(!eg_inject(b, EG_FROM_GUEST, frame, 0));
	ck_assert(!eg_inject(b, EG_FROM_GUEST, frame, EG_FRAME_MAX + 1));
	ck_assert(eg_inject(b, EG_FROM_GUEST, frame, EG_FRAME_MAX));
	ck_assert_uint_eq(eg_inject_take(b, EG_FROM_GUEST, out), EG_FRAME_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inject");
	TCase *c = tcase_create("queues");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, frames_come_out_by_direction_and_in_order);
	tcase_add_test(c, full_queue_refuses_and_goes_on);
	tcase_add_test(c, no_frame_is_empty_or_too_long);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

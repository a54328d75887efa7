/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = sizeof(struct eg_queue_item) };

static struct eg_queue *q;
static uint8_t *buf;

static void setup(void)
{
	q = eg_queue_new();
	buf = malloc(EG_QUEUE_SIZE);
	ck_assert(q && buf);
}

static void teardown(void)
{
	eg_queue_free(q);
	free(buf);
}

START_TEST(items_come_out_as_they_went_in)
{
	const struct timespec when = { .tv_sec = 5, .tv_nsec = 6 };
	struct eg_queue_item item;

	ck_assert(eg_queue_put(q, &when, (const uint8_t *)"one", 3));
	ck_assert(eg_queue_put(q, &when, (const uint8_t *)"", 0));
	ck_assert(eg_queue_take(q, &item, buf, true));
	ck_assert_uint_eq(item.len, 3);
	ck_assert_int_eq(item.when.tv_sec, 5);
	ck_assert_int_eq(item.when.tv_nsec, 6);
	ck_assert_mem_eq(buf, "one", 3);
	ck_assert(eg_queue_take(q, &item, buf, true));
	ck_assert_uint_eq(item.len, 0);
	ck_assert(!eg_queue_take(q, &item, buf, false));
}
END_TEST

/* A size that does not divide the ring's, so that items wrap at every offset. */
START_TEST(wrapped_items_are_whole)
{
	const struct timespec when = { 0 };
	struct eg_queue_item item;
	uint8_t frame[997];

	for (unsigned i = 0; i < 5000; i++) {
		memset(frame, (int)i, sizeof(frame));
		ck_assert(eg_queue_put(q, &when, frame, sizeof(frame)));
		ck_assert(eg_queue_take(q, &item, buf, false));
		ck_assert_uint_eq(item.len, sizeof(frame));
		ck_assert_mem_eq(buf, frame, sizeof(frame));
	}
}
END_TEST

START_TEST(full_queue_takes_nothing_and_loses_nothing)
{
	const struct timespec when = { 0 };
	struct eg_queue_item item;
	uint8_t frame[1000] = { 0 };
	unsigned in = 0, out = 0;

	while (eg_queue_put(q, &when, frame, sizeof(frame)))
		in++;
	ck_assert_uint_eq(in, EG_QUEUE_SIZE / (HEADER + 1000));
	ck_assert(!eg_queue_put(q, &when, frame, sizeof(frame)));
	while (eg_queue_take(q, &item, buf, false))
		out++;
	ck_assert_uint_eq(out, in);
	ck_assert(eg_queue_put(q, &when, buf, EG_QUEUE_SIZE - HEADER));
	ck_assert(!eg_queue_put(q, &when, buf, 0));
}
END_TEST

START_TEST(frame_larger_than_the_queue_is_refused)
{
	const struct timespec when = { 0 };

	ck_assert(!eg_queue_put(q, &when, buf, EG_QUEUE_SIZE - HEADER + 1));
	ck_assert(!eg_queue_put(q, &when, buf, SIZE_MAX - 4));
}
END_TEST

static void *take_until_closed(void *count)
{
	struct eg_queue_item item;

	while (eg_queue_take(q, &item, buf, true))
		++*(unsigned *)count;
	return NULL;
}

START_TEST(closing_wakes_the_taker_after_the_last_item)
{
	const struct timespec when = { 0 };
	unsigned count = 0, in = 0;
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, take_until_closed, &count), 0);
	for (int i = 0; i < 20000; i++)
		in += eg_queue_put(q, &when, (const uint8_t *)"frame", 5);
	eg_queue_close(q);
	pthread_join(t, NULL);
	ck_assert_uint_eq(count, in);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("queue");
	TCase *c = tcase_create("queue");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, items_come_out_as_they_went_in);
	tcase_add_test(c, wrapped_items_are_whole);
	tcase_add_test(c, full_queue_takes_nothing_and_loses_nothing);
	tcase_add_test(c, frame_larger_than_the_queue_is_refused);
	tcase_add_test(c, closing_wakes_the_taker_after_the_last_item);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

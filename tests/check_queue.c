/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "queue.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct eg_queue *q;
static uint8_t *large;

static void setup(void)
{
	q = eg_queue_new();
	large = calloc(1, 2 * EG_QUEUE_SIZE);
	ck_assert(q && large);
}

static void teardown(void)
{
	eg_queue_free(q);
	free(large);
}

static bool put(const void *bytes, size_t len)
{
	const struct eg_queued r = {
		.record = { .when = { 5, 6 },
			    .kind = EG_RECORD_QUERY,
			    .reason = 7,
			    .len = (uint32_t)len },
		.bytes = bytes,
	};

	return eg_queue_put(q, &r, 1);
}

START_TEST(records_come_out_as_they_went_in)
{
	struct eg_item *item;
	struct eg_batch *b;

	ck_assert(put("one", 3));
	ck_assert(put(NULL, 0));
	ck_assert(put("three", 5));
	b = eg_queue_take(q, 0);
	item = eg_batch_next(b, NULL);
	ck_assert_uint_eq(item->record.len, 3);
	ck_assert_int_eq(item->record.when.tv_sec, 5);
	ck_assert_int_eq(item->record.when.tv_nsec, 6);
	ck_assert_uint_eq(item->record.kind, EG_RECORD_QUERY);
	ck_assert_uint_eq(item->record.reason, 7);
	ck_assert_uint_eq(item->number, 0);
	ck_assert_mem_eq(item->bytes, "one", 3);
	item = eg_batch_next(b, item);
	ck_assert_uint_eq(item->record.len, 0);
	item = eg_batch_next(b, item);
	ck_assert_mem_eq(item->bytes, "three", 5);
	ck_assert_ptr_null(eg_batch_next(b, item));
}
END_TEST

START_TEST(taken_records_stay_while_others_come)
{
	struct eg_batch *b;

	ck_assert(put("one", 3));
	b = eg_queue_take(q, 0);
	while (put(large, 1000))
		;
	ck_assert_mem_eq(eg_batch_next(b, NULL)->bytes, "one", 3);
	b = eg_queue_take(q, 0);
	ck_assert_uint_eq(eg_batch_next(b, NULL)->record.len, 1000);
	ck_assert(put("two", 3));
	b = eg_queue_take(q, 0);
	ck_assert_mem_eq(eg_batch_next(b, NULL)->bytes, "two", 3);
	ck_assert_ptr_null(eg_batch_next(b, eg_batch_next(b, NULL)));
}
END_TEST

START_TEST(full_queue_takes_nothing_and_loses_nothing)
{
	struct eg_item *item = NULL;
	unsigned in = 0, out = 0;
	struct eg_batch *b;

	while (put(large, 1001))
		in++;
	ck_assert_uint_eq(in, EG_QUEUE_SIZE / eg_item_size(1001));
	ck_assert(!put(large, 1001));
	b = eg_queue_take(q, 0);
	while ((item = eg_batch_next(b, item)))
		out++;
	ck_assert_uint_eq(out, in);
	ck_assert(put(large, EG_QUEUE_SIZE - sizeof(struct eg_item)));
	ck_assert(!put(large, 0));
}
END_TEST

START_TEST(record_larger_than_the_queue_is_refused)
{
	ck_assert(!put(large, EG_QUEUE_SIZE - sizeof(struct eg_item) + 1));
	ck_assert(!put(large, 2 * EG_QUEUE_SIZE));
	ck_assert(!put(large, UINT32_MAX));
	ck_assert(!put(large, UINT32_MAX - 46));
	ck_assert(put(large, 1));
}
END_TEST

/* A frame and the answer to it: never one without the other, never another between them. */
START_TEST(records_put_together_stay_together)
{
	const struct eg_queued pair[2] = {
		{ .record = { .kind = EG_RECORD_BLOCKED, .len = 300 }, .bytes = large },
		{ .record = { .kind = EG_RECORD_ANSWER, .len = 700 }, .bytes = large },
	};
	struct eg_item *item = NULL;
	unsigned n = 0;
	struct eg_batch *b;

	while (eg_queue_put(q, pair, 2))
		;
	b = eg_queue_take(q, 0);
	while ((item = eg_batch_next(b, item)))
		ck_assert_uint_eq(item->record.kind,
				  n++ % 2 ? EG_RECORD_ANSWER : EG_RECORD_BLOCKED);
	ck_assert_uint_eq(n % 2, 0);
	ck_assert_uint_ge(n, 2 * (EG_QUEUE_SIZE / 1200));
}
END_TEST

START_TEST(taker_of_an_empty_queue_waits_and_gets_nothing)
{
	struct timespec before, after;
	struct eg_batch *b;

	clock_gettime(CLOCK_MONOTONIC, &before);
	b = eg_queue_take(q, 60);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->used, 0);
	ck_assert_int_ge((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec -
				 before.tv_nsec,
			 60000000);
}
END_TEST

START_TEST(closed_queue_is_emptied_first)
{
	struct eg_batch *b;

	ck_assert(put("one", 3));
	eg_queue_close(q);
	b = eg_queue_take(q, 1000000);
	ck_assert_ptr_nonnull(eg_batch_next(b, NULL));
	ck_assert_ptr_null(eg_queue_take(q, 1000000));
	ck_assert_ptr_null(eg_queue_take(q, 1000000));
}
END_TEST

static void *take_until_closed(void *count)
{
	struct eg_item *item;
	struct eg_batch *b;

	while ((b = eg_queue_take(q, 1000000)))
		for (item = NULL; (item = eg_batch_next(b, item));)
			++*(unsigned *)count;
	return NULL;
}

START_TEST(closing_wakes_the_taker_after_the_last_record)
{
	unsigned count = 0, in = 0;
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, take_until_closed, &count), 0);
	for (int i = 0; i < 200000; i++)
		in += put("frame", 5);
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
	tcase_add_test(c, records_come_out_as_they_went_in);
	tcase_add_test(c, taken_records_stay_while_others_come);
	tcase_add_test(c, full_queue_takes_nothing_and_loses_nothing);
	tcase_add_test(c, record_larger_than_the_queue_is_refused);
	tcase_add_test(c, records_put_together_stay_together);
	tcase_add_test(c, taker_of_an_empty_queue_waits_and_gets_nothing);
	tcase_add_test(c, closed_queue_is_emptied_first);
	tcase_add_test(c, closing_wakes_the_taker_after_the_last_record);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

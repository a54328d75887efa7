/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lock.h"

#include <check.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 100000 };

static struct eg_lock lock;
static uint64_t plain[2]; /* the lock's; always the same, both of them */
static uint64_t torn;

static void *count(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		eg_lock_take(&lock);
		torn += plain[0] != plain[1];
		plain[0]++;
		/* Somebody else's turn now and then, with the lock held. */
		if (i % 5000 == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 1000 }, NULL);
		plain[1]++;
		eg_lock_give(&lock);
	}
	return unused;
}

START_TEST(only_one_has_it)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(torn, 0);
	ck_assert_uint_eq(plain[0], (uint64_t)THREADS * ROUNDS);
	ck_assert_uint_eq(plain[1], (uint64_t)THREADS * ROUNDS);
}
END_TEST

static void *take(void *done)
{
	eg_lock_take(&lock);
	atomic_store((atomic_bool *)done, true);
	eg_lock_give(&lock);
	return NULL;
}

START_TEST(who_comes_second_waits_until_it_is_given_back)
{
	const struct timespec while_held = { .tv_nsec = 50000000 };
	atomic_bool done = false;
	pthread_t thread;

	eg_lock_take(&lock);
	ck_assert_int_eq(pthread_create(&thread, NULL, take, &done), 0);
	nanosleep(&while_held, NULL);
	ck_assert(!atomic_load(&done));
	eg_lock_give(&lock);
	pthread_join(thread, NULL);
	ck_assert(atomic_load(&done));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lock");
	TCase *c = tcase_create("lock");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, only_one_has_it);
	tcase_add_test(c, who_comes_second_waits_until_it_is_given_back);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

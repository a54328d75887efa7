/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include <check.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char frame[9014];
static struct eg_gate g;
static int ours, theirs;

static void setup_type(int type)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, type, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
	eg_gate_open(&g, ours);
}

static void setup(void)
{
	setup_type(SOCK_SEQPACKET);
}

static void teardown(void)
{
	close(ours);
	close(theirs);
}

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* Send frames of LEN bytes for as long as the gate lets pass. Each must fit. */
static unsigned fill(size_t len)
{
	unsigned n = 0;

	while (eg_gate_pass(&g, len)) {
		ck_assert_int_eq(send(ours, frame, len, MSG_DONTWAIT), (ssize_t)len);
		n++;
	}
	return n;
}

static const size_t sizes[] = { 14, 42, 64, 300, 1514, 4000, 9014 };

START_TEST(what_passes_is_sent_without_waiting)
{
	unsigned n = fill(sizes[_i]);

	ck_assert_uint_gt(n, sizes[_i] > 4000 ? 4 : 10);
	while (recv(theirs, (char[9014]){ 0 }, 9014, MSG_DONTWAIT) > 0)
		n--;
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_gt(fill(sizes[_i]), 4);
}
END_TEST

START_TEST(datagram_sockets_do_not_wait_either)
{
	teardown();
	setup_type(SOCK_DGRAM);
	ck_assert_uint_gt(fill(sizes[_i]), 4);
}
END_TEST

START_TEST(wait_is_for_the_first_that_does_not_fit)
{
	struct timespec start;

	fill(1514);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 1000; i++)
		ck_assert(!eg_gate_pass(&g, 1514));
	/* Without a wait; a machine that has more to do takes its time all the same. */
	ck_assert_int_lt(elapsed_ms(&start), 1000 * EG_GATE_WAIT / 2);
	eg_gate_received(&g);
	clock_gettime(CLOCK_MONOTONIC, &start);
	ck_assert(!eg_gate_pass(&g, 1514));
	ck_assert_int_ge(elapsed_ms(&start), EG_GATE_WAIT - 1);
}
END_TEST

START_TEST(gone_network_is_not_waited_for)
{
	fill(1514);
	close(theirs);
	ck_assert(eg_gate_pass(&g, 1514));
	theirs = dup(ours);
}
END_TEST

START_TEST(pipe_is_asked_each_time)
{
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	eg_gate_open(&g, p[1]);
	for (int i = 0; i < 16; i++) {
		ck_assert(eg_gate_pass(&g, 4000));
		ck_assert_int_eq(write(p[1], frame, 4096), 4096);
	}
	ck_assert(!eg_gate_pass(&g, 4000));
	close(p[0]);
	close(p[1]);
}
END_TEST

START_TEST(what_cannot_stop_has_no_gate)
{
	int fd = eventfd(0, 0);

	eg_gate_open(&g, fd);
	for (int i = 0; i < 100000; i++)
		ck_assert(eg_gate_pass(&g, 9014));
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gate");
	TCase *c = tcase_create("gate");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, what_passes_is_sent_without_waiting, 0, 7);
	tcase_add_loop_test(c, datagram_sockets_do_not_wait_either, 0, 7);
	tcase_add_test(c, wait_is_for_the_first_that_does_not_fit);
	tcase_add_test(c, gone_network_is_not_waited_for);
	tcase_add_test(c, pipe_is_asked_each_time);
	tcase_add_test(c, what_cannot_stop_has_no_gate);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recorder.h"

#include <check.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/check_recorder.XXXXXX";
static char path[64];

static void setup(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.pcap", folder);
}

static void teardown(void)
{
	unlink(path);
	rmdir(folder);
}

static unsigned count(void)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, text);
	struct pcap_pkthdr *h;
	const u_char *data;
	unsigned n = 0;

	ck_assert_msg(p != NULL, "%s", text);
	while (pcap_next_ex(p, &h, &data) == 1)
		n++;
	pcap_close(p);
	return n;
}

START_TEST(all_that_was_put_is_written_by_the_close)
{
	uint8_t frame[60] = { 0 };
	struct eg_recorder *r;

	ck_assert_int_eq(eg_recorder_open(&r, path), 0);
	for (int i = 0; i < 1000; i++)
		eg_recorder_put(r, frame, sizeof(frame), 0);
	eg_recorder_close(r);
	ck_assert_uint_eq(count(), 1000);
}
END_TEST

/* The host is killed: what was put is with the kernel, without any close. */
START_TEST(killed_host_leaves_what_was_put)
{
	const struct timespec moment = { .tv_nsec = 200000000 };
	uint8_t frame[60] = { 0 };
	struct eg_recorder *r;
	pid_t pid = fork();

	if (pid == 0) {
		if (eg_recorder_open(&r, path) == 0)
			for (int i = 0; i < 50; i++)
				eg_recorder_put(r, frame, sizeof(frame), 0);
		nanosleep(&moment, NULL);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_uint_eq(count(), 50);
}
END_TEST

/* Run with stderr in a pipe; return what was said. */
static ssize_t said_at_close(struct eg_recorder *r, char *said, size_t size)
{
	int saved = dup(STDERR_FILENO), p[2];
	ssize_t n;

	ck_assert_int_eq(pipe(p), 0);
	dup2(p[1], STDERR_FILENO);
	eg_recorder_close(r);
	dup2(saved, STDERR_FILENO);
	close(p[1]);
	n = read(p[0], said, size - 1);
	said[n > 0 ? n : 0] = '\0';
	close(p[0]);
	close(saved);
	return n;
}

START_TEST(full_disk_is_survived_and_counted)
{
	struct rlimit small, before;
	uint8_t frame[1000] = { 0 };
	struct eg_recorder *r;
	char said[256];
	unsigned lost;

	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(eg_recorder_open(&r, path), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 24 + 5 * 1016 + 100;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 1500; i++)
		eg_recorder_put(r, frame, sizeof(frame), 0);
	said_at_close(r, said, sizeof(said));
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_msg(sscanf(strstr(said, "pcap: ") + 6, "%u blocked", &lost) == 1, "%s", said);
	ck_assert_uint_eq(count() + lost, 1500);
	ck_assert_uint_gt(lost, 1400);
}
END_TEST

START_TEST(time_is_that_of_the_sending)
{
	char text[PCAP_ERRBUF_SIZE];
	uint8_t frame[60] = { 0 };
	struct timespec before;
	struct pcap_pkthdr *h;
	struct eg_recorder *r;
	const u_char *data;
	pcap_t *p;

	ck_assert_int_eq(eg_recorder_open(&r, path), 0);
	clock_gettime(CLOCK_REALTIME, &before);
	eg_recorder_put(r, frame, sizeof(frame), 10500);
	eg_recorder_close(r);
	p = pcap_open_offline(path, text);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_int_ge(h->ts.tv_sec, before.tv_sec - 11);
	ck_assert_int_le(h->ts.tv_sec, before.tv_sec - 10 + 5);
	ck_assert_int_lt(h->ts.tv_usec, 1000000);
	pcap_close(p);
}
END_TEST

START_TEST(nothing_is_said_where_nothing_was_lost)
{
	struct eg_recorder *r;
	char said[256];

	ck_assert_int_eq(eg_recorder_open(&r, path), 0);
	ck_assert_int_eq(said_at_close(r, said, sizeof(said)), 0);
}
END_TEST

START_TEST(no_recorder_records_nothing)
{
	eg_recorder_put(NULL, (const uint8_t *)"x", 1, 0);
	eg_recorder_close(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recorder");
	TCase *c = tcase_create("recorder");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, all_that_was_put_is_written_by_the_close);
	tcase_add_test(c, killed_host_leaves_what_was_put);
	tcase_add_test(c, full_disk_is_survived_and_counted);
	tcase_add_test(c, time_is_that_of_the_sending);
	tcase_add_test(c, nothing_is_said_where_nothing_was_lost);
	tcase_add_test(c, no_recorder_records_nothing);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pcapfile.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAME = 60, RECORD = 16 + FRAME, HEADER = 24 };

static const uint8_t frame[FRAME] = "some frame";
static char folder[] = "/tmp/check_pcapfile.XXXXXX";
static char path[64];
static char error[256];

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

static struct eg_pcapfile *opened(void)
{
	struct eg_pcapfile *f;

	ck_assert_msg(eg_pcapfile_open(&f, path, error, sizeof(error)) == 0, "%s", error);
	return f;
}

static void put(struct eg_pcapfile *f, time_t second)
{
	const struct timespec when = { .tv_sec = second, .tv_nsec = 123456789 };

	eg_pcapfile_put(f, &when, frame, FRAME, FRAME);
}

/* Write records from second FROM to second TO - 1. */
static void write_records(time_t from, time_t to)
{
	struct eg_pcapfile *f = opened();

	for (time_t t = from; t < to; t++)
		put(f, t);
	ck_assert_int_eq(eg_pcapfile_flush(f), 0);
	eg_pcapfile_close(f);
}

/* Check that the file holds exactly the records of seconds 0 to N - 1. */
static void holds(time_t n)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, text);
	struct pcap_pkthdr *h;
	const u_char *data;

	ck_assert_msg(p != NULL, "%s", text);
	ck_assert_int_eq(pcap_datalink(p), DLT_EN10MB);
	for (time_t t = 0; t < n; t++) {
		ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
		ck_assert_int_eq(h->ts.tv_sec, t);
		ck_assert_int_eq(h->ts.tv_usec, 123456);
		ck_assert_uint_eq(h->caplen, FRAME);
		ck_assert_uint_eq(h->len, FRAME);
		ck_assert_mem_eq(data, frame, FRAME);
	}
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
}

static void write_file(const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	fclose(f);
}

START_TEST(new_file_is_readable_at_once)
{
	struct eg_pcapfile *f = opened();
	struct stat st;

	holds(0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	eg_pcapfile_close(f);
}
END_TEST

START_TEST(flushed_records_are_there_and_unflushed_are_not)
{
	struct eg_pcapfile *f = opened();

	put(f, 0);
	ck_assert_int_eq(eg_pcapfile_flush(f), 0);
	put(f, 1);
	holds(1);
	eg_pcapfile_close(f);
	holds(1);
}
END_TEST

START_TEST(second_open_appends)
{
	write_records(0, 3);
	write_records(3, 5);
	holds(5);
}
END_TEST

START_TEST(wide_mode_is_narrowed)
{
	struct stat st;

	write_records(0, 1);
	ck_assert_int_eq(chmod(path, 0644), 0);
	write_records(1, 2);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

/* Cut anywhere in the last record, or in the file header: what is whole stays. */
START_TEST(torn_tail_is_cut_off)
{
	off_t cut = _i;

	write_records(0, 2);
	ck_assert_int_eq(truncate(path, cut), 0);
	if (cut < HEADER + RECORD) {
		write_records(0, 3);
	} else {
		write_records(cut == HEADER + 2 * RECORD ? 2 : 1, 3);
	}
	holds(3);
}
END_TEST

START_TEST(file_of_another_kind_is_left_alone)
{
	static const char *const others[] = { "\x0a\x0d\x0d\x0a pcapng", "root:x:0:0",
					      "\xd4\xc3\xb2\xa1 but not ours....." };
	struct eg_pcapfile *f;
	struct stat st;
	size_t n = strlen(others[_i]);

	write_file(others[_i], n);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(eg_pcapfile_open(&f, path, error, sizeof(error)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "not a capture"));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, (off_t)n);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
}
END_TEST

/* A link may have been laid to any file of ours: not even its mode changes. */
START_TEST(hard_link_is_refused_and_left_alone)
{
	struct eg_pcapfile *f;
	char victim[80];
	struct stat st;

	snprintf(victim, sizeof(victim), "%s.victim", path);
	write_file("", 0);
	ck_assert_int_eq(rename(path, victim), 0);
	ck_assert_int_eq(chmod(victim, 0644), 0);
	ck_assert_int_eq(link(victim, path), 0);
	ck_assert_int_eq(eg_pcapfile_open(&f, path, error, sizeof(error)), -EMLINK);
	ck_assert_int_eq(stat(victim, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
	ck_assert_int_eq(st.st_size, 0);
	unlink(victim);
}
END_TEST

START_TEST(damage_beyond_a_torn_tail_is_left_alone)
{
	struct eg_pcapfile *f;
	char *zeros = calloc(1, 300000);
	FILE *file;

	write_records(0, 2);
	file = fopen(path, "a");
	memset(zeros, 0xff, 300000);
	ck_assert_uint_eq(fwrite(zeros, 1, 300000, file), 300000);
	fclose(file);
	free(zeros);
	ck_assert_int_eq(eg_pcapfile_open(&f, path, error, sizeof(error)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "damaged at byte 176"));
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused)
{
	struct eg_pcapfile *f;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(eg_pcapfile_open(&f, path, error, sizeof(error)), -EINVAL);
	unlink(path);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(eg_pcapfile_open(&f, path, error, sizeof(error)), -ELOOP);
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(eg_pcapfile_open(&f, path, error, sizeof(error)), -EISDIR);
	rmdir(path);
}
END_TEST

START_TEST(second_writer_is_refused)
{
	struct eg_pcapfile *f = opened(), *g;

	ck_assert_int_eq(eg_pcapfile_open(&g, path, error, sizeof(error)), -EWOULDBLOCK);
	eg_pcapfile_close(f);
	f = opened();
	eg_pcapfile_close(f);
}
END_TEST

/* As on a full disk: writes fail, the file stays whole, and goes on once they work. */
START_TEST(failed_flush_loses_its_records_only)
{
	struct eg_pcapfile *f = opened();
	struct rlimit small, before;

	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	put(f, 0);
	ck_assert_int_eq(eg_pcapfile_flush(f), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = HEADER + RECORD + 20;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	put(f, 7);
	put(f, 8);
	ck_assert_int_eq(eg_pcapfile_flush(f), -EFBIG);
	holds(1);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	put(f, 1);
	ck_assert_int_eq(eg_pcapfile_flush(f), 0);
	eg_pcapfile_close(f);
	holds(2);
}
END_TEST

START_TEST(frame_over_the_limit_is_cut_and_says_so)
{
	struct eg_pcapfile *f = opened();
	const struct timespec when = { 0 };
	uint8_t *big = calloc(1, 300000);
	char text[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;
	pcap_t *p;

	eg_pcapfile_put(f, &when, big, 300000, 300000);
	ck_assert_int_eq(eg_pcapfile_flush(f), 0);
	eg_pcapfile_close(f);
	p = pcap_open_offline(path, text);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_uint_eq(h->caplen, 262144);
	ck_assert_uint_eq(h->len, 300000);
	pcap_close(p);
	free(big);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pcapfile");
	TCase *c = tcase_create("pcapfile");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, new_file_is_readable_at_once);
	tcase_add_test(c, flushed_records_are_there_and_unflushed_are_not);
	tcase_add_test(c, second_open_appends);
	tcase_add_test(c, wide_mode_is_narrowed);
	tcase_add_loop_test(c, torn_tail_is_cut_off, 0, HEADER + 2 * RECORD + 1);
	tcase_add_loop_test(c, file_of_another_kind_is_left_alone, 0, 3);
	tcase_add_test(c, hard_link_is_refused_and_left_alone);
	tcase_add_test(c, damage_beyond_a_torn_tail_is_left_alone);
	tcase_add_test(c, what_is_no_regular_file_is_refused);
	tcase_add_test(c, second_writer_is_refused);
	tcase_add_test(c, failed_flush_loses_its_records_only);
	tcase_add_test(c, frame_over_the_limit_is_cut_and_says_so);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

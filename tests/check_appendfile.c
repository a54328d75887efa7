/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This program's pwrite and ftruncate stand in for the C library's, so that each write is seen, and
 * can fail; and its clock, so that it can be set.
 */
#include "appendfile.h"

#include "toy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

enum {
	MAX = 20000,
	/* Of 100 bytes each, in a file of 64 KiB: 40 in a page, and room for the end in the last.
	 */
	PER_FILE = 15 * 40 + 35,
};

static char text[256];
static const struct eg_refusal why = { .text = text, .size = sizeof(text) };
static struct eg_append_options options;
static struct eg_appendfile *file;

/* The disk: so many bytes can still be written, -1: as many as one likes. */
static long space;
static bool no_cut;
static unsigned writes, crossing;
static void (*after_write)(void);
static time_t later; /* s that our clock is ahead */

/* What was settled: numbers in the file by the order of the puts, 0 for those lost. */
static uint64_t numbers[MAX];
static size_t settled, lost;
static int last_error;

EXPORT ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	size_t now = space >= 0 && (size_t)space < n ? (size_t)space : n;
	ssize_t written;

	writes++;
	crossing += at / EG_PAGE != (at + (off_t)n - 1) / EG_PAGE;
	if (now == 0) {
		errno = ENOSPC;
		return -1;
	}
	written = syscall(SYS_pwrite64, fd, buf, now, at);
	if (space >= 0)
		space -= (long)now;
	if (after_write)
		after_write();
	return written;
}

EXPORT int ftruncate(int fd, off_t size)
{
	if (no_cut) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_ftruncate, fd, size);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_MONOTONIC_COARSE)
		ts->tv_sec += later;
	return rc;
}

static void note(void *ctx, unsigned n, uint64_t first, int error)
{
	ck_assert_ptr_eq(ctx, &options);
	ck_assert_uint_gt(n, 0);
	ck_assert((first == 0) == (error < 0));
	if (!first)
		last_error = error;
	for (unsigned i = 0; i < n; i++) {
		lost += first == 0;
		ck_assert_uint_lt(settled, MAX);
		numbers[settled++] = first ? first + i : 0;
	}
}

static void setup(void)
{
	folder_make();
	options = (struct eg_append_options){
		.path = folder_path("x.toy"),
		.format = &toy_filled,
		.settled = note,
		.ctx = &options,
	};
	file = NULL;
	space = -1;
	no_cut = false;
	writes = crossing = 0;
	after_write = NULL;
	settled = lost = 0;
	later = 0;
}

static void teardown(void)
{
	after_write = NULL;
	space = -1;
	no_cut = false;
	eg_appendfile_close(file);
	folder_remove();
}

static void open_file(void)
{
	ck_assert_msg(eg_appendfile_open(&file, &options, &why) == 0, "%s", text);
}

static void close_file(void)
{
	eg_appendfile_close(file);
	file = NULL;
}

static void refused(int rc, const char *said)
{
	ck_assert_int_eq(eg_appendfile_open(&file, &options, &why), rc);
	ck_assert_str_eq(text, said);
}

/* NAME holds the records FIRST to LAST and no others; LETTERS are its blocks, NULL: whatever. */
static void holds(const char *name, uint32_t first, uint32_t last, const char *letters)
{
	static uint32_t found[MAX];
	size_t n;
	const char *blocks = toy_read(name, found, MAX, &n);

	ck_assert_uint_eq(n, last - first + 1);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_uint_eq(found[i], first + i);
	if (letters)
		ck_assert_str_eq(blocks, letters);
}

/*
 * Records and pages
 */

START_TEST(new_file_has_its_beginning_at_once)
{
	open_file();
	ck_assert_uint_eq(writes, 1);
	holds("x.toy", 1, 0, "B");
	close_file();
	holds("x.toy", 1, 0, "BE");
}
END_TEST

START_TEST(flushed_records_are_there_and_others_are_not)
{
	open_file();
	toy_put(file, 1, 100);
	toy_put(file, 2, 100);
	ck_assert_uint_eq(settled, 0);
	holds("x.toy", 1, 0, "B");
	eg_appendfile_flush(file);
	ck_assert_uint_eq(settled, 2);
	holds("x.toy", 1, 2, "BRR");
	ck_assert_uint_eq(writes, 2);
	eg_appendfile_flush(file);
	ck_assert_uint_eq(writes, 2);
	toy_put(file, 3, 100);
	close_file();
	ck_assert_uint_eq(settled, 3);
	holds("x.toy", 1, 3, "BRRRE");
}
END_TEST

START_TEST(records_are_numbered_over_all_openings)
{
	for (uint32_t i = 1; i <= 9; i += 3) {
		open_file();
		toy_put(file, i, 50);
		toy_put(file, i + 1, 50);
		toy_put(file, i + 2, 50);
		close_file();
	}
	holds("x.toy", 1, 9, "BRRREBRRREBRRRE");
	for (unsigned i = 0; i < 9; i++)
		ck_assert_uint_eq(numbers[i], i + 1);
}
END_TEST

static void file_is_whole(void)
{
	static uint32_t found[MAX];
	size_t n;

	toy_read("x.toy", found, MAX, &n);
}

/* What a SIGKILL leaves is what stands there between two writes within a page. */
START_TEST(no_write_crosses_a_page_and_each_leaves_whole_records)
{
	unsigned seed = (unsigned)_i;
	uint32_t total = 0;

	after_write = file_is_whole;
	open_file();
	for (uint32_t i = 1; i <= 150; i++) {
		/* Also all that ends where no filler would fit behind it. */
		uint32_t len = rand_r(&seed) % 2 ? 9 + (uint32_t)rand_r(&seed) % 500
						 : EG_PAGE - (uint32_t)rand_r(&seed) % 40;

		if (len > EG_PAGE - TOY_LEAST && len < EG_PAGE)
			len = EG_PAGE - TOY_LEAST;
		toy_put(file, i, len);
		total += len;
		if (rand_r(&seed) % 4 == 0)
			eg_appendfile_flush(file);
	}
	close_file();
	ck_assert_uint_eq(crossing, 0);
	holds("x.toy", 1, 150, NULL);
	ck_assert_uint_eq(settled, 150);
	ck_assert_uint_eq(lost, 0);
	/* On average less than half of it is filler. */
	ck_assert_int_lt(folder_size("x.toy"), 2 * (long)total);
}
END_TEST

/* Each ends elsewhere: also so close to the end of its last page that no filler fits behind it. */
START_TEST(record_that_fits_into_no_page_is_one_write)
{
	uint32_t len = 2 * EG_PAGE - 140 - 15 + (uint32_t)_i;

	open_file();
	toy_put(file, 1, 100);
	after_write = file_is_whole;
	writes = 0;
	toy_put(file, 2, len);
	ck_assert_uint_eq(settled, 2);
	ck_assert_uint_eq(writes, 2);
	ck_assert_uint_eq(crossing, 1);
	toy_put(file, 3, 100);
	toy_put(file, 4, EG_PAGE);
	toy_put(file, 5, EG_PAGE - TOY_LEAST);
	close_file();
	ck_assert_uint_eq(crossing, 1);
	holds("x.toy", 1, 5, "BRRRRRE");
}
END_TEST

START_TEST(without_filler_a_record_crosses_a_page_in_a_write_of_its_own)
{
	unsigned pages;

	options.format = &toy_plain;
	after_write = file_is_whole;
	open_file();
	for (uint32_t i = 1; i <= 200; i++)
		toy_put(file, i, 300);
	close_file();
	holds("x.toy", 1, 200, NULL);
	ck_assert_int_eq(folder_size("x.toy"), 40 + 200 * 300 + 30);
	pages = (40 + 200 * 300 + 30) / EG_PAGE;
	ck_assert_uint_le(crossing, pages);
	ck_assert_uint_ge(crossing, pages - 2); /* some end at a page's end by chance */
	ck_assert_uint_le(writes, 2 * pages + 3);
}
END_TEST

/*
 * What was there before
 */

/* Cut at each place, be it a beginning, a record, or between two. */
START_TEST(torn_tail_is_cut_off)
{
	for (int i = 27 * _i; i < 27 * (_i + 1); i++) {
		uint32_t whole = i < 140 ? 0 : i < 240 ? 1 : 2;

		unlink(folder_path("x.toy"));
		open_file();
		toy_put(file, 1, 100);
		toy_put(file, 2, 100);
		close_file();
		ck_assert_int_eq(truncate(folder_path("x.toy"), i), 0);
		settled = 0;
		open_file();
		toy_put(file, whole + 1, 100);
		close_file();
		holds("x.toy", 1, whole + 1, NULL);
		ck_assert_uint_eq(numbers[0], whole + 1);
	}
}
END_TEST

START_TEST(damage_beyond_a_torn_tail_is_left_alone)
{
	char *bytes = calloc(1, 40 + TOY_LONGEST + 1);

	toy_make((uint8_t *)bytes, 'B', 40);
	folder_write("x.toy", bytes, 40 + TOY_LONGEST + 1);
	refused(-EINVAL, "is damaged at byte 40: move it away");
	ck_assert_int_eq(folder_size("x.toy"), 40 + TOY_LONGEST + 1);
	folder_write("x.toy", bytes, 40 + TOY_LONGEST);
	open_file();
	holds("x.toy", 1, 0, "BB");
	free(bytes);
}
END_TEST

START_TEST(file_of_another_kind_is_left_alone)
{
	struct stat st;

	folder_write("x.toy", "diary", 5);
	ck_assert_int_eq(chmod(folder_path("x.toy"), 0644), 0);
	refused(-EINVAL, "is not a toy of this plugin's: it will not be written to");
	ck_assert_int_eq(stat(folder_path("x.toy"), &st), 0);
	ck_assert_int_eq(st.st_size, 5);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
}
END_TEST

START_TEST(wide_mode_is_narrowed)
{
	struct stat st;

	folder_write("x.toy", "", 0);
	ck_assert_int_eq(chmod(folder_path("x.toy"), 0666), 0);
	open_file();
	ck_assert_int_eq(stat(folder_path("x.toy"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(no_file_is_taken_twice)
{
	struct eg_appendfile *other;

	open_file();
	ck_assert_int_eq(eg_appendfile_open(&other, &options, &why), -EWOULDBLOCK);
	ck_assert_str_eq(text, "is in use by another");
}
END_TEST

START_TEST(open_on_a_full_disk_fails)
{
	space = 39;
	refused(-ENOSPC, "cannot be written: No space left on device");
	ck_assert_int_eq(folder_size("x.toy"), 0);
}
END_TEST

/*
 * A full disk
 */

START_TEST(failed_write_loses_the_records_of_its_page_only)
{
	open_file();
	toy_put(file, 1, 1000);
	eg_appendfile_flush(file);
	space = 190 * _i; /* from nothing to nearly all of it */
	for (uint32_t i = 0; i < 3; i++)
		toy_put(file, 77, 1000);
	ck_assert_uint_eq(lost, 0);
	toy_put(file, 77, 1000);
	ck_assert_uint_eq(lost, 4); /* and what was to follow on the next page */
	ck_assert_int_eq(last_error, -ENOSPC);
	holds("x.toy", 1, 1, "BR");
	toy_put(file, 77, 10);
	eg_appendfile_flush(file);
	ck_assert_uint_eq(lost, 5);
	space = -1;
	close_file();
}
END_TEST

START_TEST(writing_goes_on_once_there_is_room)
{
	open_file();
	toy_put(file, 1, 100);
	eg_appendfile_flush(file);
	space = 0;
	for (uint32_t i = 0; i < 500; i++)
		toy_put(file, 77, 100);
	eg_appendfile_flush(file);
	ck_assert_uint_eq(lost, 500);
	space = -1;
	for (uint32_t i = 2; i <= 200; i++)
		toy_put(file, i, 100);
	close_file();
	ck_assert_uint_eq(lost, 500);
	holds("x.toy", 1, 200, NULL);
	ck_assert_uint_eq(numbers[0], 1);
	ck_assert_uint_eq(numbers[501], 2);
	ck_assert_uint_eq(numbers[699], 200);
}
END_TEST

/* The disk fails at any byte, and everything written before and after is whole. */
START_TEST(disk_may_fill_up_at_any_byte)
{
	unsigned seed = (unsigned)_i;
	uint32_t next = 1;

	open_file();
	while (next < 300) {
		size_t before = settled;

		space = rand_r(&seed) % 8000;
		toy_put(file, next, 9 + (uint32_t)rand_r(&seed) % 900);
		if (rand_r(&seed) % 3 == 0)
			space = -1;
		eg_appendfile_flush(file);
		ck_assert_uint_eq(settled, before + 1);
		next += numbers[before] != 0;
		file_is_whole();
	}
	close_file();
	holds("x.toy", 1, next - 1, NULL);
}
END_TEST

START_TEST(tail_that_could_not_be_cut_is_cut_before_the_next_write)
{
	open_file();
	toy_put(file, 1, 100);
	eg_appendfile_flush(file);
	space = 50;
	no_cut = true;
	toy_put(file, 77, 100);
	eg_appendfile_flush(file);
	ck_assert_int_eq(folder_size("x.toy"), 190);
	space = -1;
	toy_put(file, 77, 20);
	eg_appendfile_flush(file);
	ck_assert_uint_eq(lost, 2);
	ck_assert_int_eq(last_error, -EIO);
	no_cut = false;
	toy_put(file, 2, 20);
	close_file();
	holds("x.toy", 1, 2, "BRRE");
}
END_TEST

/*
 * Rotation
 */

START_TEST(no_file_is_longer_than_the_limit_and_the_first_stays)
{
	static const char *const names[] = { "x.3.toy", "x.2.toy", "x.1.toy", "x.toy" };
	static uint32_t found[MAX];
	unsigned seed = (unsigned)_i;
	uint32_t last = 0;
	size_t n;

	options.format = _i % 2 ? &toy_plain : &toy_filled;
	options.limit = 65536 + _i;
	options.kept = 3;
	open_file();
	for (uint32_t i = 1; i <= 2000; i++)
		toy_put(file, i, 9 + (uint32_t)rand_r(&seed) % 300);
	close_file();
	ck_assert_uint_eq(lost, 0);
	ck_assert_int_eq(folder_size("x.4.toy"), -1);
	for (int k = 0; k < 4; k++) {
		const char *letters = toy_read(names[k], found, MAX, &n);
		long size = folder_size(names[k]);

		ck_assert_int_le(size, options.limit);
		if (k < 3)
			ck_assert_int_gt(size, options.limit - EG_PAGE - 1000);
		ck_assert(letters[0] == 'B' && letters[strlen(letters) - 1] == 'E');
		for (size_t i = 0; i < n; i++) {
			/* What went stood behind the first file. */
			if (k == 1 && i == 0)
				ck_assert_uint_gt(found[i], last + 1);
			else
				ck_assert_uint_eq(found[i], last + 1);
			last = found[i];
			/* The numbers begin anew in each file. */
			ck_assert_uint_eq(numbers[last - 1], i + 1);
		}
	}
	ck_assert_uint_eq(last, 2000);
}
END_TEST

START_TEST(where_none_is_kept_the_file_begins_anew)
{
	options.limit = 65536;
	open_file();
	for (uint32_t i = 1; i <= 1000; i++)
		toy_put(file, i, 100);
	close_file();
	ck_assert_int_le(folder_size("x.toy"), 65536);
	ck_assert_int_eq(folder_size("x.1.toy"), -1);
	ck_assert_uint_eq(numbers[999], 1000 - PER_FILE);
}
END_TEST

START_TEST(file_that_is_full_is_rotated_at_the_open)
{
	open_file();
	for (uint32_t i = 1; i <= 1000; i++)
		toy_put(file, i, 100);
	close_file();
	options.limit = 65536;
	options.kept = 1;
	open_file();
	holds("x.toy", 1, 0, "B");
	holds("x.1.toy", 1, 1000, NULL);
}
END_TEST

START_TEST(names_of_others_refuse_the_open)
{
	options.kept = 3;
	folder_write("x.2.toy", "diary", 5);
	refused(-EINVAL, "would be rotated to x.2.toy, which is not one of this plugin's");
	options.kept = 1;
	open_file();
}
END_TEST

START_TEST(failed_rotation_loses_records_and_is_tried_again_after_a_second)
{
	uint32_t next = 1;

	options.limit = 65536;
	options.kept = 1;
	open_file();
	folder_write("x.1.toy", "diary", 5);
	while (lost == 0)
		toy_put(file, next++, 100);
	ck_assert_int_eq(last_error, -EINVAL);
	ck_assert_int_le(folder_size("x.toy"), 65536);
	holds("x.toy", 1, next - 2, NULL);
	unlink(folder_path("x.1.toy"));
	toy_put(file, 77, 100);
	ck_assert_uint_eq(lost, 2);
	ck_assert_int_eq(last_error, -EAGAIN);
	later = 2;
	toy_put(file, 1000, 100);
	eg_appendfile_flush(file);
	ck_assert_uint_eq(lost, 2);
	holds("x.toy", 1000, 1000, "BR");
	holds("x.1.toy", 1, next - 2, NULL);
}
END_TEST

/* On a full disk the new file cannot even begin: it begins with the first record for which there is
 * room. */
START_TEST(beginning_that_could_not_be_written_comes_with_the_first_record)
{
	options.limit = 65536;
	options.kept = 1;
	open_file();
	for (uint32_t i = 1; i <= PER_FILE; i++)
		toy_put(file, i, 100);
	eg_appendfile_flush(file);
	space = 0;
	for (int i = 0; i < 3; i++) {
		toy_put(file, 77, 100);
		eg_appendfile_flush(file);
	}
	ck_assert_uint_eq(lost, 3);
	holds("x.1.toy", 1, PER_FILE, NULL);
	ck_assert_int_eq(folder_size("x.toy"), 0);
	space = -1;
	toy_put(file, 5000, 100);
	toy_put(file, 5001, 100);
	close_file();
	holds("x.toy", 5000, 5001, "BRRE");
	ck_assert_uint_eq(numbers[settled - 1], 2);
}
END_TEST

START_TEST(file_that_was_moved_away_is_left_there)
{
	options.limit = 65536;
	options.kept = 1;
	open_file();
	toy_put(file, 1, 100);
	eg_appendfile_flush(file);
	ck_assert_int_eq(rename(folder_path("x.toy"), folder_path("mine")), 0);
	for (uint32_t i = 2; i <= 1000; i++)
		toy_put(file, i, 100);
	close_file();
	ck_assert_uint_eq(lost, 0);
	ck_assert_int_gt(folder_size("mine"), 60000);
	ck_assert_int_eq(folder_size("x.1.toy"), -1);
	ck_assert_int_gt(folder_size("x.toy"), 0);
}
END_TEST

/* The path is looked up once: neither chdir(2) nor a folder that moves changes where files go. */
START_TEST(rotation_stays_in_its_folder)
{
	char *before = getcwd(NULL, 0);

	ck_assert_int_eq(chdir(folder), 0);
	options.path = "x.toy";
	options.limit = 65536;
	options.kept = 2;
	open_file();
	ck_assert_int_eq(chdir("/"), 0);
	for (uint32_t i = 1; i <= 1500; i++)
		toy_put(file, i, 100);
	close_file();
	ck_assert_uint_eq(lost, 0);
	ck_assert_int_gt(folder_size("x.2.toy"), 0);
	ck_assert_int_eq(chdir(before), 0);
	free(before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("appendfile");
	TCase *c = tcase_create("appendfile");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, new_file_has_its_beginning_at_once);
	tcase_add_test(c, flushed_records_are_there_and_others_are_not);
	tcase_add_test(c, records_are_numbered_over_all_openings);
	tcase_add_loop_test(c, no_write_crosses_a_page_and_each_leaves_whole_records, 0, 10);
	tcase_add_loop_test(c, record_that_fits_into_no_page_is_one_write, 0, 20);
	tcase_add_test(c, without_filler_a_record_crosses_a_page_in_a_write_of_its_own);
	tcase_add_loop_test(c, torn_tail_is_cut_off, 0, 10);
	tcase_add_test(c, damage_beyond_a_torn_tail_is_left_alone);
	tcase_add_test(c, file_of_another_kind_is_left_alone);
	tcase_add_test(c, wide_mode_is_narrowed);
	tcase_add_test(c, no_file_is_taken_twice);
	tcase_add_test(c, open_on_a_full_disk_fails);
	tcase_add_loop_test(c, failed_write_loses_the_records_of_its_page_only, 0, 17);
	tcase_add_test(c, writing_goes_on_once_there_is_room);
	tcase_add_loop_test(c, disk_may_fill_up_at_any_byte, 0, 10);
	tcase_add_test(c, tail_that_could_not_be_cut_is_cut_before_the_next_write);
	tcase_add_loop_test(c, no_file_is_longer_than_the_limit_and_the_first_stays, 0, 10);
	tcase_add_test(c, where_none_is_kept_the_file_begins_anew);
	tcase_add_test(c, file_that_is_full_is_rotated_at_the_open);
	tcase_add_test(c, names_of_others_refuse_the_open);
	tcase_add_test(c, failed_rotation_loses_records_and_is_tried_again_after_a_second);
	tcase_add_test(c, beginning_that_could_not_be_written_comes_with_the_first_record);
	tcase_add_test(c, file_that_was_moved_away_is_left_there);
	tcase_add_test(c, rotation_stays_in_its_folder);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

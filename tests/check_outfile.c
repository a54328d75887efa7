/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outfile.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/check_outfile.XXXXXX";
static char path[64];
static struct eg_outfile f;

static void setup(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.html", folder);
}

static void teardown(void)
{
	unlink(path);
	rmdir(folder);
}

static void holds(const char *text)
{
	char found[64] = "";
	FILE *in = fopen(path, "r");

	ck_assert_ptr_nonnull(in);
	fread(found, 1, sizeof(found) - 1, in);
	fclose(in);
	ck_assert_str_eq(found, text);
}

/* Files in the folder. */
static int files(void)
{
	DIR *d = opendir(folder);
	int n = 0;

	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

START_TEST(file_is_there_when_it_is_done_and_not_before)
{
	struct stat st;

	ck_assert_int_eq(eg_outfile_open(&f, path), 0);
	fputs("text", f.stream);
	fflush(f.stream);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(eg_outfile_done(&f), 0);
	holds("text");
	ck_assert_int_eq(files(), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(old_file_stands_until_the_new_one_is_done)
{
	FILE *old = fopen(path, "w");

	fputs("old", old);
	fclose(old);
	ck_assert_int_eq(eg_outfile_open(&f, path), 0);
	fputs("new", f.stream);
	fflush(f.stream);
	holds("old");
	ck_assert_int_eq(eg_outfile_done(&f), 0);
	holds("new");
	ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(write_that_fails_leaves_the_old_file_and_nothing_else)
{
	FILE *old = fopen(path, "w"), *full = fopen("/dev/full", "w");

	fputs("old", old);
	fclose(old);
	ck_assert_int_eq(eg_outfile_open(&f, path), 0);
	ck_assert_int_ne(dup2(fileno(full), fileno(f.stream)), -1);
	fclose(full);
	fputs("new", f.stream);
	ck_assert_int_eq(eg_outfile_done(&f), -ENOSPC);
	holds("old");
	ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(what_is_no_regular_file_is_written_itself)
{
	struct stat st;

	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(eg_outfile_open(&f, path), 0);
	fputs("text", f.stream);
	ck_assert_int_eq(eg_outfile_done(&f), 0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(eg_outfile_open(&f, "/dev/full"), 0);
	fputs("text", f.stream);
	ck_assert_int_eq(eg_outfile_done(&f), -ENOSPC);
}
END_TEST

START_TEST(place_that_is_not_there_is_an_error)
{
	ck_assert_int_eq(eg_outfile_open(&f, "/nonexistent/x.html"), -ENOENT);
	ck_assert_int_eq(eg_outfile_open(&f, folder), -EISDIR);
	ck_assert_int_eq(files(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outfile");
	TCase *c = tcase_create("outfile");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, file_is_there_when_it_is_done_and_not_before);
	tcase_add_test(c, old_file_stands_until_the_new_one_is_done);
	tcase_add_test(c, write_that_fails_leaves_the_old_file_and_nothing_else);
	tcase_add_test(c, what_is_no_regular_file_is_written_itself);
	tcase_add_test(c, place_that_is_not_there_is_an_error);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

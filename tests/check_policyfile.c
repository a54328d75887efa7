/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy files: read to their last byte, or refused with the place and what to do. */
#include "policyfile.h"

#include "folder.h"

#include <errno.h>
#include <stdlib.h>

static char error[EG_POLICYFILE_ERROR_MAX];

static void setup(void)
{
	folder_make();
	ck_assert_int_eq(chdir(folder), 0);
}

static void teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	folder_remove();
}

/* Read a file of the N bytes at TEXT. */
static int read_bytes(const char *text, size_t n)
{
	struct eg_words *w = calloc(1, sizeof(*w));
	int rc;

	ck_assert_ptr_nonnull(w);
	w->policy = eg_policy_new();
	ck_assert_ptr_nonnull(w->policy);
	folder_write("p", text, n);
	error[0] = '\0';
	rc = eg_policyfile_read(w, "p", error);
	eg_policy_free(w->policy);
	free(w);
	return rc;
}

static const char good[] = "# what a guest may do\n"
			   "allow 0.0.0.0/0:443 198.51.100.7:80/tcp\r\n"
			   "\n"
			   "block 10.0.0.0/8\n"
			   "resolve www.example.org *.example.net # both\n"
			   "action drop\n";

START_TEST(whole_file_is_read)
{
	ck_assert_int_eq(read_bytes(good, sizeof(good) - 1), 0);
	ck_assert_str_eq(error, "");
	ck_assert_int_eq(read_bytes("", 0), 0);
	ck_assert_int_eq(read_bytes("\n", 1), 0);
}
END_TEST

/* Whatever is left of a line: a word of it, a shorter prefix, a comment, nothing but a blank. */
START_TEST(file_that_is_cut_within_a_line_is_refused)
{
	unsigned int line = 1, cuts = 0;
	char expected[256];

	for (size_t n = 1; n < sizeof(good) - 1; n++) {
		if (good[n - 1] == '\n') {
			ck_assert_int_eq(read_bytes(good, n), 0);
			line++;
			continue;
		}
		snprintf(expected, sizeof(expected),
			 "p:%u: the file ends within this line: it may have been cut short; if it "
			 "is whole, add a newline at its end",
			 line);
		ck_assert_int_eq(read_bytes(good, n), -EINVAL);
		ck_assert_str_eq(error, expected);
		cuts++;
	}
	ck_assert_uint_gt(cuts, 100);
}
END_TEST

START_TEST(line_is_refused_beyond_its_most_with_or_without_an_end)
{
	char *text = malloc(EG_LINE_MAX + 2);

	ck_assert_ptr_nonnull(text);
	memset(text, '#', EG_LINE_MAX + 2);
	text[EG_LINE_MAX] = '\n';
	ck_assert_int_eq(read_bytes(text, EG_LINE_MAX + 1), 0);
	text[EG_LINE_MAX] = '#';
	ck_assert_int_eq(read_bytes(text, EG_LINE_MAX + 1), -EINVAL);
	ck_assert_str_eq(error, "p:1: the line is longer than 65536 bytes");
	text[EG_LINE_MAX + 1] = '\n';
	ck_assert_int_eq(read_bytes(text, EG_LINE_MAX + 2), -EINVAL);
	ck_assert_str_eq(error, "p:1: the line is longer than 65536 bytes");
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policyfile");
	TCase *t = tcase_create("policyfile");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, whole_file_is_read);
	tcase_add_test(t, file_that_is_cut_within_a_line_is_refused);
	tcase_add_test(t, line_is_refused_beyond_its_most_with_or_without_an_end);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plain.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *in;
	size_t n;
	const char *out;
} rows[] = {
	{ "plain text ~", 12, "plain text ~" },
	{ "", 0, "" },
	{ "\x1b[31m", 5, "\\x1b[31m" },
	{ "a\0b", 3, "a\\x00b" },
	{ "line\r\n", 6, "line\\x0d\\x0a" },
	{ "\x7f\x80\xff", 3, "\\x7f\\x80\\xff" },
	{ "\xe2\x80\xae", 3, "\\xe2\\x80\\xae" }, /* U+202E: from right to left */
	{ "\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8" }, /* U+2028: the end of a line of JavaScript */
	{ "\\x1b", 4, "\\x1b" },
};

START_TEST(only_printable_ascii_comes_out)
{
	char out[64];

	ck_assert_uint_eq(eg_plain(out, sizeof(out), rows[_i].in, rows[_i].n),
			  strlen(rows[_i].out));
	ck_assert_str_eq(out, rows[_i].out);
}
END_TEST

static const struct {
	size_t room;
	const char *out;
} cuts[] = {
	{ 4, "..." },
	{ 5, "a..." },
	{ 6, "ab..." },
	{ 9, "ab..." },
	{ 10, "ab\\x01..." },
	{ 12, "ab\\x01..." },
	{ 13, "ab\\x01\\x02cd" },
	{ 14, "ab\\x01\\x02cd" },
};

START_TEST(what_does_not_fit_is_dots_and_no_half_of_an_escape)
{
	char out[32];

	memset(out, '#', sizeof(out));
	ck_assert_uint_eq(eg_plain(out, cuts[_i].room, "ab\1\2cd", 6), strlen(cuts[_i].out));
	ck_assert_str_eq(out, cuts[_i].out);
	ck_assert_int_eq(out[cuts[_i].room], '#');
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plain");
	TCase *c = tcase_create("plain");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_loop_test(c, only_printable_ascii_comes_out, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(c, what_does_not_fit_is_dots_and_no_half_of_an_escape, 0,
			    sizeof(cuts) / sizeof(cuts[0]));
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

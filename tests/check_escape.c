/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "escape.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t n;

/* What ESCAPE writes of IN. */
static const char *escaped(void (*escape)(FILE *out, const char *text), const char *in)
{
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &n);
	escape(out, in);
	fclose(out);
	return text;
}

START_TEST(html_has_no_tag_and_no_end_of_a_quote)
{
	ck_assert_str_eq(escaped(eg_escape_html, "<script>alert(\"x\")&'</script>"),
			 "&lt;script&gt;alert(&quot;x&quot;)&amp;&#39;&lt;/script&gt;");
	ck_assert_str_eq(escaped(eg_escape_html, "plain.example.org"), "plain.example.org");
	ck_assert_str_eq(escaped(eg_escape_html, "\x1b\xe2\x80\xae\n"), "?????");
}
END_TEST

START_TEST(json_is_quoted_and_harmless_in_a_script)
{
	ck_assert_str_eq(escaped(eg_escape_json, "a\\032b\"c"), "\"a\\\\032b\\\"c\"");
	ck_assert_str_eq(escaped(eg_escape_json, "</script><!--&'"),
			 "\"\\u003c/script\\u003e\\u003c!--\\u0026\\u0027\"");
	ck_assert_str_eq(escaped(eg_escape_json, "\xe2\x80\xa8\n"), "\"????\"");
}
END_TEST

static const struct {
	const char *in, *out;
} fields[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "a,b", "\"a,b\"" },
	{ "a;b", "\"a;b\"" },
	{ "say \"x\"", "\"say \"\"x\"\"\"" },
	{ "=1+1", "\"'=1+1\"" },
	{ "+1", "\"'+1\"" },
	{ "-1", "\"'-1\"" },
	{ "@SUM(A1)", "\"'@SUM(A1)\"" },
	{ "  =1", "\"'  =1\"" },
	{ "=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"" },
	{ "-", "-" },
	{ "a=b", "a=b" },
};

START_TEST(csv_is_quoted_and_no_formula)
{
	ck_assert_str_eq(escaped(eg_escape_csv, fields[_i].in), fields[_i].out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("escape");
	TCase *c = tcase_create("escape");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, html_has_no_tag_and_no_end_of_a_quote);
	tcase_add_test(c, json_is_quoted_and_harmless_in_a_script);
	tcase_add_loop_test(c, csv_is_quoted_and_no_formula, 0, sizeof(fields) / sizeof(fields[0]));
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

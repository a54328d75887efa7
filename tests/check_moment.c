/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "moment.h"

#include <check.h>
#include <stdlib.h>

#define AT UINT64_C(1795518234) /* 2026-11-24 11:03:54 UTC */
#define NS UINT64_C(1000000000)

static char text[EG_MOMENT_MAX];

START_TEST(moments_are_shown_in_utc)
{
	setenv("TZ", "Asia/Tokyo", 1);
	ck_assert_str_eq(eg_moment_text(AT * NS + 999999999, text), "2026-11-24 11:03:54");
	ck_assert_str_eq(eg_moment_clock(AT * NS, text), "11:03:54");
	ck_assert_str_eq(eg_moment_exact(AT * NS + 1, text), "2026-11-24T11:03:54.000000001Z");
	ck_assert_str_eq(eg_moment_exact(0, text), "1970-01-01T00:00:00.000000000Z");
	ck_assert_str_eq(eg_moment_text(EG_MOMENT_NONE - 1, text), "2554-07-21 23:34:33");
}
END_TEST

START_TEST(no_moment_is_shown_as_such)
{
	ck_assert_str_eq(eg_moment_text(EG_MOMENT_NONE, text), "-");
	ck_assert_str_eq(eg_moment_clock(EG_MOMENT_NONE, text), "-");
	ck_assert_str_eq(eg_moment_exact(EG_MOMENT_NONE, text), "");
}
END_TEST

START_TEST(a_day_ends_at_midnight_in_utc)
{
	const uint64_t midnight = UINT64_C(1795478400) * NS;

	ck_assert(eg_moment_one_day(midnight, midnight + 86400 * NS - 1));
	ck_assert(!eg_moment_one_day(midnight - 1, midnight));
}
END_TEST

static const struct {
	uint64_t ns;
	const char *text;
} spans[] = {
	{ 0, "0.000 s" },
	{ 1999999, "0.001 s" },
	{ 59 * NS + 500000000, "59.500 s" },
	{ 60 * NS, "1 min 0 s" },
	{ 3599 * NS, "59 min 59 s" },
	{ 3600 * NS, "1 h 0 min" },
	{ 86399 * NS, "23 h 59 min" },
	{ 86400 * NS, "1 d 0 h" },
	{ UINT64_MAX, "213503 d 23 h" },
};

START_TEST(spans_are_shown_in_two_units)
{
	ck_assert_str_eq(eg_moment_span(spans[_i].ns, text), spans[_i].text);
}
END_TEST

static const struct {
	const char *text;
	uint64_t ns;
} goods[] = {
	{ "2026-11-24T11:03:54.123456+0000", AT *NS + 123456000 },
	{ "2026-11-24T11:03:54Z", AT *NS },
	{ "2026-11-24 11:03:54", AT *NS },
	{ "2026-11-24T12:33:54+01:30", AT *NS },
	{ "2026-11-24T09:33:54-0130", AT *NS },
	{ "2026-11-24T11:03", (AT - 54) * NS },
	{ "2026-11-24", (AT - 54 - 180 - 39600) * NS },
	{ "2026-11-24Z", (AT - 54 - 180 - 39600) * NS },
	{ "2026-11-24T11:03:54.1234567891", AT *NS + 123456789 },
	{ "2026-11-24T11:03:54.5", AT *NS + 500000000 },
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2024-02-29", UINT64_C(1709164800) * NS },
	{ "2016-12-31T23:59:60Z", UINT64_C(1483228800) * NS },
};

START_TEST(moments_are_read)
{
	uint64_t ns = 1;

	ck_assert_msg(eg_moment_parse(goods[_i].text, strlen(goods[_i].text), &ns), "%s",
		      goods[_i].text);
	ck_assert_msg(ns == goods[_i].ns, "%s: %llu", goods[_i].text, (unsigned long long)ns);
}
END_TEST

static const char *const bads[] = {
	"",
	"2026",
	"2026-11",
	"2026-11-24T",
	"2026-11-24T11",
	"2026-11-24T11:03:",
	"2026-11-24T11:03:54.",
	"2026-11-24T11:03:54.Z",
	"2026-11-24T24:00",
	"2026-11-24T11:60",
	"2026-13-24",
	"2026-11-31",
	"2026-02-29",
	"2026-11-00",
	"1969-12-31",
	"1970-01-01T00:00+01:00",
	"2501-01-01",
	"2026-11-24T11:03:54+1",
	"2026-11-24T11:03:54 UTC",
	"2026-11-24x",
	"2026-1-24",
	"-026-11-24",
};

START_TEST(what_is_no_moment_is_refused)
{
	uint64_t ns;

	ck_assert_msg(!eg_moment_parse(bads[_i], strlen(bads[_i]), &ns), "%s", bads[_i]);
}
END_TEST

/* Cut anywhere, nothing behind is read: the text ends where it says, not at a NUL. */
START_TEST(the_end_is_where_it_is_said_to_be)
{
	uint64_t ns;

	ck_assert(eg_moment_parse("2026-11-24T11:03:54Z", 10, &ns));
	ck_assert(!eg_moment_parse("2026-11-24T11:03:54Z", 11, &ns));
	ck_assert(eg_moment_parse_seconds("17x", 2, &ns));
	ck_assert_uint_eq(ns, 17 * NS);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	uint64_t ns;
} seconds[] = {
	{ "1700000000.123456789", true, 1700000000123456789 },
	{ "1700000010.0", true, UINT64_C(1700000010) * NS },
	{ "0", true, 0 },
	{ "18446744072.9", true, 18446744072900000000u },
	{ "18446744073", false, 0 },
	{ "99999999999999999999", false, 0 },
	{ "", false, 0 },
	{ ".5", false, 0 },
	{ "5.", false, 0 },
	{ "-5", false, 0 },
	{ "5s", false, 0 },
};

START_TEST(seconds_are_read)
{
	uint64_t ns = 0;

	ck_assert_int_eq(eg_moment_parse_seconds(seconds[_i].text, strlen(seconds[_i].text), &ns),
			 seconds[_i].good);
	if (seconds[_i].good)
		ck_assert_uint_eq(ns, seconds[_i].ns);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	uint64_t ns;
} options[] = {
	{ "2026-11-24 11:03:54", true, AT *NS },
	{ "@17.5", true, 17 * NS + 500000000 },
	{ "30s", true, (AT - 30) * NS },
	{ "90m", true, (AT - 5400) * NS },
	{ "1.5h", true, (AT - 5400) * NS },
	{ "2d", true, (AT - 172800) * NS },
	{ "1w", true, (AT - 604800) * NS },
	{ "9999w", true, 0 },
	{ "99999999999w", false, 0 },
	{ "h", false, 0 },
	{ "5", false, 0 },
	{ "5y", false, 0 },
	{ "@", false, 0 },
	{ "yesterday", false, 0 },
};

START_TEST(what_somebody_types_is_a_moment_or_an_age)
{
	uint64_t ns = 0;

	ck_assert_int_eq(eg_moment_parse_option(options[_i].text, AT * NS, &ns), options[_i].good);
	if (options[_i].good)
		ck_assert_uint_eq(ns, options[_i].ns);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("moment");
	TCase *c = tcase_create("moment");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, moments_are_shown_in_utc);
	tcase_add_test(c, no_moment_is_shown_as_such);
	tcase_add_test(c, a_day_ends_at_midnight_in_utc);
	tcase_add_loop_test(c, spans_are_shown_in_two_units, 0, sizeof(spans) / sizeof(spans[0]));
	tcase_add_loop_test(c, moments_are_read, 0, sizeof(goods) / sizeof(goods[0]));
	tcase_add_loop_test(c, what_is_no_moment_is_refused, 0, sizeof(bads) / sizeof(bads[0]));
	tcase_add_test(c, the_end_is_where_it_is_said_to_be);
	tcase_add_loop_test(c, seconds_are_read, 0, sizeof(seconds) / sizeof(seconds[0]));
	tcase_add_loop_test(c, what_somebody_types_is_a_moment_or_an_age, 0,
			    sizeof(options) / sizeof(options[0]));
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linefile.h"

#include "folder.h"

#include <errno.h>

static char text[256];
static const struct eg_refusal why = { .text = text, .size = sizeof(text) };
static uint64_t last; /* number that was settled */

static void note(void *ctx, unsigned n, uint64_t first, int error)
{
	(void)ctx;
	ck_assert_int_eq(error, 0);
	last = first + n - 1;
}

static struct eg_appendfile *opened(void)
{
	const struct eg_append_options o = {
		.path = folder_path("x.json"),
		.format = &eg_linefile,
		.settled = note,
	};
	struct eg_appendfile *f;

	ck_assert_msg(eg_appendfile_open(&f, &o, &why) == 0, "%s", text);
	return f;
}

/* A line of LEN bytes with its newline; LEN is 40 at least. */
static void put(struct eg_appendfile *f, unsigned number, size_t len)
{
	char line[EG_PAGE + 1];
	int n = snprintf(line, sizeof(line), "{\"timestamp\":\"\",\"number\":%04u,\"pad\":\"",
			 number);

	memset(line + n, 'x', len - (size_t)n);
	memcpy(line + len - 3, "\"}\n", 3);
	eg_appendfile_put(f, (uint8_t *)line, len);
}

/* Check that the file is lines 0 to N - 1, each within a page. */
static void holds(unsigned n)
{
	size_t size;
	char *bytes = folder_read("x.json", &size), *line = bytes, *end;

	for (unsigned i = 0; i < n; i++) {
		unsigned number;

		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		line += strspn(line, " ");
		ck_assert_int_eq(sscanf(line, "{\"timestamp\":\"\",\"number\":%u", &number), 1);
		ck_assert_uint_eq(number, i);
		ck_assert_int_eq((line - bytes) / EG_PAGE, (end - bytes) / EG_PAGE);
		line = end + 1;
	}
	ck_assert_uint_eq((size_t)(line - bytes), size);
	free(bytes);
}

START_TEST(lines_stand_behind_blanks_in_their_page)
{
	struct eg_appendfile *f = opened();
	unsigned seed = 1;

	for (unsigned i = 0; i < 500; i++)
		put(f, i, i % 20 ? 50 + (size_t)rand_r(&seed) % 900 : EG_PAGE);
	eg_appendfile_close(f);
	holds(500);
	ck_assert_uint_eq(last, 500);
}
END_TEST

START_TEST(second_open_appends_and_counts_on)
{
	for (unsigned i = 0; i < 3; i++) {
		struct eg_appendfile *f = opened();

		put(f, 2 * i, 3000);
		put(f, 2 * i + 1, 3000);
		eg_appendfile_close(f);
		holds(2 * i + 2);
		ck_assert_uint_eq(last, 2 * i + 2);
	}
}
END_TEST

/* Also the blanks that went ahead of a line which never came. */
START_TEST(line_without_its_newline_is_cut_off)
{
	struct eg_appendfile *f = opened();
	FILE *file;

	put(f, 0, 60);
	put(f, 1, 60);
	eg_appendfile_close(f);
	file = fopen(folder_path("x.json"), "a");
	fputs(_i ? "    " : "{\"timestamp\":\"2026", file);
	fclose(file);
	f = opened();
	put(f, 2, 60);
	eg_appendfile_close(f);
	holds(3);
	ck_assert_uint_eq(last, 3);
}
END_TEST

START_TEST(only_a_file_of_events_is_ours)
{
	static const struct {
		const char *head;
		bool ours;
	} rows[] = {
		{ "{", true },
		{ "{\"timest", true },
		{ "{\"timestamp\":\"2026-11-24T11:03:54.123456+0000\"", true },
		{ "x", false },
		{ "{}", false },
		{ "{\"timestamp\":1", false },
		{ "{ \"timestamp\":\"", false },
		{ "dear diary", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(eg_linefile.is_ours((const uint8_t *)rows[i].head,
						  strlen(rows[i].head)) == rows[i].ours,
			      "%s", rows[i].head);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("linefile");
	TCase *c = tcase_create("linefile");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, folder_make, folder_remove);
	tcase_add_test(c, lines_stand_behind_blanks_in_their_page);
	tcase_add_test(c, second_open_appends_and_counts_on);
	tcase_add_loop_test(c, line_without_its_newline_is_cut_off, 0, 2);
	tcase_add_test(c, only_a_file_of_events_is_ours);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rotate.h"

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

static char text[256];
static const struct eg_refusal why = { .text = text, .size = sizeof(text) };
static struct eg_rotation r;

/* Our kind of file begins with "our". */
static bool is_ours(const uint8_t *head, size_t n)
{
	return memcmp(head, "our", n < 3 ? n : 3) == 0;
}

static void setup(void)
{
	folder_make();
	r = (struct eg_rotation){
		.dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC),
		.name = "x.log",
		.files = 3,
		.is_ours = is_ours,
	};
	ck_assert_int_ge(r.dir, 0);
}

static void teardown(void)
{
	close(r.dir);
	folder_remove();
}

/* Make the current file hold BYTES, and rotate it. */
static int rotated(const char *bytes)
{
	int fd, rc;

	folder_write(r.name, bytes, strlen(bytes));
	fd = open(folder_path(r.name), O_RDWR);
	rc = eg_rotate(&r, fd);
	close(fd);
	return rc;
}

/* NAME holds BYTES, or is not there where they are NULL. */
static void holds(const char *name, const char *bytes)
{
	size_t n;
	char *found;

	if (!bytes) {
		ck_assert_msg(folder_size(name) == -1, "%s is there", name);
		return;
	}
	found = folder_read(name, &n);
	ck_assert_msg(strcmp(found, bytes) == 0, "%s holds %s", name, found);
	free(found);
}

START_TEST(number_goes_before_the_ending)
{
	static const struct {
		const char *name, *first;
	} rows[] = {
		{ "x.pcapng", "x.1.pcapng" },   { "eve.json", "eve.1.json" },
		{ "a.b.pcap", "a.b.1.pcap" },   { "events", "events.1" },
		{ ".hidden", ".hidden.1" },     { "x.", "x.1." },
		{ "%s%n.pcap", "%s%n.1.pcap" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r.name = rows[i].name;
		ck_assert_int_eq(rotated("our own"), 0);
		holds(rows[i].name, NULL);
		holds(rows[i].first, "our own");
	}
}
END_TEST

/* The first of all stays: it is the record's beginning. */
START_TEST(so_many_are_kept_and_the_oldest_but_the_first_goes)
{
	ck_assert_int_eq(rotated("our 1"), 0);
	ck_assert_int_eq(rotated("our 2"), 0);
	ck_assert_int_eq(rotated("our 3"), 0);
	holds("x.1.log", "our 3");
	holds("x.3.log", "our 1");
	ck_assert_int_eq(rotated("our 4"), 0);
	holds("x.log", NULL);
	holds("x.1.log", "our 4");
	holds("x.2.log", "our 3");
	holds("x.3.log", "our 1");
	holds("x.4.log", NULL);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(rotated("our 5"), 0);
	holds("x.2.log", "our 5");
	holds("x.3.log", "our 1");
	/* Once somebody takes it away, another is the first. */
	ck_assert_int_eq(unlink(folder_path("x.3.log")), 0);
	ck_assert_int_eq(rotated("our 6"), 0);
	ck_assert_int_eq(rotated("our 7"), 0);
	holds("x.1.log", "our 7");
	holds("x.2.log", "our 6");
	holds("x.3.log", "our 5");
}
END_TEST

START_TEST(where_one_is_kept_it_is_the_last_one)
{
	r.files = 1;
	ck_assert_int_eq(rotated("our 1"), 0);
	ck_assert_int_eq(rotated("our 2"), 0);
	holds("x.log", NULL);
	holds("x.1.log", "our 2");
	holds("x.2.log", NULL);
}
END_TEST

START_TEST(where_none_is_kept_the_current_one_goes)
{
	r.files = 0;
	ck_assert_int_eq(rotated("our 1"), 0);
	holds("x.log", NULL);
	holds("x.1.log", NULL);
}
END_TEST

START_TEST(chain_moves_up_to_the_first_gap_only)
{
	folder_write("x.1.log", "our 1", 5);
	folder_write("x.3.log", "our 3", 5);
	ck_assert_int_eq(rotated("our 0"), 0);
	holds("x.1.log", "our 0");
	holds("x.2.log", "our 1");
	holds("x.3.log", "our 3");
}
END_TEST

START_TEST(all_numbers_can_be_used)
{
	char name[16], number[16];

	r.files = EG_ROTATE_FILES_MAX;
	for (int i = 1; i <= EG_ROTATE_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "x.%d.log", i);
		snprintf(number, sizeof(number), "our %d", i);
		folder_write(name, number, strlen(number));
	}
	ck_assert_int_eq(rotated("our 0"), 0);
	holds("x.1.log", "our 0");
	holds("x.10.log", "our 9");
	holds("x.998.log", "our 997");
	holds("x.999.log", "our 999");
	holds("x.1000.log", NULL);
}
END_TEST

/* Put something that is not ours at x.N.log. */
static void put_stranger(const char *kind, const char *name)
{
	const char *path = folder_path(name);
	int fd;

	if (strcmp(kind, "file") == 0) {
		folder_write(name, "diary", 5);
	} else if (strcmp(kind, "link") == 0) {
		folder_write("target", "our", 3);
		ck_assert_int_eq(symlink("target", path), 0);
	} else if (strcmp(kind, "folder") == 0) {
		ck_assert_int_eq(mkdir(path, 0700), 0);
	} else if (strcmp(kind, "pipe") == 0) {
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	} else {
		folder_write(name, "our", 3);
		fd = open(path, O_RDWR);
		ck_assert_int_eq(flock(fd, LOCK_EX), 0); /* until the end of the test */
	}
}

static const struct {
	const char *kind, *said;
} strangers[] = {
	{ "file", "is not one of this plugin's" },
	{ "link", "is a symbolic link; name the file itself" },
	{ "folder", "is not a regular file" },
	{ "pipe", "is not a regular file" },
	{ "locked", "is in use by another" },
};

enum { STRANGERS = sizeof(strangers) / sizeof(strangers[0]) };

START_TEST(what_is_not_ours_is_found_at_the_check)
{
	char expected[128];
	char name[] = "x.1.log";

	name[2] = (char)('1' + _i % 3);
	put_stranger(strangers[_i / 3].kind, name);
	ck_assert_int_lt(eg_rotate_check(&r, &why), 0);
	snprintf(expected, sizeof(expected), "would be rotated to %s, which %s", name,
		 strangers[_i / 3].said);
	ck_assert_str_eq(text, expected);
	/* Beyond what is kept it is nobody's business. */
	r.files = (unsigned)(_i % 3);
	ck_assert_int_eq(eg_rotate_check(&r, &why), 0);
}
END_TEST

/* Its name is taken between two rotations: neither it nor what is ours is touched. */
START_TEST(what_is_not_ours_is_not_moved_and_not_replaced)
{
	char name[] = "x.1.log";
	int number = 1 + _i % 3;

	name[2] = (char)('0' + number);
	if (number > 1)
		folder_write("x.1.log", "our 1", 5);
	if (number > 2)
		folder_write("x.2.log", "our 2", 5);
	put_stranger(strangers[_i / 3].kind, name);
	ck_assert_int_lt(rotated("our 0"), 0);
	holds("x.log", "our 0");
	if (number > 1)
		holds("x.1.log", "our 1");
	if (number > 2)
		holds("x.2.log", "our 2");
	if (strcmp(strangers[_i / 3].kind, "file") == 0)
		holds(name, "diary");
	ck_assert_int_ge(folder_size(name), 0);
	holds("x.4.log", NULL);
}
END_TEST

START_TEST(name_that_was_freed_by_others_needs_nothing)
{
	int fd;

	folder_write("x.log", "our 0", 5);
	folder_write("x.1.log", "our 1", 5);
	fd = open(folder_path("x.log"), O_RDWR);
	ck_assert_int_eq(unlink(folder_path("x.log")), 0);
	ck_assert_int_eq(eg_rotate(&r, fd), 0);
	holds("x.1.log", "our 1");
	holds("x.2.log", NULL);
	close(fd);
}
END_TEST

START_TEST(name_that_was_taken_by_others_stays_theirs)
{
	for (r.files = 0; r.files < 2; r.files++) {
		int fd;

		folder_write("x.log", "our 0", 5);
		fd = open(folder_path("x.log"), O_RDWR);
		ck_assert_int_eq(unlink(folder_path("x.log")), 0);
		folder_write("x.log", "our other", 9);
		ck_assert_int_eq(eg_rotate(&r, fd), -EEXIST);
		holds("x.log", "our other");
		close(fd);
	}
}
END_TEST

START_TEST(name_that_has_no_room_for_a_number_is_refused)
{
	char name[256];

	memset(name, 'x', 255);
	strcpy(name + 255 - 4, ".log");
	r.name = name;
	ck_assert_int_eq(eg_rotate_check(&r, &why), -ENAMETOOLONG);
	r.files = 0;
	ck_assert_int_eq(eg_rotate_check(&r, &why), 0);
	r.files = 9;
	r.name = name + 2;
	ck_assert_int_eq(eg_rotate_check(&r, &why), 0);
	r.files = 10;
	ck_assert_int_eq(eg_rotate_check(&r, &why), -ENAMETOOLONG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rotate");
	TCase *c = tcase_create("rotate");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, number_goes_before_the_ending);
	tcase_add_test(c, so_many_are_kept_and_the_oldest_but_the_first_goes);
	tcase_add_test(c, where_one_is_kept_it_is_the_last_one);
	tcase_add_test(c, where_none_is_kept_the_current_one_goes);
	tcase_add_test(c, chain_moves_up_to_the_first_gap_only);
	tcase_add_test(c, all_numbers_can_be_used);
	tcase_add_loop_test(c, what_is_not_ours_is_found_at_the_check, 0, 3 * STRANGERS);
	tcase_add_loop_test(c, what_is_not_ours_is_not_moved_and_not_replaced, 0, 3 * STRANGERS);
	tcase_add_test(c, name_that_was_freed_by_others_needs_nothing);
	tcase_add_test(c, name_that_was_taken_by_others_stays_theirs);
	tcase_add_test(c, name_that_has_no_room_for_a_number_is_refused);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ownfile.h"

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>

static char text[128];
static const struct eg_refusal why = { .text = text, .size = sizeof(text) };
static int dir;

static void setup(void)
{
	folder_make();
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir, 0);
}

static void teardown(void)
{
	close(dir);
	folder_remove();
}

START_TEST(new_file_is_private_locked_and_not_inherited)
{
	int fd = eg_ownfile_open(dir, "x", EG_OWNFILE_TAKE, &why);
	struct stat st;

	ck_assert_msg(fd >= 0, "%s", text);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(eg_ownfile_open(dir, "x", EG_OWNFILE_TAKE, &why), -EWOULDBLOCK);
	ck_assert_str_eq(text, "is in use by another");
	close(fd);
	fd = eg_ownfile_open(dir, "x", EG_OWNFILE_TAKE, &why);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

/* Each in a way that an open could fall for: by waiting, by following, by writing. */
START_TEST(what_is_no_regular_file_is_refused_to_each)
{
	for (int how = EG_OWNFILE_TAKE; how <= EG_OWNFILE_PROBE; how++) {
		const bool make = how == EG_OWNFILE_MAKE;
		/* open(2): a folder is not opened for writing, but for reading. */
		const int is_folder = how == EG_OWNFILE_PROBE ? -EINVAL : -EISDIR;

		ck_assert_int_eq(mkfifo(folder_path("x"), 0600), 0);
		ck_assert_int_eq(eg_ownfile_open(dir, "x", (enum eg_ownfile_how)how, &why),
				 make ? -EEXIST : -EINVAL);
		unlink(folder_path("x"));
		ck_assert_int_eq(symlink("/dev/null", folder_path("x")), 0);
		ck_assert_int_eq(eg_ownfile_open(dir, "x", (enum eg_ownfile_how)how, &why),
				 make ? -EEXIST : -ELOOP);
		unlink(folder_path("x"));
		ck_assert_int_eq(symlink(folder_path("target"), folder_path("x")), 0);
		ck_assert_int_eq(eg_ownfile_open(dir, "x", (enum eg_ownfile_how)how, &why),
				 make ? -EEXIST : -ELOOP);
		ck_assert_int_eq(folder_size("target"), -1);
		unlink(folder_path("x"));
		ck_assert_int_eq(mkdir(folder_path("x"), 0700), 0);
		ck_assert_int_eq(eg_ownfile_open(dir, "x", (enum eg_ownfile_how)how, &why),
				 make ? -EEXIST : is_folder);
		rmdir(folder_path("x"));
	}
}
END_TEST

START_TEST(file_with_other_names_is_not_taken_but_can_be_probed)
{
	int fd;

	folder_write("victim", "", 0);
	ck_assert_int_eq(link(folder_path("victim"), folder_path("x")), 0);
	ck_assert_int_eq(eg_ownfile_open(dir, "x", EG_OWNFILE_TAKE, &why), -EMLINK);
	ck_assert_str_eq(text, "has other names (hard links)");
	fd = eg_ownfile_open(dir, "x", EG_OWNFILE_PROBE, &why);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(file_of_another_user_is_refused)
{
	if (geteuid() != 0)
		return; /* only root can give a file away */
	folder_write("x", "", 0);
	ck_assert_int_eq(chown(folder_path("x"), 12345, (gid_t)-1), 0);
	ck_assert_int_eq(eg_ownfile_open(dir, "x", EG_OWNFILE_TAKE, &why), -EPERM);
	ck_assert_str_eq(text, "belongs to another user");
	ck_assert_int_eq(eg_ownfile_open(dir, "x", EG_OWNFILE_PROBE, &why), -EPERM);
}
END_TEST

START_TEST(only_a_new_name_is_made_and_only_an_old_one_probed)
{
	int fd;

	ck_assert_int_eq(eg_ownfile_open(dir, "x", EG_OWNFILE_PROBE, &why), -ENOENT);
	ck_assert_int_eq(folder_size("x"), -1);
	fd = eg_ownfile_open(dir, "x", EG_OWNFILE_MAKE, &why);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(eg_ownfile_open(dir, "x", EG_OWNFILE_MAKE, &why), -EEXIST);
}
END_TEST

START_TEST(folder_of_a_path_and_its_last_part)
{
	static const struct {
		const char *path, *name, *folder;
	} rows[] = {
		{ "/x", "x", "/" },
		{ "/tmp/x.y", "x.y", "/tmp" },
		{ "/tmp/../tmp//x", "x", "/tmp" },
		{ "x", "x", "." },
		{ "./x", "x", "." },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stat found, expected;
		const char *name;
		int fd = eg_ownfile_folder(rows[i].path, &name, &why);

		ck_assert_int_ge(fd, 0);
		ck_assert_str_eq(name, rows[i].name);
		ck_assert_int_eq(fstat(fd, &found), 0);
		ck_assert_int_eq(stat(rows[i].folder, &expected), 0);
		ck_assert_uint_eq(found.st_ino, expected.st_ino);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
	}
}
END_TEST

START_TEST(folder_that_is_none_is_refused)
{
	const char *name;

	folder_write("file", "", 0);
	ck_assert_int_eq(eg_ownfile_folder(folder_path("none/x"), &name, &why), -ENOENT);
	ck_assert_int_eq(eg_ownfile_folder(folder_path("file/x"), &name, &why), -ENOTDIR);
	ck_assert_str_eq(text, "Not a directory");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ownfile");
	TCase *c = tcase_create("ownfile");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, new_file_is_private_locked_and_not_inherited);
	tcase_add_test(c, what_is_no_regular_file_is_refused_to_each);
	tcase_add_test(c, file_with_other_names_is_not_taken_but_can_be_probed);
	tcase_add_test(c, file_of_another_user_is_refused);
	tcase_add_test(c, only_a_new_name_is_made_and_only_an_old_one_probed);
	tcase_add_test(c, folder_of_a_path_and_its_last_part);
	tcase_add_test(c, folder_that_is_none_is_refused);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder of a test's own, and what is in it. */
#ifndef FOLDER_H
#define FOLDER_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/check_folder.XXXXXX";

static inline void folder_make(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* The path of NAME in it; four may be in use at a time. */
static inline const char *folder_path(const char *name)
{
	static char paths[4][320];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline void folder_remove(void)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	ck_assert_ptr_nonnull(d);
	while ((entry = readdir(d))) {
		const char *path = folder_path(entry->d_name);

		if (unlink(path) < 0)
			rmdir(path);
	}
	closedir(d);
	rmdir(folder);
}

static inline void folder_write(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(folder_path(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

/* All of NAME, with a NUL behind it, and its length in *N; the caller's. */
static inline char *folder_read(const char *name, size_t *n)
{
	FILE *f = fopen(folder_path(name), "r");
	struct stat st;
	char *bytes;

	ck_assert_msg(f != NULL, "no %s", name);
	ck_assert_int_eq(fstat(fileno(f), &st), 0);
	*n = (size_t)st.st_size;
	bytes = malloc(*n + 1);
	ck_assert_uint_eq(fread(bytes, 1, *n, f), *n);
	bytes[*n] = '\0';
	fclose(f);
	return bytes;
}

/* The size of NAME, or -1 where there is none. */
static inline long folder_size(const char *name)
{
	struct stat st;

	return lstat(folder_path(name), &st) < 0 ? -1 : (long)st.st_size;
}

#endif

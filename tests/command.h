/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command of vde_egress run in a folder of a test's own (folder.h), and what it wrote. */
#ifndef COMMAND_H
#define COMMAND_H

#include "captures.h"
#include "folder.h"

#include <fcntl.h>

static char output[1 << 20], complaint[1 << 16]; /* of the last run, NUL-terminated */

static inline void command_setup(void)
{
	folder_make();
	ck_assert_int_eq(chdir(folder), 0);
}

static inline void command_teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	folder_remove();
}

/* Have descriptor FD write to NAME. Returns what it was. */
static inline int command_divert(int fd, const char *name)
{
	int saved = dup(fd), to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(to, 0);
	dup2(to, fd);
	close(to);
	return saved;
}

static inline void command_restore(int fd, int saved, const char *name, char *text, size_t size)
{
	size_t n;
	char *all;

	fflush(NULL);
	dup2(saved, fd);
	close(saved);
	all = folder_read(name, &n);
	ck_assert_uint_lt(n, size);
	memcpy(text, all, n + 1);
	free(all);
}

/* Run RUN with the ARGUMENTS, the command's name first (NULL ends them). Returns its status. */
static inline int command_run(int (*run)(int argc, char **argv), const char *const *arguments)
{
	char *argv[16];
	int argc = 0, status, saved[2];

	for (; arguments[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)arguments[argc];
	argv[argc] = NULL;
	fflush(NULL);
	saved[0] = command_divert(STDOUT_FILENO, "stdout");
	saved[1] = command_divert(STDERR_FILENO, "stderr");
	status = run(argc, argv);
	command_restore(STDOUT_FILENO, saved[0], "stdout", output, sizeof(output));
	command_restore(STDERR_FILENO, saved[1], "stderr", complaint, sizeof(complaint));
	return status;
}

/* Write FILE to NAME in the folder, and begin it anew. */
static inline void command_save(struct captures *file, const char *name)
{
	folder_write(name, file->p, file->n);
	captures_free(file);
}

static inline void command_write(const char *name, const char *text)
{
	folder_write(name, text, strlen(text));
}

/* Only printable ASCII and newlines came out. */
static inline void command_is_plain(void)
{
	for (const char *p = output; *p; p++)
		ck_assert((*p >= ' ' && *p <= '~') || *p == '\n');
	for (const char *p = complaint; *p; p++)
		ck_assert((*p >= ' ' && *p <= '~') || *p == '\n');
}

#endif

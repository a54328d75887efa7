/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rotation by renaming.
 *
 * Purpose. Bound what a guest can make us write: a file that is full gets a number and a
 * new one begins; of the numbered ones so many are kept. The beginning of a record is not a guest's
 * to remove: the file that got the last number stays there, and where room is needed the one before
 * it goes. It takes two numbers for that: with one, what goes is what is oldest.
 *
 * Invariants. Only what is ours and of our kind is moved or replaced: it is looked
 * at each time, because names can be taken by others between two rotations. Files
 * move up only as far as to the first number that is free.
 *
 * Limits. What is put under a name between the look and the rename is replaced: who can
 * do that can remove our files as well.
 *
 * Fails how. With an errno, and no file lost: a chain that was moved up in part has a
 * free number, where the next try ends.
 */
#include "rotate.h"

#include "ownfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Write into OUT the name of the Kth file that is kept: the number goes before the
 * ending. The 0th is the current one. Returns 0 or -ENAMETOOLONG. */
static int kept_name(const struct eg_rotation *r, unsigned k, char out[NAME_MAX + 1])
{
	const char *dot = strrchr(r->name, '.');
	int stem = (int)(dot && dot > r->name ? (size_t)(dot - r->name) : strlen(r->name));
	int n;

	if (k == 0)
		n = snprintf(out, NAME_MAX + 1, "%s", r->name);
	else
		n = snprintf(out, NAME_MAX + 1, "%.*s.%u%s", stem, r->name, k, r->name + stem);
	return n <= NAME_MAX ? 0 : -ENAMETOOLONG;
}

/* Whether NAME is a file of ours: 0, -ENOENT where nothing is there, or another negative errno. */
static int probe(const struct eg_rotation *r, const char *name, const struct eg_refusal *why)
{
	uint8_t head[EG_ROTATE_HEAD];
	int fd = eg_ownfile_open(r->dir, name, EG_OWNFILE_PROBE, why);
	ssize_t n;
	int rc = 0;

	if (fd < 0)
		return fd;
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		rc = eg_refuse(why, -errno, "%s", strerror(errno));
	else if (!r->is_ours(head, (size_t)n))
		rc = eg_refuse(why, -EINVAL, "is not one of this plugin's");
	close(fd);
	return rc;
}

int eg_rotate_check(const struct eg_rotation *r, const struct eg_refusal *why)
{
	char name[NAME_MAX + 1], reason[128];
	const struct eg_refusal inner = { .text = reason, .size = sizeof(reason) };

	for (unsigned k = 1; k <= r->files; k++) {
		int rc = kept_name(r, k, name);

		if (rc)
			return eg_refuse(why, rc, "%s", strerror(-rc));
		rc = probe(r, name, &inner);
		if (rc && rc != -ENOENT)
			return eg_refuse(why, rc, "would be rotated to %s, which %s", name, reason);
	}
	return 0;
}

/* Whether the current name is still that of the file FD: 0, -ENOENT where it is free, -EEXIST
 * where it is another's, or another negative errno. */
static int is_current(const struct eg_rotation *r, int fd)
{
	struct stat named, open;

	if (fstatat(r->dir, r->name, &named, AT_SYMLINK_NOFOLLOW) < 0 || fstat(fd, &open) < 0)
		return -errno;
	return named.st_dev == open.st_dev && named.st_ino == open.st_ino ? 0 : -EEXIST;
}

/* The first number that is free, or R->files + 1 where none is; each before it is ours. Returns it,
 * or a negative errno. */
static int first_free(const struct eg_rotation *r)
{
	static const struct eg_refusal nobody;
	char name[NAME_MAX + 1];

	for (unsigned k = 1; k <= r->files; k++) {
		int rc = kept_name(r, k, name);

		if (!rc)
			rc = probe(r, name, &nobody);
		if (rc == -ENOENT)
			return (int)k;
		if (rc)
			return rc;
	}
	return (int)r->files + 1;
}

/* The number that the files move up to where none is free: what stands there goes. */
static int number_to_give(const struct eg_rotation *r)
{
	return (int)(r->files > 1 ? r->files - 1 : r->files);
}

static int move_up(const struct eg_rotation *r, unsigned to)
{
	char from_name[NAME_MAX + 1], to_name[NAME_MAX + 1];
	int rc = kept_name(r, to, to_name);

	if (!rc)
		rc = kept_name(r, to - 1, from_name);
	if (!rc && renameat(r->dir, from_name, r->dir, to_name) < 0)
		rc = -errno;
	return rc;
}

int eg_rotate(const struct eg_rotation *r, int fd)
{
	int rc = is_current(r, fd), to;

	if (rc)
		return rc == -ENOENT ? 0 : rc;
	if (r->files == 0)
		return unlinkat(r->dir, r->name, 0) < 0 ? -errno : 0;
	to = first_free(r);
	if (to < 0)
		return to;
	if (to > (int)r->files)
		to = number_to_give(r);
	for (; to > 0 && !rc; to--)
		rc = move_up(r, (unsigned)to);
	return rc;
}

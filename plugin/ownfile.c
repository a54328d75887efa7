/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lies in a folder may have been put there by somebody hostile: a link to a
 * file that the host's user can write, a pipe that makes an open wait, another's file. So a name
 * is opened without following it and without waiting, and only what was opened is judged.
 */
#include "ownfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const int flags[] = {
	[EG_OWNFILE_TAKE] = O_RDWR | O_CREAT,
	[EG_OWNFILE_MAKE] = O_RDWR | O_CREAT | O_EXCL,
	[EG_OWNFILE_PROBE] = O_RDONLY,
};

int eg_ownfile_folder(const char *path, const char **name, const struct eg_refusal *why)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int dir;

	*name = slash ? slash + 1 : path;
	/* "/x" lies in "/". */
	folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!folder)
		return eg_refuse(why, -ENOMEM, "no memory for it");
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		dir = eg_refuse(why, -errno, "%s", strerror(errno));
	free(folder);
	return dir;
}

/* Whether the open FD is ours as HOW asks for. Returns 0 or a negative errno. */
static int judge(int fd, enum eg_ownfile_how how, const struct eg_refusal *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return eg_refuse(why, -errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return eg_refuse(why, -EINVAL, "is not a regular file");
	if (st.st_uid != geteuid())
		return eg_refuse(why, -EPERM, "belongs to another user");
	if (st.st_nlink != 1 && how != EG_OWNFILE_PROBE)
		return eg_refuse(why, -EMLINK, "has other names (hard links)");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return eg_refuse(why, -errno, "%s",
				 errno == EWOULDBLOCK ? "is in use by another" : strerror(errno));
	if (how == EG_OWNFILE_MAKE && fchmod(fd, 0600) < 0) /* whatever the umask */
		return eg_refuse(why, -errno, "%s", strerror(errno));
	return 0;
}

int eg_ownfile_open(int dir, const char *name, enum eg_ownfile_how how,
		    const struct eg_refusal *why)
{
	int fd = openat(dir, name, flags[how] | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			0600);
	int rc;

	if (fd < 0) {
		rc = -errno;
		return eg_refuse(why, rc, "%s",
				 rc == -ELOOP ? "is a symbolic link; name the file itself"
					      : strerror(-rc));
	}
	rc = judge(fd, how, why);
	if (!rc)
		return fd;
	if (how == EG_OWNFILE_MAKE)
		unlinkat(dir, name, 0);
	close(fd);
	return rc;
}

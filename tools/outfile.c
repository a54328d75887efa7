/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_written_itself(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Open a file beside PATH. Returns a descriptor or a negative errno. */
static int open_beside(struct eg_outfile *f, const char *path)
{
	int fd;

	if (asprintf(&f->temporary, "%s.XXXXXX", path) < 0) {
		f->temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(f->temporary, O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int eg_outfile_open(struct eg_outfile *f, const char *path)
{
	int fd;

	memset(f, 0, sizeof(*f));
	f->path = path;
	if (strcmp(path, "-") == 0) {
		f->stream = stdout;
		return 0;
	}
	if (is_written_itself(path)) {
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		fd = fd < 0 ? -errno : fd;
	} else {
		fd = open_beside(f, path);
	}
	if (fd < 0) {
		free(f->temporary);
		return fd;
	}
	f->stream = fdopen(fd, "w");
	if (f->stream)
		return 0;
	close(fd);
	if (f->temporary)
		unlink(f->temporary);
	free(f->temporary);
	return -ENOMEM;
}

/* Close the stream, with all that is in it on its way to the disk. */
static int finish_stream(struct eg_outfile *f)
{
	int rc = 0;

	errno = 0;
	if (fflush(f->stream) != 0 || ferror(f->stream))
		rc = errno ? -errno : -EIO;
	if (f->stream == stdout)
		return rc;
	if (rc == 0 && f->temporary && fsync(fileno(f->stream)) != 0)
		rc = -errno;
	if (fclose(f->stream) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

int eg_outfile_done(struct eg_outfile *f)
{
	int rc = finish_stream(f);

	if (!f->temporary)
		return rc;
	if (rc == 0 && rename(f->temporary, f->path) != 0)
		rc = -errno;
	if (rc != 0)
		unlink(f->temporary);
	free(f->temporary);
	f->temporary = NULL;
	return rc;
}

void eg_outfile_drop(struct eg_outfile *f)
{
	if (f->stream != stdout)
		fclose(f->stream);
	if (f->temporary)
		unlink(f->temporary);
	free(f->temporary);
	f->temporary = NULL;
}

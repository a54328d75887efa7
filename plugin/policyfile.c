/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policy files: lines of the policy language.
 *
 * Purpose: one reading of a policy file for all who read one, the module and the command, so that
 * neither takes what the other refuses.
 *
 * Invariants: a file is read to its last line, or refused. A line ends with a newline: what a full
 * disk, or a writer that is at it, leaves of one may say something else ("block 10.0.0.0/8" cut to
 * "block 10.0.0.0"). What is cut off between two lines is not seen, an empty file included. Nothing
 * of this depends on the module: the command links this file and no thread.
 *
 * Limits: EG_LINE_MAX bytes a line; the number of lines is bounded by memory alone.
 *
 * Fails how: at the first fault, with its place in one line of text.
 */
#include "policyfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(EG_LINE_MAX == 65536, "as it is said below");

enum { END = -1, TOO_LONG = -2, FAILED = -3, CUT = -4 };

/* A file on its way into a policy. */
struct reading {
	struct eg_words *w;
	FILE *file;
	const char *path;
	char *buf;   /* EG_LINE_MAX bytes */
	char *error; /* EG_POLICYFILE_ERROR_MAX bytes */
};

/* Read one line into R's buffer without its newline. Returns its length or, with errno set where
 * reading failed, one of the above. */
static long read_line(struct reading *r)
{
	size_t n = 0;
	int c;

	while ((c = getc_unlocked(r->file)) != EOF && c != '\n') {
		if (n == EG_LINE_MAX)
			return TOO_LONG;
		r->buf[n++] = (char)c;
	}
	if (ferror(r->file))
		return FAILED;
	if (c == EOF)
		return n == 0 ? END : CUT;
	return (long)n;
}

static int fail_reading(struct reading *r, const char *what, int error)
{
	snprintf(r->error, EG_POLICYFILE_ERROR_MAX, "%s: cannot be %s: %s", r->path, what,
		 strerror(error));
	return -error;
}

static int refuse(struct reading *r, unsigned long line, const char *why)
{
	snprintf(r->error, EG_POLICYFILE_ERROR_MAX, "%s:%lu: %s", r->path, line, why);
	return -EINVAL;
}

static int read_lines(struct reading *r)
{
	long n;
	int rc;

	for (unsigned long line = 1; (n = read_line(r)) != END; line++) {
		if (n == FAILED)
			return fail_reading(r, "read", errno);
		if (n == TOO_LONG)
			return refuse(r, line, "the line is longer than 65536 bytes");
		if (n == CUT)
			return refuse(r, line,
				      "the file ends within this line: it may have been "
				      "cut short; if it is whole, add a newline at its end");
		rc = eg_words_apply_line(r->w, r->buf, (size_t)n);
		if (rc) {
			refuse(r, line, r->w->error);
			return rc;
		}
	}
	return 0;
}

int eg_policyfile_read(struct eg_words *w, const char *path, char error[EG_POLICYFILE_ERROR_MAX])
{
	struct reading r = { .w = w, .path = path, .error = error };
	int rc;

	r.buf = malloc(EG_LINE_MAX);
	r.file = r.buf ? fopen(path, "re") : NULL;
	if (!r.file) {
		rc = fail_reading(&r, "opened", errno);
	} else {
		w->in_vnl = false;
		rc = read_lines(&r);
		fclose(r.file);
	}
	free(r.buf);
	return rc;
}

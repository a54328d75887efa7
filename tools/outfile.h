/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that is either written whole, or as it was before. */
#ifndef EG_OUTFILE_H
#define EG_OUTFILE_H

#include <stdio.h>

struct eg_outfile {
	FILE *stream;     /* write here */
	const char *path; /* the caller's */
	char *temporary;  /* owned; NULL: the stream is what PATH names already */
};

/* Begin to write PATH, "-" for standard output: beside it, for its owner alone, and under another
 * name until it is done. What is there and is no regular file (a pipe, a device) is written itself.
 * Returns 0 or a negative errno. */
int eg_outfile_open(struct eg_outfile *f, const char *path);

/* Put what was written in PATH's place. Returns 0; or a negative errno, and PATH is as it was. */
int eg_outfile_done(struct eg_outfile *f);

/* Leave PATH as it was, as far as it was not written itself, and give back what F has. */
void eg_outfile_drop(struct eg_outfile *f);

#endif

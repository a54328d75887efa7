/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several captures as one row of packets, in the order of time: see merge.c. */
#ifndef EG_MERGE_H
#define EG_MERGE_H

#include "input.h"

enum { EG_MERGE_NAME_MAX = 256 };

/* One capture. */
struct eg_merge_file {
	const char *path;                 /* the caller's; "-": standard input */
	char name[EG_MERGE_NAME_MAX];     /* the same, printable ASCII */
	char trouble[EG_INPUT_ERROR_MAX]; /* one line, printable ASCII; "": none */
	bool fault;                       /* some of it could not be used */
	struct eg_input_packet packet;    /* its next one */
	uint64_t when;                    /* of that, or of the last one that had a time */
	/* Its own. */
	struct eg_input *input;
	bool waiting; /* packet is not taken yet */
	uint64_t device, inode;
};

struct eg_merge {
	struct eg_merge_file *files; /* owned */
	size_t count;
	struct eg_merge_file *given; /* its own: whose packet was handed out last */
};

/* Open the N captures at PATHS. Returns whether all are captures that can be read (empty files
 * are); where not, trouble of a file says why. Close M in any case. */
bool eg_merge_open(struct eg_merge *m, char *const *paths, size_t n);

/* The file whose packet is next: what it points to stands until the next call. NULL where there is
 * no more; then fault and trouble of each file are final. */
const struct eg_merge_file *eg_merge_next(struct eg_merge *m);

void eg_merge_close(struct eg_merge *m);

#endif

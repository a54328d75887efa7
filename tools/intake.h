/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From files to findings: see intake.c. */
#ifndef EG_INTAKE_H
#define EG_INTAKE_H

#include "finding.h"
#include "progress.h"
#include "twins.h"

enum { EG_INTAKE_NAME_MAX = 256 };

/* One file, and what became of it. */
struct eg_intake_file {
	const char *path;              /* the caller's; "-": standard input */
	char name[EG_INTAKE_NAME_MAX]; /* the same, printable ASCII */
	enum eg_input_kind kind;
	bool fault;                       /* some of it could not be used */
	bool unread;                      /* it could not be opened: nothing of it was used */
	char trouble[EG_INPUT_ERROR_MAX]; /* one line, printable ASCII; "": none */
	uint64_t first, last;             /* of what is in it; EG_MOMENT_NONE: no time */
	uint64_t found;                   /* packets or events */
	uint64_t twins;         /* packets that were left out because an event tells of them */
	uint64_t unmatched;     /* events that were left out: too many to find their packets */
	uint64_t bad_lines;     /* that are no events */
	uint64_t meaningless;   /* events that have no meaning here */
	uint64_t again;         /* events about a frame that one before tells of */
	uint64_t size;          /* bytes; 0: not known */
	uint64_t device, inode; /* 0: not known */
	struct eg_input *input; /* its own */
};

/* Told of each finding. What F points to stands during the call. */
typedef void eg_intake_fn(void *ctx, const struct eg_finding *f);

/* Set the files (in the caller's memory) and the filters; all else zero. */
struct eg_intake {
	struct eg_intake_file *files;
	size_t count;
	uint64_t since, until; /* ns: from, and before; 0 and EG_MOMENT_NONE: all */
	const char *reason;    /* only what was blocked for it; NULL: all */
	struct eg_progress progress;
	/* Its own. */
	struct eg_twins twins;
	eg_intake_fn *take;
	void *ctx;
};

/* Read all files, put in the order of time, and hand what is in them to TAKE with CTX. Returns
 * whether all could be used; where not, or where a tail was torn off, trouble says so, file by
 * file. */
bool eg_intake_run(struct eg_intake *in, eg_intake_fn *take, void *ctx);

/* How many files of IN, which has run, could not be opened. */
size_t eg_intake_unread(const struct eg_intake *in);

/* Say what was wrong with which file, on stderr. */
void eg_intake_say(const struct eg_intake *in);

/* Give IN the N files at PATHS. Returns whether there was memory for them; eg_intake_free gives it
 * back. */
bool eg_intake_give(struct eg_intake *in, char *const *paths, size_t n);
void eg_intake_free(struct eg_intake *in);

/* Whether one of the N PATHS is standard input, and given twice: it can be read once. */
bool eg_intake_says_twice(char *const *paths, size_t n);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finished files make room: x.pcapng becomes x.1.pcapng, and so on. See rotate.c. */
#ifndef EG_ROTATE_H
#define EG_ROTATE_H

#include "refusal.h"

#include <stdbool.h>
#include <stdint.h>

enum { EG_ROTATE_HEAD = 256, EG_ROTATE_FILES_MAX = 999 };

struct eg_rotation {
	int dir;          /* the folder, by descriptor */
	const char *name; /* of the current file in it */
	unsigned files;   /* finished ones that are kept, 0 to EG_ROTATE_FILES_MAX */
	/* Whether a file that begins with the N bytes (EG_ROTATE_HEAD at most) at HEAD is
	 * one of our kind. */
	bool (*is_ours)(const uint8_t *head, size_t n);
};

/* Whether what stands under the names that R is going to use is ours to move and to replace: files
 * of our kind, or nothing. Returns 0, or a negative errno and WHY. */
int eg_rotate_check(const struct eg_rotation *r, const struct eg_refusal *why);

/* Free the name of the current file, which is open as FD: it becomes the first of those that are
 * kept, which move up as far as there is a number free; where none is, the last but one goes, and
 * the last, which is the record's beginning, stays. Where one is kept, that goes; where none is,
 * this file itself. All is as it was, or partly moved up, where that fails: nothing of ours is
 * replaced but the one that goes, and nothing of others'. Where the name is free already, nothing
 * happens. Returns 0 or a negative errno. */
int eg_rotate(const struct eg_rotation *r, int fd);

#endif

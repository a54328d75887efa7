/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of targets as text: the values of "allow" and "block". See targetlist.c. */
#ifndef EG_TARGETLIST_H
#define EG_TARGETLIST_H

#include "nameset.h"
#include "ownnet.h"

/* What a list is read into. */
struct eg_targetlist {
	struct eg_ownsets targets;
	/* Where names go; NULL: the list has none, and no target without ports. */
	struct eg_nameset *names;
	/* The item at fault, N bytes of the text, and what is wrong with it, static. */
	const char *item;
	size_t item_len;
	const char *why;
};

/* Read N bytes at TEXT, items between blanks, tabs and commas, into L->targets and L->names.
 * Returns 0, -ENOMEM, or -EINVAL with the fault set; what was in front of it stays. */
int eg_targetlist_read(struct eg_targetlist *l, const char *text, size_t n);

/* Read N bytes at TEXT as a name of a list into NAME and SCOPE: a name alone, or "*." and the name
 * below which all are meant. Returns NULL, or one short reason in words for people, static. */
const char *eg_listed_name(struct eg_name *name, enum eg_namescope *scope, const char *text,
			   size_t n);

#endif

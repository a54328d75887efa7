/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that is ours alone to write to, whoever prepared its name: see ownfile.c. */
#ifndef EG_OWNFILE_H
#define EG_OWNFILE_H

#include "refusal.h"

enum eg_ownfile_how {
	EG_OWNFILE_TAKE,  /* to append to it, or a new one */
	EG_OWNFILE_MAKE,  /* a new one of mode 0600: where something is there, -EEXIST */
	EG_OWNFILE_PROBE, /* to find out whose it is; where nothing is there, -ENOENT */
};

/* Open the folder of PATH for what is done by name in it, and set *NAME to the last part of PATH.
 * Returns a descriptor (the caller's), which stays that folder whatever becomes of PATH or of the
 * process's own folder, or a negative errno, with the reason in WHY. */
int eg_ownfile_folder(const char *path, const char **name, const struct eg_refusal *why);

/* Open NAME in the folder DIR and lock it. Returns a descriptor (the caller's; close-on-exec, and
 * the lock goes with it), or a negative errno, with the reason in WHY. Refused: a symbolic link,
 * what is no regular file or not ours, a file that is locked by another, and but to probe one
 * with other names (hard links): any file of ours could stand behind them. */
int eg_ownfile_open(int dir, const char *name, enum eg_ownfile_how how,
		    const struct eg_refusal *why);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A capture file that is appended to, whatever happened to it before: see pcapfile.c. */
#ifndef EG_PCAPFILE_H
#define EG_PCAPFILE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct eg_pcapfile;

/* Open PATH for appending, or make it. Returns 0 and *OUT (the caller's, to close), or a
 * negative errno and one line in ERROR, ERROR_SIZE bytes. Refused: a symbolic link, a file with
 * hard links, what is no regular file or not ours, a file locked by another, a file that is no
 * capture of our kind, and one that is damaged by more than a torn tail. */
int eg_pcapfile_open(struct eg_pcapfile **out, const char *path, char *error, size_t error_size);

/* Add CAPLEN bytes at FRAME, of LEN that it had, at time WHEN (wall clock). It is
 * in the file only after the next flush that succeeds. */
void eg_pcapfile_put(struct eg_pcapfile *f, const struct timespec *when, const uint8_t *frame,
		     size_t caplen, size_t len);

/* Hand all that was put to the kernel. Returns 0; or a negative errno, and then
 * the file is as after the last flush that succeeded, and what was put since is gone. */
int eg_pcapfile_flush(struct eg_pcapfile *f);

/* Close F, without a flush; NULL is fine. */
void eg_pcapfile_close(struct eg_pcapfile *f);

#endif

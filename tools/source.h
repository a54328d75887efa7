/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes that come in order, from a descriptor or from memory, looked at before they are taken. */
#ifndef EG_SOURCE_H
#define EG_SOURCE_H

#include "span.h"

/* Open: read what is said here, change nothing. */
struct eg_source {
	int fd;            /* -1: memory */
	uint8_t *buf;      /* owned; NULL for memory */
	size_t cap;        /* bytes of buf */
	const uint8_t *at; /* the next byte */
	size_t ready;      /* bytes at AT */
	uint64_t offset;   /* of AT in the input */
	int fault;         /* errno of the read that failed; 0: none did */
	bool ended;        /* nothing is left to be read behind READY */
	bool cut;          /* the line taken last had no newline */
};

/* Read from FD, which stays the caller's to close. Nothing is mapped: a file that somebody cuts
 * while it is read just ends. */
void eg_source_fd(struct eg_source *s, int fd);

/* Read the N bytes at P, which stay the caller's and must stand as long as S does. */
void eg_source_memory(struct eg_source *s, const void *p, size_t n);

/* Free what S holds. */
void eg_source_free(struct eg_source *s);

/* Where the next N bytes are, all of them in one piece, without taking them; they stand until S
 * is next asked for anything. NULL where the input ends before, where it cannot be read or
 * where there is no memory (fault says which; 0: it ended). */
const uint8_t *eg_source_peek(struct eg_source *s, size_t n);

/* Take N bytes, which a peek has shown. */
void eg_source_take(struct eg_source *s, size_t n);

/* Take N bytes unseen. Returns false where the input ends before, or fault is set. */
bool eg_source_pass(struct eg_source *s, uint64_t n);

/* The next line without its newline, of MAX bytes at most; taken. The last one may lack its
 * newline. Returns NULL with *N 0 at the end or where fault is set; NULL with *N the bytes that
 * were passed over where the line is longer than MAX. It stands as a peek does. */
const uint8_t *eg_source_line(struct eg_source *s, size_t max, size_t *n);

#endif

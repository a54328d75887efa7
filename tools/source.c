/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024 };

void eg_source_fd(struct eg_source *s, int fd)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	/* Advice: a pipe takes none. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

void eg_source_memory(struct eg_source *s, const void *p, size_t n)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->at = p;
	s->ready = n;
	s->ended = true;
}

void eg_source_free(struct eg_source *s)
{
	free(s->buf);
	s->buf = NULL;
	s->at = NULL;
	s->ready = 0;
}

/* Make room for N bytes from AT on, with AT at the start of the buffer. */
static bool make_room(struct eg_source *s, size_t n)
{
	uint8_t *bigger;

	if (s->buf && s->ready)
		memmove(s->buf, s->at, s->ready);
	if (n > s->cap) {
		n = n > BUFFER ? n + BUFFER : BUFFER;
		bigger = realloc(s->buf, n);
		if (!bigger) {
			/* What was moved is where AT should be. */
			s->at = s->buf;
			s->fault = ENOMEM;
			return false;
		}
		s->buf = bigger;
		s->cap = n;
	}
	s->at = s->buf;
	return true;
}

/* Read once, into what is free behind READY; AT is the start of the buffer. */
static void fill(struct eg_source *s)
{
	ssize_t n;

	do
		n = read(s->fd, s->buf + s->ready, s->cap - s->ready);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		s->fault = errno;
	else if (n == 0)
		s->ended = true;
	else
		s->ready += (size_t)n;
}

/* Have N bytes ready, or as many as there are. */
static void gather(struct eg_source *s, size_t n)
{
	if (s->ready >= n || s->ended || s->fault || !make_room(s, n))
		return;
	while (s->ready < n && !s->ended && !s->fault)
		fill(s);
}

const uint8_t *eg_source_peek(struct eg_source *s, size_t n)
{
	gather(s, n);
	return s->ready >= n ? s->at : NULL;
}

void eg_source_take(struct eg_source *s, size_t n)
{
	s->at += n;
	s->ready -= n;
	s->offset += n;
}

bool eg_source_pass(struct eg_source *s, uint64_t n)
{
	while (n > 0) {
		size_t step = s->ready < n ? s->ready : (size_t)n;

		eg_source_take(s, step);
		n -= step;
		if (n > 0 && !eg_source_peek(s, 1))
			return false;
	}
	return true;
}

/* Pass over the rest of a line that is too long, its newline included. */
static size_t pass_line(struct eg_source *s)
{
	const uint8_t *newline;
	size_t passed = 0, n;

	do {
		newline = s->ready ? memchr(s->at, '\n', s->ready) : NULL;
		n = newline ? (size_t)(newline - s->at) + 1 : s->ready;
		eg_source_take(s, n);
		passed += n;
	} while (!newline && eg_source_peek(s, 1));
	return passed;
}

const uint8_t *eg_source_line(struct eg_source *s, size_t max, size_t *n)
{
	const uint8_t *newline, *line;
	size_t seen = 0, want = 1;

	for (;;) {
		gather(s, want);
		newline = s->ready > seen ? memchr(s->at + seen, '\n', s->ready - seen) : NULL;
		*n = newline ? (size_t)(newline - s->at) : s->ready;
		if (*n > max) {
			*n = pass_line(s);
			return NULL;
		}
		if (newline || s->ready < want)
			break;
		seen = s->ready;
		want = seen + 1;
	}
	line = s->at;
	if (s->ready == 0) {
		*n = 0;
		return NULL;
	}
	s->cut = !newline;
	eg_source_take(s, *n + !s->cut);
	return line;
}

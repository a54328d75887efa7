/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who listens on a Unix socket in the test's folder. */
#ifndef LISTENER_H
#define LISTENER_H

#include "folder.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Listen on NAME with a socket of TYPE, SOCK_STREAM or SOCK_DGRAM, in place of what is there.
 * Returns its descriptor. */
static inline int listener_make(const char *name, int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	ck_assert_int_ge(fd, 0);
	strcpy(at.sun_path, folder_path(name));
	unlink(at.sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert(type == SOCK_DGRAM || listen(fd, 8) == 0);
	return fd;
}

/* Whether FD has something to read, or somebody to accept, within MS. */
static inline bool listener_ready(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* Accept who is there; a second is more than enough. */
static inline int listener_accept(int fd)
{
	ck_assert_msg(listener_ready(fd, 1000), "nobody connects");
	fd = accept(fd, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Read what is there now behind the N bytes in BUF, SIZE bytes. Returns how many there are then. */
static inline size_t listener_read(int fd, char *buf, size_t n, size_t size)
{
	ssize_t got = 1;

	while (got > 0 && n < size - 1 && listener_ready(fd, 0)) {
		got = recv(fd, buf + n, size - 1 - n, 0);
		n += got > 0 ? (size_t)got : 0;
	}
	buf[n] = '\0';
	return n;
}

#endif

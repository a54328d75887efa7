/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines for whoever listens on a Unix socket.
 *
 * Purpose. Hand lines to a collector that may be slow, may go away and may come back, without ever
 * waiting for it, and without it ever getting half a line with another behind it.
 *
 * Life-cycle. Connected, until sending fails; then disconnected, until a connect that is tried once
 * a second succeeds. What nobody took in the meantime waits, as far as there is room.
 *
 * Invariants. What waits begins with the line that is being sent, of which the first sent bytes
 * are with the other end. It stays until it is sent whole, so that a new
 * listener gets it from its start. No send raises SIGPIPE or waits, nor does a connect.
 *
 * Limits. EG_LINESOCKET_ROOM. What the kernel had taken for a listener that goes away without
 * having read it is gone, and nobody can tell. To a datagram socket a line is one datagram.
 *
 * Fails how. open says why. Later put does, for want of room; flush gives up a line that is
 * too long for the listener's kind of socket.
 */
#include "linesocket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	RETRY = 1000, /* ms between two connects */
	DRAIN = 200,  /* ms for the last lines */
};

struct eg_linesocket {
	struct sockaddr_un to;
	int fd;   /* -1: nobody is there */
	int type; /* SOCK_STREAM or SOCK_DGRAM */
	bool full;
	uint64_t retry; /* no connect before, ms */
	size_t used;    /* bytes that wait */
	size_t sent;    /* of them, of the first line */
	char bytes[EG_LINESOCKET_ROOM];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Connect a socket of TYPE. Returns 0 or a negative errno. */
static int connect_as(struct eg_linesocket *s, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&s->to, sizeof(s->to)) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	s->fd = fd;
	s->type = type;
	return 0;
}

static int try_connect(struct eg_linesocket *s)
{
	int rc = connect_as(s, SOCK_STREAM);

	if (rc == -EPROTOTYPE)
		rc = connect_as(s, SOCK_DGRAM);
	s->retry = now_ms() + RETRY;
	return rc;
}

static void disconnect(struct eg_linesocket *s)
{
	close(s->fd);
	s->fd = -1;
	s->sent = 0;
}

/* N more bytes are sent: forget the lines that are so as a whole. */
static void advance(struct eg_linesocket *s, size_t n)
{
	const char *end;

	s->sent += n;
	end = memrchr(s->bytes, '\n', s->sent);
	if (!end)
		return;
	n = (size_t)(end + 1 - s->bytes);
	s->used -= n;
	s->sent -= n;
	memmove(s->bytes, s->bytes + n, s->used);
}

/* Bytes that may go out with one send. */
static size_t next_piece(const struct eg_linesocket *s)
{
	const char *end;

	if (s->type == SOCK_STREAM)
		return s->used - s->sent;
	end = memchr(s->bytes, '\n', s->used);
	return (size_t)(end + 1 - s->bytes);
}

/* Send what goes out now. Returns how many lines were given up. */
static unsigned send_waiting(struct eg_linesocket *s)
{
	unsigned lost = 0;

	while (s->used > 0) {
		size_t len = next_piece(s);
		ssize_t n = send(s->fd, s->bytes + s->sent, len, MSG_NOSIGNAL);

		if (n >= 0) {
			advance(s, (size_t)n);
		} else if (errno == EMSGSIZE) {
			advance(s, len); /* no datagram can hold it, now or later */
			lost++;
		} else if (errno != EINTR) {
			if (errno != EAGAIN)
				disconnect(s);
			break;
		}
	}
	return lost;
}

unsigned eg_linesocket_flush(struct eg_linesocket *s)
{
	unsigned lost = 0;

	if (s->fd < 0 && now_ms() >= s->retry)
		try_connect(s);
	if (s->fd >= 0)
		lost = send_waiting(s);
	if (s->used <= EG_LINESOCKET_ROOM / 2)
		s->full = false;
	return lost;
}

bool eg_linesocket_put(struct eg_linesocket *s, const char *line, size_t len)
{
	s->full |= len > sizeof(s->bytes) - s->used;
	if (s->full)
		return false;
	memcpy(s->bytes + s->used, line, len);
	s->used += len;
	return true;
}

bool eg_linesocket_waiting(const struct eg_linesocket *s)
{
	return s->used > 0;
}

int eg_linesocket_open(struct eg_linesocket **out, const char *path, const struct eg_refusal *why)
{
	struct eg_linesocket *s;
	int rc;

	if (strlen(path) >= sizeof(s->to.sun_path) || !path[0])
		return eg_refuse(why, -ENAMETOOLONG, "no path that a socket can have");
	s = calloc(1, sizeof(*s));
	if (!s)
		return eg_refuse(why, -ENOMEM, "no memory for it");
	s->to.sun_family = AF_UNIX;
	strcpy(s->to.sun_path, path);
	rc = try_connect(s);
	if (rc < 0) {
		free(s);
		return eg_refuse(why, rc, "cannot be connected to: %s", strerror(-rc));
	}
	*out = s;
	return 0;
}

/* Send all that waits, if it can be had soon. Returns how many lines were given up. */
static unsigned drain(struct eg_linesocket *s)
{
	uint64_t now = now_ms(), end = now + DRAIN;
	unsigned lost = eg_linesocket_flush(s);
	struct pollfd p = { .events = POLLOUT };

	for (; s->used > 0 && s->fd >= 0 && now < end; now = now_ms()) {
		p.fd = s->fd;
		if (poll(&p, 1, (int)(end - now)) > 0)
			lost += send_waiting(s);
	}
	return lost;
}

uint64_t eg_linesocket_close(struct eg_linesocket *s)
{
	uint64_t left;

	if (!s)
		return 0;
	left = drain(s);
	for (size_t i = 0; i < s->used; i++)
		left += s->bytes[i] == '\n';
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	return left;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that libslirp makes, defined where the dynamic linker looks first: in the program.
 * Descriptors of the system's, and files, go on to the system.
 */
#include "sockets.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma GCC visibility push(default)

static int bad(int error)
{
	errno = error;
	return -1;
}

int socket(int family, int type, int protocol)
{
	return net_open(family, type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), protocol);
}

int connect(int fd, const struct sockaddr *to, socklen_t n)
{
	struct sock *s = net_sock(fd);

	(void)n;
	if (!s)
		return bad(EBADF);
	net_connect(s, to);
	return bad(EINPROGRESS);
}

int bind(int fd, const struct sockaddr *a, socklen_t n)
{
	struct sock *s = net_sock(fd);

	(void)a;
	(void)n;
	if (!s)
		return bad(EBADF);
	if (!s->host)
		net_violate("it bound a socket");
	return 0;
}

int listen(int fd, int n)
{
	return bind(fd, NULL, (socklen_t)n);
}

static void copy_address(const struct sockaddr_storage *from, struct sockaddr *a, socklen_t *n)
{
	socklen_t size = from->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						     : sizeof(struct sockaddr_in);

	if (!a || !n)
		return;
	memcpy(a, from, *n < size ? *n : size);
	*n = size;
}

int accept(int fd, struct sockaddr *a, socklen_t *n)
{
	struct sock *s = net_sock(fd);
	int client;

	if (!s || !s->host)
		return bad(EBADF);
	if (!s->queued)
		return bad(EAGAIN);
	s->queued = false;
	copy_address(&s->from, a, n);
	client = net_new(s->family, s->type, true);
	if (client >= 0)
		net_sock(client)->accepted = true;
	return client;
}

ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to, socklen_t len)
{
	struct sock *s = net_sock(fd);

	(void)flags;
	(void)len;
	if (!s)
		return bad(EBADF);
	if (to)
		net_send_to(s, p, n, to);
	else
		net_send(s, p, n);
	return (ssize_t)n;
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	struct sock *s = net_sock(fd);

	(void)flags;
	if (!s)
		return bad(EBADF);
	if (n && net_stalled())
		return bad(EAGAIN);
	net_send(s, p, n);
	return (ssize_t)n;
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	(void)m;
	(void)flags;
	if (net_sock(fd))
		net_violate("it used sendmsg");
	return bad(EBADF);
}

ssize_t write(int fd, const void *p, size_t n)
{
	if (net_sock(fd))
		return send(fd, p, n, 0);
	return syscall(SYS_write, fd, p, n);
}

ssize_t recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *a, socklen_t *len)
{
	struct sock *s = net_sock(fd);

	if (!s)
		return bad(EBADF);
	if (s->queued) {
		size_t take = s->waiting < n ? s->waiting : n;

		if (take)
			memcpy(p, s->data, take);
		copy_address(&s->from, a, len);
		if (flags & MSG_PEEK)
			return (ssize_t)take;
		s->waiting -= take;
		memmove(s->data, s->data + take, s->waiting);
		s->queued = s->type == SOCK_STREAM && s->waiting > 0;
		if (take || s->type != SOCK_STREAM)
			return (ssize_t)take;
	}
	if (s->reset)
		return bad(ECONNRESET);
	return s->ended ? 0 : bad(EAGAIN);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
	return recvfrom(fd, p, n, flags, NULL, NULL);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	(void)fd;
	(void)m;
	(void)flags; /* slirp asks for errors alone, and there are none */
	return bad(EAGAIN);
}

int shutdown(int fd, int how)
{
	(void)how;
	return net_sock(fd) ? 0 : bad(EBADF);
}

int close(int fd)
{
	struct sock *s = net_sock(fd);

	if (!s)
		return (int)syscall(SYS_close, fd);
	s->used = false;
	return 0;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
	(void)level;
	(void)option;
	(void)value;
	(void)n;
	return net_sock(fd) ? 0 : bad(EBADF);
}

int getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict n)
{
	(void)level;
	(void)option;
	if (!net_sock(fd))
		return bad(EBADF);
	memset(value, 0, *n);
	return 0;
}

int getsockname(int fd, struct sockaddr *restrict a, socklen_t *restrict n)
{
	const struct sock *s = net_sock(fd);
	struct sockaddr_storage own = { 0 };

	if (!s)
		return bad(EBADF);
	own.ss_family = (sa_family_t)s->family;
	if (s->family == AF_INET6)
		((struct sockaddr_in6 *)(void *)&own)->sin6_port = htons(2222);
	else
		((struct sockaddr_in *)(void *)&own)->sin_port = htons(2222);
	copy_address(&own, a, n);
	return 0;
}

int getpeername(int fd, struct sockaddr *restrict a, socklen_t *restrict n)
{
	const struct sock *s = net_sock(fd);

	if (!s)
		return bad(EBADF);
	copy_address(&s->from, a, n);
	return 0;
}

int fcntl64(int fd, int command, ...)
{
	va_list list;
	long argument;

	if (net_sock(fd))
		return 0;
	va_start(list, command);
	argument = va_arg(list, long);
	va_end(list);
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

int ioctl(int fd, unsigned long request, ...)
{
	const struct sock *s = net_sock(fd);
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (!s)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	if (request == FIONREAD)
		*(int *)argument = (int)s->waiting;
	return 0;
}

/* One file decides whom slirp asks: ours, which never changes. */
static const char resolv_path[] = "/etc/resolv.conf";
static char resolv[] = "nameserver 192.0.2.53\nnameserver 2001:db8::53\n";

FILE *fopen64(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *);

	if (strcmp(path, resolv_path) == 0)
		return fmemopen(resolv, strlen(resolv), "r");
	*(void **)(void *)&next = dlsym(RTLD_NEXT, "fopen64");
	return next(path, mode);
}

int stat64(const char *restrict path, struct stat64 *restrict st)
{
	int (*next)(const char *, struct stat64 *);

	if (strcmp(path, resolv_path) == 0) {
		memset(st, 0, sizeof(*st));
		st->st_ino = 1;
		return 0;
	}
	*(void **)(void *)&next = dlsym(RTLD_NEXT, "stat64");
	return next(path, st);
}

/* Slirp draws the time of its next router advertisement. */
GRand *g_rand_new(void)
{
	return g_rand_new_with_seed(1);
}

#pragma GCC visibility pop

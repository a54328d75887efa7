/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sockets.c, the system calls, and net.c, what they mean, have between them. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	SOCK_FIRST = 100000, /* above every descriptor that the system gives */
	SOCKS = 96,
	PEERS = 32,
	STREAM_MAX = 65536 + 2,
};

struct peer {
	struct sockaddr_storage addr;
};

struct sock {
	bool used, host, accepted;
	bool asked;        /* the guest's: something that may be was said on it */
	uint8_t name[256]; /* the last that was asked for, as it was asked */
	bool open;         /* likewise: to who is allowed; the first of peers is */
	bool queued;       /* something can be read, or a client waits to be accepted */
	bool ended, reset; /* by the other end */
	uint64_t ended_at; /* ms */
	int family, type;
	struct sockaddr_storage from; /* of what can be read */
	size_t waiting;               /* bytes of data */
	uint8_t data[2048];
	size_t peer_count;
	struct peer peers[PEERS]; /* who wrote to it */
	size_t said;
	uint8_t stream[STREAM_MAX];
};

struct sock *net_sock(int fd);
int net_new(int family, int type, bool host);
int net_open(int family, int type, int protocol);
void net_connect(struct sock *s, const struct sockaddr *to);
void net_send(struct sock *s, const uint8_t *p, size_t n);
void net_send_to(struct sock *s, const uint8_t *p, size_t n, const struct sockaddr *to);
bool net_stalled(void);
void net_violate(const char *what);

#endif

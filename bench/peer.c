/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer.h"

#include <libvdeplug.h>
#include <libvdeplug_mod.h>

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* Begins as struct vdeconn does. */
struct peer_conn {
	void *handle;
	struct vdeplug_module *module;
	int fd;
};

EXPORTED struct peer benchpeer;

static VDECONN *peer_open(char *vnl, char *descr, int version, struct vde_open_args *args)
{
	struct peer_conn *c = calloc(1, sizeof(*c));

	(void)vnl, (void)descr, (void)version, (void)args;
	if (!c)
		return NULL;
	c->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->fd >= 0)
		return (VDECONN *)c;
	free(c);
	return NULL;
}

static ssize_t peer_recv(VDECONN *conn, void *buf, size_t len, int flags)
{
	const struct peer_frame *f = benchpeer.frames;

	(void)conn, (void)flags;
	if (benchpeer.left == 0)
		return 1;
	benchpeer.left--;
	benchpeer.frames++;
	if (f->len < len)
		len = f->len;
	memcpy(buf, f->p, len);
	return (ssize_t)len;
}

static ssize_t peer_send(VDECONN *conn, const void *buf, size_t len, int flags)
{
	(void)conn, (void)flags;
	benchpeer.sent++;
	if (benchpeer.keep && benchpeer.kept < PEER_KEPT && len <= PEER_KEPT_SIZE)
		memcpy(benchpeer.keep + PEER_KEPT_SIZE * benchpeer.kept++, buf, len);
	return (ssize_t)len;
}

static int peer_datafd(VDECONN *conn)
{
	return ((struct peer_conn *)conn)->fd;
}

static int peer_ctlfd(VDECONN *conn)
{
	(void)conn;
	return -1;
}

static int peer_close(VDECONN *conn)
{
	close(((struct peer_conn *)conn)->fd);
	free(conn);
	return 0;
}

EXPORTED struct vdeplug_module vdeplug_ops = {
	.vde_open_real = peer_open,
	.vde_recv = peer_recv,
	.vde_send = peer_send,
	.vde_datafd = peer_datafd,
	.vde_ctlfd = peer_ctlfd,
	.vde_close = peer_close,
};

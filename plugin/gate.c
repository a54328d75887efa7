/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate: never stuck in a network that waits for us.
 *
 * Purpose. slirp's thread answers frames into a socket that the host program reads,
 * and waits when that is full. A host that sends many frames before it receives one, as
 * QEMU does, can then fill the other direction as well, and both wait for each
 * other for ever: a few hundred ARP requests of a guest's are enough. So before
 * a frame is sent it must be sure to fit; where the network does not take it for a
 * while, it is dropped, as on any Ethernet.
 *
 * Terms. The cost of a frame is at least what a socket charges for it: the buffer,
 * rounded up to a power of two, and its bookkeeping. A socket is writable (poll)
 * while less than a quarter of its send buffer is used; so from then on half of it
 * surely fits, and nobody needs to ask again before that is used up. A pipe is asked each
 * time.
 *
 * Limits. EG_GATE_WAIT is what a host waits for a network that is only slow; once it
 * was in vain, the gate is shut, and nobody waits until the host has received something.
 */
#include "gate.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { FRAME_COST = 1024 };

void eg_gate_open(struct eg_gate *g, int fd)
{
	socklen_t len = sizeof(int);
	struct stat st;
	int buffer = 0;

	g->fd = fd;
	g->full = g->left = 0;
	atomic_init(&g->shut, false);
	if (fstat(fd, &st) < 0 || !(S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode)))
		g->fd = -1;
	else if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, &len) == 0 && buffer > 0)
		g->full = (size_t)buffer / 2;
}

static bool writable(const struct eg_gate *g, int ms)
{
	struct pollfd p = { .fd = g->fd, .events = POLLOUT };

	/* What is no longer there takes frames, too: sending says so at once. */
	return poll(&p, 1, ms) > 0;
}

static size_t cost_of(size_t len)
{
	return 2 * len + FRAME_COST;
}

bool eg_gate_pass(struct eg_gate *g, size_t len)
{
	size_t cost = cost_of(len);

	if (g->fd < 0)
		return true;
	if (cost <= g->left) {
		g->left -= cost;
		return true;
	}
	if (!writable(g, 0) && (atomic_load(&g->shut) || !writable(g, EG_GATE_WAIT))) {
		atomic_store(&g->shut, true);
		return false;
	}
	atomic_store(&g->shut, false);
	g->left = g->full > cost ? g->full - cost : 0;
	return true;
}

bool eg_gate_is_open(const struct eg_gate *g, size_t len)
{
	return g->fd < 0 || cost_of(len) <= g->left || writable(g, 0);
}

void eg_gate_received(struct eg_gate *g)
{
	atomic_store_explicit(&g->shut, false, memory_order_relaxed);
}

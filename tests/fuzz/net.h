/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network that slirp believes it is on, and the judge of what slirp does there.
 *
 * net.c defines socket, connect, sendto and the like in the program itself, so that libslirp
 * calls those and never the system's. What it opens while net_setup is on are the host's forwards.
 * After that every use of a socket is the guest's doing, unless the host began it.
 */
#ifndef NET_H
#define NET_H

#include "net_acts.h"

#include <slirp/libslirp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_counts {
	uint64_t interposed;      /* sockets opened while net_setup was on */
	uint64_t opened;          /* after that */
	uint64_t connected, sent; /* on those */
	uint64_t answered;        /* sends on what the host opened */
	uint64_t questions;       /* to the resolver, and on the list */
	uint64_t allowed;         /* connects, and sends of datagrams, to who is allowed */
	uint64_t strangers;       /* datagrams of others to the guest's sockets */
	uint64_t violations;
};
extern struct net_counts *net_counts; /* to be set before anything else */

/* Called with what slirp may not have done. */
typedef void net_violation_fn(const char *what);

/* What the guest may open, in the policy's words. net.c has the same in its own. */
#define NET_ALLOW                                                                                  \
	"198.51.100.7:80,443 10.0.2.2:8080/tcp 198.51.100.6/31:853 10.0.2.3:53 "                   \
	"[2001:db8:100::7]:80 [fd00::2]:443/udp"
#define NET_BLOCK "198.51.100.7:443/udp 198.51.100.7:853"

/* Start over with no socket. RESOLVE: the resolver may be asked. ALLOW: the above may be opened. */
void net_reset(bool resolve, bool allow, net_violation_fn *violation);
/* From now on connections come about at once: slirp gives those that do not up by timers that do
 * not jump. */
void net_never_stalls(void);
void net_setup(bool on);
/* Between two steps: no socket may be there that nothing allowed was said on. */
void net_check(void);

/* It is NOW (ms), and the guest said nothing since QUIET. It keeps things open, and what nobody
 * moves on has ended: no more sockets may be there than what a table of FLOWS flows leaves. */
void net_check_kept(uint64_t now, uint64_t quiet, size_t flows);

/* The host does what N bytes at P say at NOW (ms): see net_acts.h. */
void net_host(const uint8_t *p, size_t n, uint64_t now);

/* The two callbacks for slirp_pollfds_*. */
int net_add_poll(int fd, int events, void *opaque);
int net_revents(int index, void *opaque);
void net_poll_begin(void);

#endif

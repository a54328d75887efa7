/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ports that queries leave from: drawn at random, few at a time, given up after a while.
 * See dnsports.c.
 */
#ifndef EG_DNSPORTS_H
#define EG_DNSPORTS_H

#include "addr.h"

enum {
	EG_DNSPORTS_ALIVE = 12,    /* at a time, for each IP version */
	EG_DNSPORTS_USED = 6,      /* of them, by one address */
	EG_DNSPORTS_KEPT = 2,      /* places that only an address without any gets */
	EG_DNSPORTS_TURN = 2000,   /* ms until one more may take the place of the oldest */
	EG_DNSPORTS_LONG = 242000, /* ms that slirp keeps a socket after a query, and some */
	EG_DNSPORTS_SHORT =
		15000, /* ms that it does after an answer, and a question waits at most */
	EG_DNSPORTS = 2 * EG_DNSPORTS_ALIVE,
	EG_DNSPORTS_NONE = EG_DNSPORTS,
	/* The room that they are drawn from: ports that are nobody's service (RFC 6335 6), without
	 * those of mosh, which forwards do lead to. */
	EG_DNSPORTS_FIRST = 49152,
	EG_DNSPORTS_LAST = 65535,
	EG_DNSPORTS_NOT_FIRST = 60000,
	EG_DNSPORTS_NOT_LAST = 61000,
	EG_DNSPORTS_ROOM = EG_DNSPORTS_LAST - EG_DNSPORTS_FIRST + 1 -
			   (EG_DNSPORTS_NOT_LAST - EG_DNSPORTS_NOT_FIRST + 1)
};

/* Whether PORT of ADDR, the guest's, is in use by something else. */
typedef bool eg_port_taken(void *ctx, const struct eg_addr *addr, uint16_t port);

struct eg_dnsport {
	struct eg_addr addr;   /* of the guest's, and its station: they are that of who opened it */
	uint64_t opened, dies; /* ms */
	uint32_t sent;         /* how many queries left from it */
	uint8_t mac[6];
	bool settled;  /* the last of them was answered */
	bool retiring; /* no query leaves from it any more */
};

/* Those of IPv4 stand first, EG_DNSPORTS_ALIVE of them. All zero: none. */
struct eg_dnsports {
	uint16_t port[EG_DNSPORTS];
	struct eg_dnsport of[EG_DNSPORTS];
};

/* A port that a query may leave from. */
struct eg_dnsport_choice {
	uint8_t number;
	bool fresh; /* it is opened by this query */
	uint16_t port;
};

/* Choose where a query of ADDR's may leave from at NOW (ms, monotonic); RANDOM decides. TAKEN, with
 * CTX, says which ports are no good (NULL: none is). Changes nothing. */
struct eg_dnsport_choice eg_dnsports_choose(const struct eg_dnsports *t, const struct eg_addr *addr,
					    uint64_t now, uint64_t random, eg_port_taken *taken,
					    void *ctx);

/* A query of ADDR's and MAC's leaves from what was chosen for it just now. Returns which of the
 * port's it is, for eg_dnsports_answered. */
uint32_t eg_dnsports_use(struct eg_dnsports *t, const struct eg_dnsport_choice *choice,
			 const struct eg_addr *addr, const uint8_t mac[6], uint64_t now);

/* The query that was number SENT of port I has its answer at NOW: slirp has seen it. */
void eg_dnsports_answered(struct eg_dnsports *t, size_t i, uint32_t sent, uint64_t now);

/* Something came to port I at NOW: slirp keeps its socket for as long again. */
void eg_dnsports_heard(struct eg_dnsports *t, size_t i, uint64_t now);

/* The number of PORT of ADDR, where it is alive at NOW, or EG_DNSPORTS_NONE. */
size_t eg_dnsports_find(const struct eg_dnsports *t, const struct eg_addr *addr, uint16_t port,
			uint64_t now);

#endif

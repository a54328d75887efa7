/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places of the connections over which a guest asks resolvers: see dnsplaces.c. */
#ifndef EG_DNSPLACES_H
#define EG_DNSPLACES_H

#include "dnssegment.h"
#include "inject.h"

enum {
	EG_DNSPLACES_MAX = 24,      /* connections at once, and so sockets of slirp's */
	EG_DNSPLACES_GONE = 180000, /* ms; no network keeps longer what we ended */
	EG_DNSPLACES_AGAIN = 1000,  /* ms between two segments that end a connection */
	EG_DNSPLACES_QUESTION = 20, /* ms from a reset to the question whether it was heard */
};

enum eg_dnsplace_state {
	EG_DNSPLACE_FREE,
	EG_DNSPLACE_TAKEN,
	EG_DNSPLACE_ENDING, /* it is over for the guest, but not surely for the network */
};

struct eg_dnsplace {
	struct eg_dnspath path;
	enum eg_dnsplace_state state;
	uint64_t until; /* ms; when the network surely has forgotten it, where it is ending */
	uint64_t due;   /* ms; when it is told again */
	uint32_t seq, ack;
	bool acks;  /* whether ack is known */
	bool reset; /* whether a reset comes next, and not a question */
};

struct eg_dnsplaces {
	struct eg_dnsplace at[EG_DNSPLACES_MAX];
};

/* What the network knows of a connection that is over. */
enum eg_dnsplace_end {
	EG_DNSPLACE_UNTOLD, /* nothing */
	EG_DNSPLACE_TOLD,   /* a reset is on its way to it */
	EG_DNSPLACE_CLOSED, /* it should have forgotten it: it is only asked */
};

/* The place of the connection KEY, or NULL. */
struct eg_dnsplace *eg_dnsplaces_find(struct eg_dnsplaces *t, const struct eg_flow_key *key);

/* A place for the connection on PATH, which has none, or NULL where none is free. */
struct eg_dnsplace *eg_dnsplaces_take(struct eg_dnsplaces *t, const struct eg_dnspath *path);

/* The network has forgotten the connection of P. */
void eg_dnsplace_free(struct eg_dnsplace *p);

/* The connection of P is over at NOW, as HOW says; the network expects SEQ of the guest next, and
 * said all before ACK where ACKS. What ends it there goes to B. */
void eg_dnsplace_end(struct eg_dnsplace *p, enum eg_dnsplace_end how, uint32_t seq, uint32_t ack,
		     bool acks, uint64_t now, struct eg_injects *b);

/* The network's F, which belongs to no flow: whether it may pass, as the network's last word about
 * a connection that was ending. To another about one the answer goes to B. */
bool eg_dnsplaces_hear(struct eg_dnsplaces *t, const struct eg_frame *f, struct eg_injects *b);

/* Say again to B what is due at NOW. */
void eg_dnsplaces_tick(struct eg_dnsplaces *t, uint64_t now, struct eg_injects *b);

/* When that is to be called next, ms; UINT64_MAX: never. */
uint64_t eg_dnsplaces_due(const struct eg_dnsplaces *t);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A world around a pipeline: random numbers that repeat, and honest conversations, one
 * frame at a time. Both checks of the model let it talk, one of them after breaking
 * what is said.
 */
#ifndef WORLD_H
#define WORLD_H

#include "packet.h"
#include "pipeline.h"

#define WORLD_NAME  "allowed.test"
/* What the guest may open: port 443 of two addresses of each family, less one. */
#define WORLD_ALLOW "198.51.100.4/31:443 [2001:db8:1::4/127]:443"
#define WORLD_BLOCK "198.51.100.5 [2001:db8:1::5]"

struct world_random {
	uint64_t state;
};

uint32_t world_random(struct world_random *r);
/* From 0 to N - 1. */
uint32_t world_below(struct world_random *r, uint32_t n);

enum world_kind {
	WORLD_TCP,    /* the host's, with data both ways, closed or reset */
	WORLD_UDP,    /* a question of the host's, answers, sometimes an ICMP error */
	WORLD_LARGE,  /* the same in fragments */
	WORLD_DNS,    /* the guest's look-up and its answer */
	WORLD_STREAM, /* the same over TCP */
	WORLD_DHCP,
	WORLD_OUT_TCP,   /* the guest's, to what it may */
	WORLD_OUT_UDP,
	WORLD_NEIGHBOUR, /* ARP or neighbour discovery */
	WORLD_KINDS
};

struct world_side {
	uint32_t next, acked; /* its own next number, and what it acknowledged */
};

/* One conversation. */
struct world_talk {
	enum world_kind kind;
	bool v6;
	int step;
	int more; /* exchanges to come */
	struct packet_end guest, network;
	struct world_side side[2]; /* by enum eg_dir */
	uint16_t scale;            /* of both windows; 0: not offered */
	uint16_t left_port, left_id;
	uint8_t left_name[14]; /* of its query, as it left */
	uint32_t id; /* of its datagrams, queries and messages */
	int opener, closer;
};

/* One frame of a conversation. */
struct world_frame {
	enum eg_dir dir;
	size_t len;
	bool hold; /* more parts are to come */
	uint8_t bytes[PACKET_MAX];
};

/* Begin T, in the guest's port and the network's. */
void world_begin(struct world_talk *t, struct world_random *r, enum world_kind kind,
		 uint16_t guest_port, uint16_t network_port);

/* The next frame of T into F; false where it is over. */
bool world_next(struct world_talk *t, struct world_random *r, struct world_frame *f);

/* The N bytes at OUT left for the guest's last frame of T: queries have another port and
 * id then, which the answer is to have. */
void world_left(struct world_talk *t, const uint8_t *out, size_t n);

/* The resolver's reset, to BUF, for the guest's segment F to it: it has no such connection. Returns
 * its length. */
size_t world_reset(uint8_t *buf, const struct eg_frame *f);

/* The first letter of the name that T asks for. */
uint8_t world_letter(const struct world_talk *t);

/* A pipeline for FLOWS flows whose guest may look up WORLD_NAME, and all that have another first
 * letter, and open WORLD_ALLOW; and its policy. */
struct eg_pipeline *world_pipeline(struct eg_policy **policy, size_t flows, uint64_t seed);

#endif

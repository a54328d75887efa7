/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TCP connection for tests of the filter: what its ends say is written with
 * relative numbers, and judged from frames that end at an unreadable page.
 */
#ifndef TCP_LINK_H
#define TCP_LINK_H

#include "tcp.h"

#include <check.h>

enum {
	F = EG_TCP_FIN,
	S = EG_TCP_SYN,
	R = EG_TCP_RST,
	P = EG_TCP_PSH,
	A = EG_TCP_ACK,
	U = EG_TCP_URG,
	ECE = 64,
	CWR = 128,
};

#define GUEST EG_FROM_GUEST
#define HOST  EG_FROM_NETWORK

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A connection, with its initial sequence numbers by enum eg_dir. */
struct link {
	struct eg_tcp t;
	const uint32_t *iss;
	bool open;
};

/* Each test runs with LINK_STARTS pairs of initial sequence numbers, so that all
 * its numbers wrap at one place or another. */
enum { LINK_STARTS = 4 };
struct link new_link(int start);

/* What one end says. Sequence numbers count from the sender's initial one,
 * acknowledgements from the other's. */
struct says {
	enum eg_dir dir;
	uint8_t flags;
	uint16_t window;
	uint16_t len; /* of the payload */
	uint32_t seq, ack;
	const void *options;
	size_t options_len;
	bool corrupt; /* break the checksum */
};

struct says says(enum eg_dir dir, unsigned int flags, uint32_t seq, uint32_t ack, uint16_t window,
		 uint16_t len);
struct says with_options(struct says s, const void *options, size_t n);

/* Write S as a frame to BUF (PACKET_MAX bytes). Returns its length. */
size_t link_build(uint8_t *buf, const struct link *l, const struct says *s);

/* Let S be said on L: the first that passes opens it. Whatever does not pass is
 * asserted to leave no trace. */
enum eg_reason say(struct link *l, struct says s);

/* The arguments behind L and REASON are those of says. */
#define BLOCKS(l, reason, ...) ck_assert_int_eq(say(l, says(__VA_ARGS__)), reason)
#define PASSES(l, ...)         BLOCKS(l, EG_R_NONE, __VA_ARGS__)
#define STATE_IS(l, s)         ck_assert_int_eq((l)->t.state, EG_TCP_##s)

/* The windows that the ends announce on the way of link_at. */
enum { HOST_WINDOW = 1000, GUEST_WINDOW = 2000 };

/* A new link, brought to STATE the shortest way. */
struct link link_at(int start, enum eg_tcp_state state);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small guest that does what an ordinary one does, so that an input need not: it answers ARP
 * and neighbour solicitations, accepts every connection, acknowledges what comes.
 */
#ifndef GUEST_H
#define GUEST_H

#include "packet.h"

#include <stdbool.h>

/* Called with each frame that the guest sends by itself. */
typedef void guest_send_fn(const uint8_t *frame, size_t len);

void guest_reset(guest_send_fn *send);

enum guest_manner {
	GUEST_HONEST,
	GUEST_MUTE,  /* it learns the numbers of its connections, and is silent */
	GUEST_KEEPS, /* it accepts with a window of 0, and acknowledges nothing after that */
};

/* The guest gets a frame. */
void guest_receive(const uint8_t *frame, size_t len, enum guest_manner manner);

/* Open a TCP connection from PORT to the resolver of IP version VERSION, or to port 80 of what is
 * FAR away. */
void guest_ask(int version, uint16_t port, bool far);

/* Put the addresses, ports and numbers of connection NUMBER of those that are there into FRAME,
 * SEQ and ACK off by so much, and make its checksums right. */
void guest_live(uint8_t *frame, size_t len, size_t number, int seq_off, int ack_off);

/* The guest sent FRAME itself: what it had of data counts. */
void guest_sent(const uint8_t *frame, size_t len);

#endif

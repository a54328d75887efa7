/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of DHCP: messages as real clients and servers send them, and what becomes of them. */
#ifndef DHCP_FRAMES_H
#define DHCP_FRAMES_H

#include "dhcp.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { BOOTP, DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };
enum {
	SERVER = 0x0a000202,  /* 10.0.2.2 */
	AT_MSG = 14 + 20 + 8, /* the message in a frame */
	AT_OPTIONS = 240,     /* the options in a message */
	OUT_MSG_LEN = 300,    /* of what is built */
	OUT_LEN = AT_MSG + OUT_MSG_LEN,
};

/* A frame of a client's in hex, where XX{N} is N times the byte XX, and what it says. */
struct client_frame {
	const char *who;
	uint8_t type;
	uint32_t xid, ciaddr;
	uint32_t address, server; /* options 50 and 54; 0 where there is none */
	const char *frame;
};

enum { CLIENT_FRAMES = 20 };
extern const struct client_frame client_frames[CLIENT_FRAMES];

/* A server's answers to dhclient's DISCOVER and udhcpc's REQUEST. */
extern const char offer_frame[];
extern const char ack_frame[];

/* Write the frame of HEX to BUF (PACKET_MAX bytes). Returns its length. */
size_t unhex(uint8_t *buf, const char *hex);

#define TEXT(s) s, sizeof(s) - 1

/* What is different in a message made by hand: VALUE is XORed to the byte AT. */
struct dhcp_patch {
	uint16_t at;
	uint8_t value; /* 0: nothing is */
};

/* Write a message of packet_guest's to everybody, its N bytes of OPTIONS after the cookie, to BUF
 * (PACKET_MAX bytes). Returns the frame's length. */
size_t dhcp_by_hand(uint8_t *buf, const void *options, size_t n, struct dhcp_patch patch);

/* 10.0.2.2; a guest that has sent nothing, and one whom that server has answered. */
extern const struct eg_addr server;
extern const struct eg_dhcp fresh;
extern const struct eg_dhcp answered;

enum { NOW = 100000 }; /* ms: when all of this happens */

/* One who asked with XID, at NOW, as packet_guest. */
struct eg_dhcp asking(uint32_t xid, bool bootp);

/* Whether packet_guest waits in D, at NOW, for an answer to XID. */
bool waits(const struct eg_dhcp *d, uint32_t xid);

/* What came of a frame: OUT is only of interest where it passed. */
struct result {
	enum eg_reason reason;
	struct eg_dhcp d;
	uint8_t out[EG_DHCP_FRAME_MAX];
	size_t out_len;
};

/* What judge() trusts its guest with: nothing, unless a test says so. */
extern struct eg_dhcp_options trusted;

/* Judge a copy of N bytes at BUF, which ends at an unreadable page, for a guest of whom
 * D is known. What does not pass is asserted to leave no trace. */
struct result judge(const struct eg_dhcp *d, enum eg_dir dir, const uint8_t *buf, size_t n);

/* Write the message that leaves in place of C's to OUT, made from the standard; type 0: BOOTP. */
void expected_message(uint8_t out[OUT_MSG_LEN], const struct client_frame *c, uint16_t flags);

#endif

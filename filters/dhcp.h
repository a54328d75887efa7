/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DHCP (RFC 2131, 2132) of one guest.
 *
 * A message of the guest's never leaves as it came: it is built anew from the
 * fields that a server needs, with a parameter request list of our own, so that
 * host names, vendor classes, client identifiers and padding carry nothing out.
 * The guest may broadcast; it may send to one address only after that address
 * answered it.
 */
#ifndef EG_DHCP_H
#define EG_DHCP_H

#include "frame.h"

enum { EG_DHCP_SERVER_PORT = 67, EG_DHCP_CLIENT_PORT = 68, EG_DHCP_FRAME_MAX = 400 };

struct eg_dhcp {
	struct eg_addr server; /* who answered last; all zero before that */
	uint32_t xid;          /* of the guest's last message that passed */
	bool asked;            /* whether there was one */
};

/* Whether F (decoded UDP over IPv4) is between the DHCP ports, in the direction DIR:
 * client to server from the guest, server to client from the network. */
bool eg_dhcp_is(const struct eg_frame *f, enum eg_dir dir);

/* Judge a message of the guest's and build what leaves instead of it into OUT.
 * Returns EG_R_NONE with *OUT_LEN set, or EG_R_CHECKSUM or EG_R_DHCP with D untouched.
 *
 * In form: op 1, htype 1, hlen 6, no hops and no relay, chaddr the frame's source
 * MAC, magic cookie, options that add up and end, exactly one message type out of
 * DISCOVER, REQUEST, DECLINE, RELEASE, INFORM, no option overload; source address
 * 0.0.0.0 or ciaddr; destination 255.255.255.255 or the server that
 * answered. Kept: xid, the broadcast flag, ciaddr, chaddr, options 53, and 50 and
 * 54 where the message type may have them; for DISCOVER, REQUEST and INFORM a
 * request list (55) that is the same for everybody is added. */
enum eg_reason eg_dhcp_judge_guest(struct eg_dhcp *d, const struct eg_frame *f,
				   uint8_t out[EG_DHCP_FRAME_MAX], size_t *out_len);

/* Judge a message of the network's: op 2, the xid of the guest's last message,
 * cookie, options that add up and end, exactly one message type out of OFFER, ACK
 * and NAK. Remembers the server (the IP source) where it is OFFER or ACK. Returns
 * EG_R_NONE or EG_R_DHCP; what passes, passes as it is. */
enum eg_reason eg_dhcp_judge_network(struct eg_dhcp *d, const struct eg_frame *f);

#endif

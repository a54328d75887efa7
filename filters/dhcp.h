/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DHCP (RFC 2131, 2132) and BOOTP (RFC 951) of the guests behind one plug.
 *
 * A message of a guest's never leaves as it came: it is built anew from the
 * fields that a server needs, with a parameter request list of our own, so that
 * host names, vendor classes, client identifiers and padding carry nothing out but
 * what the policy trusts it with. A guest may broadcast; it may send to one address
 * only after that address answered somebody behind the plug.
 */
#ifndef EG_DHCP_H
#define EG_DHCP_H

#include "dhcpoptions.h"
#include "dhcptrack.h"
#include "frame.h"

enum {
	EG_DHCP_SERVER_PORT = 67,
	EG_DHCP_CLIENT_PORT = 68,
	EG_DHCP_SERVERS = 4,                  /* that are remembered */
	EG_DHCP_FRAME_MAX = EG_ETH_LEN + 576, /* what every server takes (RFC 2131 2) */
};

/* All zero: nobody has asked, nobody has answered. */
struct eg_dhcp {
	struct eg_dhcptrack exchanges;
	struct eg_addr servers[EG_DHCP_SERVERS]; /* who answered, the last first; else all zero */
};

/* Whether F (decoded UDP over IPv4) is between the DHCP ports, in the direction DIR:
 * client to server from the guest, server to client from the network. */
bool eg_dhcp_is(const struct eg_frame *f, enum eg_dir dir);

/* Judge a message of the guest's at NOW (ms, monotonic) and build what leaves instead of it into
 * OUT. TRUSTED are the options that the guest may send and ask for as it likes. Returns EG_R_NONE
 * with *OUT_LEN set, or EG_R_CHECKSUM, EG_R_DHCP or EG_R_DHCP_BUSY (as many stations wait for
 * an answer as there is room for) with D untouched.
 *
 * In form: op 1, htype 1, hlen 6, no hops and no relay, chaddr the frame's source
 * MAC; source address 0.0.0.0 or ciaddr; destination 255.255.255.255 or a server that
 * answered; and either
 *
 *   DHCP   magic cookie, options that add up and end, exactly one message type out of
 *          DISCOVER, REQUEST, DECLINE, RELEASE, INFORM, no option overload, none of TRUSTED twice;
 *   BOOTP  the same without a message type and without options 50 and 54, or with nothing or
 *          zeros in place of the cookie.
 *
 * Kept: xid, the broadcast flag, ciaddr, chaddr, options 53, and 50 and 54 where the message type
 * may have them, and those of TRUSTED; for DISCOVER, REQUEST and INFORM a request list (55) that is
 * the same for everybody is added, and of TRUSTED what the guest's own list has. What does not fit
 * into 576 bytes is out of form. */
enum eg_reason eg_dhcp_judge_guest(struct eg_dhcp *d, const struct eg_frame *f, uint64_t now,
				   const struct eg_dhcp_options *trusted,
				   uint8_t out[EG_DHCP_FRAME_MAX], size_t *out_len);

/* Judge a message of the network's at NOW: op 2, the xid of an exchange that a guest has under way,
 * options that add up and end, exactly one message type out of OFFER, ACK and NAK; where BOOTP
 * asked none, or ACK, as libslirp has it. Remembers the server (the IP source) unless it is NAK.
 * Returns EG_R_NONE or EG_R_DHCP; what passes, passes as it is. */
enum eg_reason eg_dhcp_judge_network(struct eg_dhcp *d, const struct eg_frame *f, uint64_t now);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our own answers to a guest that tried: said at once, so that it need not wait. */
#ifndef EG_REPLY_H
#define EG_REPLY_H

#include "dns.h"
#include "frame.h"

/* What a guest may be told. */
enum eg_answer {
	EG_ANSWER_NONE,
	EG_ANSWER_RST,
	EG_ANSWER_PROHIBITED, /* ICMP or ICMPv6, administratively */
	EG_ANSWER_NXDOMAIN,
	EG_ANSWER_NOERROR, /* DNS, without records */
	EG_ANSWER_SERVFAIL,
	EG_ANSWER_FORMERR,
	EG_ANSWER_NOTIMP,
	EG_ANSWER_REFUSED,
	EG_ANSWER_BADVERS,
	EG_ANSWERS
};

/* The stable word of A, as in records: "none", "rst", "prohibited" and so on; never NULL. */
const char *eg_answer_word(enum eg_answer a);

/* Room for all that the guest is told at once: most are answers over TCP (dnsstream.h). */
enum { EG_REPLY_MAX = EG_ETH_LEN + EG_IP6_LEN + EG_TCP_LEN + 536 };

/* Each builds into OUT a frame to the sender of F (a blocked frame of the
 * guest's), as if from its destination, and returns its length; 0 where there is
 * none to give: about a frame that was not decoded that far, or to or from what is
 * not one station (RFC 1122 3.2.2, RFC 4443 2.4, RFC 9293 3.9.2.3). */

/* TCP RST (RFC 9293 3.5.2: with ACK where F has none). None to a RST. */
size_t eg_reply_reset(const struct eg_frame *f, uint8_t out[EG_REPLY_MAX]);

/* ICMP type 3 code 13 (RFC 1812 5.2.7.1) or ICMPv6 type 1 code 1 (RFC 4443 3.1)
 * that quotes F's IP header and the 8 bytes behind it. F may be of any protocol
 * that stands directly behind a whole IP header (EG_R_IP_PROTOCOL and
 * EG_R_L4_HEADER, too); of ICMP, only about an echo request. */
size_t eg_reply_prohibited(const struct eg_frame *f, uint8_t out[EG_REPLY_MAX]);

/* The LEN bytes of DNS message MSG, from the resolver that F (decoded UDP) went
 * to; none where LEN is above EG_DNS_REPLY_MAX. */
size_t eg_reply_dns(const struct eg_frame *f, const uint8_t *msg, size_t len,
		    uint8_t out[EG_REPLY_MAX]);

#endif

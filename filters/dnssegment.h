/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Segments of a DNS connection as we build them, towards either end: headers of ours, without
 * options but the MSS of a SYN.
 */
#ifndef EG_DNSSEGMENT_H
#define EG_DNSSEGMENT_H

#include "flow.h"

enum {
	/* Bytes of payload in a segment: it fits every link that IPv6 runs on (RFC 8200 5), and so
	 * need not know the path. */
	EG_DNSSEGMENT_PAYLOAD = 1280 - EG_IP6_LEN - EG_TCP_LEN,
	EG_DNSSEGMENT_MAX = EG_ETH_LEN + EG_IP6_LEN + EG_TCP_LEN + EG_DNSSEGMENT_PAYLOAD,
};

/* Between whom. */
struct eg_dnspath {
	struct eg_flow_key key;
	uint8_t guest_mac[6], network_mac[6];
};

struct eg_dnssegment {
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	uint16_t mss; /* 0: no option */
	struct eg_span payload;
};

/* The path of the guest's F, decoded TCP. */
struct eg_dnspath eg_dnspath(const struct eg_frame *f);

/* Build S on PATH, from DIR, into OUT. Returns its length. */
size_t eg_dnssegment_build(const struct eg_dnssegment *s, const struct eg_dnspath *path,
			   enum eg_dir dir, uint8_t out[EG_DNSSEGMENT_MAX]);

/* The MSS of SYN F as it may leave, 536 to 1460; 0 where F says none. */
uint16_t eg_dnssegment_mss(const struct eg_frame *f);

#endif

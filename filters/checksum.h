/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Internet checksum (RFC 1071) over headers, payloads and pseudo-headers. */
#ifndef EG_CHECKSUM_H
#define EG_CHECKSUM_H

#include "frame.h"

/* Add N bytes at P to the running sum SUM (start with 0). Only the last piece
 * of a sum may have an odd length. Returns the new running sum. */
uint32_t eg_sum(uint32_t sum, const void *p, size_t n);

/* Fold a running sum into the checksum as it stands in a header (host order;
 * write it with eg_put16). A sum over bytes that contain a right checksum
 * folds to 0. */
uint16_t eg_fold(uint32_t sum);

/* Whether the TCP, UDP, ICMP or ICMPv6 checksum of F is right, pseudo-header
 * included (RFC 9293 3.1, RFC 768, RFC 4443 2.3, RFC 8200 8.1). A UDP checksum
 * of zero is right over IPv4 and wrong over IPv6. F must have been decoded as
 * one of these protocols and be no fragment. */
bool eg_checksum_right(const struct eg_frame *f);

/* Write the IPv4 header checksum (where the version is 4) and the TCP, UDP,
 * ICMP or ICMPv6 checksum into a whole frame of LEN bytes that we built: IPv4
 * without options or IPv6 without extensions, behind a plain Ethernet header. */
void eg_checksum_fill(uint8_t *frame, size_t len);

#endif

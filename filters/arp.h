/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ARP (RFC 826) for Ethernet and IPv4: form only. */
#ifndef EG_ARP_H
#define EG_ARP_H

#include "frame.h"

enum { EG_ARP_FRAME_LEN = EG_ETH_LEN + 28 };

/* Judge an ARP frame F (ethertype ARP, decoded), and cut its len to the fixed
 * 42 bytes. Returns EG_R_NONE or EG_R_ARP, with len untouched.
 *
 * Both ways: hardware type 1, protocol 0x0800, lengths 6 and 4, operation 1 or 2.
 * From the guest, so that no field is the guest's to fill in as it likes but
 * the address that it asks for or says to have:
 * - the frame has 60 bytes at most, which is what Ethernet pads it to (slirp's own have 64);
 * - the sender's MAC is the frame's source, the sender's IP a station's (in a
 *   request also 0.0.0.0: a probe, RFC 5227 2.1.1);
 * - a request goes to one station or to all; its target IP is a station's; its
 *   target MAC, which nobody reads, is zero, broadcast, the sender's or the
 *   frame's destination;
 * - a reply goes to one station, which is its target MAC; its target IP is a
 *   station's, or 0.0.0.0 (to a probe); or it is gratuitous (RFC 5227 3: sender IP =
 *   target IP), and then in the form of a request. */
enum eg_reason eg_arp_judge(struct eg_frame *f, enum eg_dir dir);

#endif

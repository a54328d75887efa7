/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbour discovery (RFC 4861): form only, as narrow as hosts need it. */
#ifndef EG_ND_H
#define EG_ND_H

#include "frame.h"

enum { EG_ND_RS = 133, EG_ND_RA = 134, EG_ND_NS = 135, EG_ND_NA = 136, EG_ND_REDIRECT = 137 };

/* Whether F (decoded) is ICMPv6 of a type that neighbour discovery uses (133 to 137). */
bool eg_nd_is(const struct eg_frame *f);

/* Judge F, for which eg_nd_is. Returns EG_R_NONE, EG_R_CHECKSUM or EG_R_ND.
 *
 * Both ways: hop limit 255 (RFC 4861 6.1, 7.1), code 0, right checksum; the target
 * of NS and NA is a station's address.
 * From the guest: RS, NS and NA only; reserved bits zero; the exact length of
 * the message with at most one link-layer option of 8 bytes (source for RS and
 * NS, target for NA), which names the frame's own source MAC; no such option from
 * :: (4.1, 4.3). RS goes to ff02::2; NS to the target or its solicited-node group;
 * NA to one station, or unsolicited (S clear) to ff02::1, never from ::. A
 * duplicate address detection NS (source ::) carries nothing or one nonce of 6
 * bytes (RFC 7527) and goes to the solicited-node group.
 * From the network: RA, NS and NA with options that add up, an RA from a
 * link-local address (6.1.2); a redirect or RS is EG_R_ND. */
enum eg_reason eg_nd_judge(const struct eg_frame *f, enum eg_dir dir);

#endif

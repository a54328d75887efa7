/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A target in the words of a policy: an address, a port and a protocol. */
#ifndef EG_TARGET_H
#define EG_TARGET_H

#include "addr.h"

enum { EG_TARGET_TEXT_MAX = EG_ADDR_TEXT_MAX + sizeof("[]:65535/tcp") };

/* Whether a policy can name ADDR at PORT: a station's address, and no port 0. */
bool eg_target_can(const struct eg_addr *addr, uint16_t port);

/* Write ADDR at PORT and PROTO (TCP or UDP, IANA) into TEXT as "192.0.2.1:443/tcp" or
 * "[fd00::2]:53/udp". Returns TEXT. */
const char *eg_target_text(const struct eg_addr *addr, uint16_t port, uint8_t proto,
			   char text[EG_TARGET_TEXT_MAX]);

#endif

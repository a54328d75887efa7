/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target.h"

#include "frame.h"

#include <stdio.h>

bool eg_target_can(const struct eg_addr *addr, uint16_t port)
{
	return port != 0 && eg_addr_kind(addr) == EG_ADDR_STATION;
}

const char *eg_target_text(const struct eg_addr *addr, uint16_t port, uint8_t proto,
			   char text[EG_TARGET_TEXT_MAX])
{
	char address[EG_ADDR_TEXT_MAX];

	snprintf(text, EG_TARGET_TEXT_MAX, eg_addr_is4(addr) ? "%s:%u/%s" : "[%s]:%u/%s",
		 eg_addr_text(addr, address), port, proto == EG_PROTO_TCP ? "tcp" : "udp");
	return text;
}

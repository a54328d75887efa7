/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address of a resolver, as text. */
#ifndef EG_RESOLVER_H
#define EG_RESOLVER_H

#include "addr.h"

/* Parse N bytes at TEXT into ADDR: IPv4 in dotted decimal or IPv6 (RFC 4291 2.2),
 * no port and no zone. Returns NULL, or one short reason in words for people,
 * static: no address, or one that no server on a link has. */
const char *eg_resolver_parse(struct eg_addr *addr, const char *text, size_t n);

/* Whether N bytes at TEXT are an address of any kind. */
bool eg_is_address(const char *text, size_t n);

#endif

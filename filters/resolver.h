/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of servers, as text: resolvers, and what a guest may connect to. */
#ifndef EG_RESOLVER_H
#define EG_RESOLVER_H

#include "addr.h"

/* Parse N bytes at TEXT into ADDR: IPv4 in dotted decimal or IPv6 (RFC 4291 2.2),
 * no port and no zone. Returns NULL, or one short reason in words for people,
 * static: no address, or one that no server on a link has. */
const char *eg_resolver_parse(struct eg_addr *addr, const char *text, size_t n);

/* Read N bytes at TEXT, as above, as any address into ADDR. Returns its IP version, 0 where it is
 * none. */
int eg_address_read(struct eg_addr *addr, const char *text, size_t n);

/* Why ADDR, read as of VERSION, is no server's; NULL where it may be. In words, static. */
const char *eg_address_unfit(const struct eg_addr *addr, int version);

/* Whether N bytes at TEXT are an address of any kind. */
bool eg_is_address(const char *text, size_t n);

#endif

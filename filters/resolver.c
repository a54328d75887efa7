/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver.h"

#include <arpa/inet.h>

/* Why no server has an address of this kind; NULL where one may. */
static const char *const no_server[] = {
	[EG_ADDR_STATION] = NULL,
	[EG_ADDR_GROUP] = "a multicast or broadcast address",
	[EG_ADDR_UNSPECIFIED] = "the unspecified address",
	[EG_ADDR_IMPOSSIBLE] = "a loopback or reserved address",
};

int eg_address_read(struct eg_addr *addr, const char *text, size_t n)
{
	char s[INET6_ADDRSTRLEN];
	uint8_t b[16];

	/* inet_pton stops at a NUL, and would take what is in front of it. */
	if (n >= sizeof(s) || memchr(text, '\0', n))
		return 0;
	memcpy(s, text, n);
	s[n] = '\0';
	if (inet_pton(AF_INET, s, b) == 1) {
		*addr = eg_addr4(b);
		return 4;
	}
	if (inet_pton(AF_INET6, s, b) == 1) {
		*addr = eg_addr6(b);
		return 6;
	}
	return 0;
}

const char *eg_resolver_parse(struct eg_addr *addr, const char *text, size_t n)
{
	int version = eg_address_read(addr, text, n);

	return version ? eg_address_unfit(addr, version) : "neither an IPv4 nor an IPv6 address";
}

const char *eg_address_unfit(const struct eg_addr *addr, int version)
{
	/* It would be taken for the IPv4 address inside. */
	if (version == 6 && eg_addr_is4(addr))
		return "an IPv4-mapped address";
	return no_server[eg_addr_kind(addr)];
}

bool eg_is_address(const char *text, size_t n)
{
	struct eg_addr addr;

	return eg_address_read(&addr, text, n) != 0;
}

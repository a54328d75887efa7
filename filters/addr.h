/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IP addresses of both families in one form, and what each may stand for. */
#ifndef EG_ADDR_H
#define EG_ADDR_H

#include "span.h"

enum { EG_ADDR_TEXT_MAX = 46 }; /* of an IPv6 address that ends in an IPv4 one, its NUL included */

/* An address of either family: IPv4 stands as ::ffff:a.b.c.d (RFC 4291
 * 2.5.5.2), which frame decoding refuses on the wire. */
struct eg_addr {
	uint8_t b[16];
};

enum eg_addr_kind {
	EG_ADDR_STATION,     /* one host's, as far as can be told */
	EG_ADDR_GROUP,       /* multicast, or 255.255.255.255 */
	EG_ADDR_UNSPECIFIED, /* 0.0.0.0 or :: */
	EG_ADDR_IMPOSSIBLE,  /* has no business on a link */
};

enum { EG_ADDR_IP4 = 12 }; /* where the four bytes of IPv4 stand */

/* Each frame asks for these, several times. */
EG_INLINED struct eg_addr eg_addr4(const uint8_t bytes[4])
{
	struct eg_addr a = { { [10] = 0xff, [11] = 0xff } };

	memcpy(a.b + EG_ADDR_IP4, bytes, 4);
	return a;
}

static inline struct eg_addr eg_addr6(const uint8_t bytes[16])
{
	struct eg_addr a;

	memcpy(a.b, bytes, sizeof(a.b));
	return a;
}

static inline bool eg_addr_is4(const struct eg_addr *a)
{
	static const uint8_t mapped[4] = { [2] = 0xff, [3] = 0xff };
	uint64_t zero;
	uint32_t rest, ffff;

	memcpy(&zero, a->b, 8);
	memcpy(&rest, a->b + 8, 4);
	memcpy(&ffff, mapped, 4);
	return zero == 0 && rest == ffff;
}

EG_INLINED bool eg_addr_equal(const struct eg_addr *a, const struct eg_addr *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a->b, sizeof(x));
	memcpy(y, b->b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/* What the IPv4 address A (host order) may stand for. */
EG_INLINED enum eg_addr_kind eg_addr_kind4(uint32_t a)
{
	uint32_t net = a >> 24;

	if ((net >= 1 && net <= 126) || (net >= 128 && net <= 223))
		return EG_ADDR_STATION;
	if (a == 0) /* RFC 1122 3.2.1.3 */
		return EG_ADDR_UNSPECIFIED;
	if (a == UINT32_MAX || (net >= 224 && net <= 239)) /* RFC 1112 4 */
		return EG_ADDR_GROUP;
	return EG_ADDR_IMPOSSIBLE;
}

/* What A may stand for. Impossible: the rest of 0/8, 127/8, 240/4 (class E), ::1
 * and the rest of ::/96 (deprecated, RFC 4291 2.5.5.1), and IPv6 groups of a
 * scope that never leaves a host (0 and 1, RFC 4291 2.7). A subnet-directed
 * broadcast reads as a station: the subnet is not known here. */
enum eg_addr_kind eg_addr_kind(const struct eg_addr *a);

/* Whether A is multicast of any scope (224/4, ff00::/8) or 255.255.255.255. */
bool eg_addr_is_group(const struct eg_addr *a);

/* Whether A is 0.0.0.0 or ::. */
bool eg_addr_is_unspecified(const struct eg_addr *a);

/* A with all but its first LENGTH bits (0 to 128) zero; in IPv4's form the first 96 are no part
 * of the address. */
struct eg_addr eg_addr_cut(const struct eg_addr *a, unsigned length);

/* Write A into TEXT, NUL-terminated: dotted decimal, or RFC 5952. Returns TEXT. */
const char *eg_addr_text(const struct eg_addr *a, char text[EG_ADDR_TEXT_MAX]);

/* Write the MAC address that group A is sent to (RFC 1112 6.4, RFC 2464 7). */
void eg_addr_group_mac(const struct eg_addr *a, uint8_t mac[6]);

#endif

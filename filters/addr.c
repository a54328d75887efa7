/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addr.h"

#include <arpa/inet.h>

enum { IP4_AT = 12, IP4_BITS = 96 };

#define MAPPED(a, b, c, d)                                                                         \
	{                                                                                          \
		{                                                                                  \
			[10] = 0xff, [11] = 0xff, (a), (b), (c), (d)                               \
		}                                                                                  \
	}

/* The first row that holds an address says what it is; a station where none does. */
static const struct range {
	struct eg_addr prefix;
	uint8_t bits;
	enum eg_addr_kind kind;
} ranges[] = {
	{ MAPPED(0, 0, 0, 0), IP4_BITS + 32, EG_ADDR_UNSPECIFIED }, /* RFC 1122 3.2.1.3 */
	{ MAPPED(0, 0, 0, 0), IP4_BITS + 8, EG_ADDR_IMPOSSIBLE },
	{ MAPPED(127, 0, 0, 0), IP4_BITS + 8, EG_ADDR_IMPOSSIBLE },
	{ MAPPED(224, 0, 0, 0), IP4_BITS + 4, EG_ADDR_GROUP }, /* RFC 1112 4 */
	{ MAPPED(255, 255, 255, 255), IP4_BITS + 32, EG_ADDR_GROUP },
	{ MAPPED(240, 0, 0, 0), IP4_BITS + 4, EG_ADDR_IMPOSSIBLE },
	{ { { 0 } }, 128, EG_ADDR_UNSPECIFIED }, /* RFC 4291 2.5.2 */
	{ { { 0 } }, 96, EG_ADDR_IMPOSSIBLE },   /* ::1 is in here */
	{ { { 0xff } }, 8, EG_ADDR_GROUP },
};

struct eg_addr eg_addr4(const uint8_t bytes[4])
{
	struct eg_addr a = MAPPED(bytes[0], bytes[1], bytes[2], bytes[3]);

	return a;
}

struct eg_addr eg_addr6(const uint8_t bytes[16])
{
	struct eg_addr a;

	memcpy(a.b, bytes, sizeof(a.b));
	return a;
}

/* Whether A begins with the first BITS bits of PREFIX. */
static bool begins(const struct eg_addr *a, const struct eg_addr *prefix, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(a->b, prefix->b, whole) != 0)
		return false;
	return rest == 0 || (a->b[whole] ^ prefix->b[whole]) >> (8 - rest) == 0;
}

bool eg_addr_is4(const struct eg_addr *a)
{
	return begins(a, &ranges[0].prefix, IP4_BITS);
}

bool eg_addr_equal(const struct eg_addr *a, const struct eg_addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* Whether IPv6 group A has a scope that may be seen on a link: neither reserved
 * (0) nor interface-local (1). */
static bool leaves_host(const struct eg_addr *a)
{
	return (a->b[1] & 0x0f) > 1;
}

enum eg_addr_kind eg_addr_kind(const struct eg_addr *a)
{
	enum eg_addr_kind kind = EG_ADDR_STATION;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (begins(a, &ranges[i].prefix, ranges[i].bits)) {
			kind = ranges[i].kind;
			break;
		}
	if (kind == EG_ADDR_GROUP && !eg_addr_is4(a) && !leaves_host(a))
		return EG_ADDR_IMPOSSIBLE;
	return kind;
}

bool eg_addr_is_group(const struct eg_addr *a)
{
	return a->b[0] == 0xff || eg_addr_kind(a) == EG_ADDR_GROUP;
}

bool eg_addr_is_unspecified(const struct eg_addr *a)
{
	return eg_addr_kind(a) == EG_ADDR_UNSPECIFIED;
}

const char *eg_addr_text(const struct eg_addr *a, char text[EG_ADDR_TEXT_MAX])
{
	bool ip4 = eg_addr_is4(a);

	_Static_assert(INET6_ADDRSTRLEN <= EG_ADDR_TEXT_MAX, "room");
	inet_ntop(ip4 ? AF_INET : AF_INET6, a->b + (ip4 ? IP4_AT : 0), text, EG_ADDR_TEXT_MAX);
	return text;
}

void eg_addr_group_mac(const struct eg_addr *a, uint8_t mac[6])
{
	static const uint8_t group4[3] = { 0x01, 0x00, 0x5e };

	if (!eg_addr_is4(a)) {
		memset(mac, 0x33, 2);
		memcpy(mac + 2, a->b + IP4_AT, 4);
	} else if (a->b[IP4_AT] == 0xff) {
		memset(mac, 0xff, 6);
	} else {
		memcpy(mac, group4, 3);
		memcpy(mac + 3, a->b + IP4_AT + 1, 3);
		mac[3] &= 0x7f;
	}
}

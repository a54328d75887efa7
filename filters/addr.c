/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addr.h"

#include <arpa/inet.h>

/* Whether IPv6 group A has a scope that may be seen on a link: neither reserved
 * (0) nor interface-local (1). */
static bool leaves_host(const struct eg_addr *a)
{
	return (a->b[1] & 0x0f) > 1;
}

enum eg_addr_kind eg_addr_kind(const struct eg_addr *a)
{
	static const uint8_t zero[EG_ADDR_IP4];
	uint32_t low = eg_get32(a->b + EG_ADDR_IP4);

	if (eg_addr_is4(a))
		return eg_addr_kind4(low);
	if (a->b[0] == 0xff)
		return leaves_host(a) ? EG_ADDR_GROUP : EG_ADDR_IMPOSSIBLE;
	if (memcmp(a->b, zero, sizeof(zero)) != 0)
		return EG_ADDR_STATION;
	/* The rest of ::/96; ::1 is in it. */
	return low ? EG_ADDR_IMPOSSIBLE : EG_ADDR_UNSPECIFIED; /* RFC 4291 2.5.2 */
}

bool eg_addr_is_group(const struct eg_addr *a)
{
	return a->b[0] == 0xff || eg_addr_kind(a) == EG_ADDR_GROUP;
}

bool eg_addr_is_unspecified(const struct eg_addr *a)
{
	return eg_addr_kind(a) == EG_ADDR_UNSPECIFIED;
}

struct eg_addr eg_addr_cut(const struct eg_addr *a, unsigned length)
{
	struct eg_addr cut = { { 0 } };
	size_t whole = length / 8;

	memcpy(cut.b, a->b, whole);
	if (length % 8)
		cut.b[whole] = (uint8_t)(a->b[whole] & (0xff00u >> length % 8));
	return cut;
}

const char *eg_addr_text(const struct eg_addr *a, char text[EG_ADDR_TEXT_MAX])
{
	bool ip4 = eg_addr_is4(a);

	_Static_assert(INET6_ADDRSTRLEN <= EG_ADDR_TEXT_MAX, "room");
	inet_ntop(ip4 ? AF_INET : AF_INET6, a->b + (ip4 ? EG_ADDR_IP4 : 0), text, EG_ADDR_TEXT_MAX);
	return text;
}

void eg_addr_group_mac(const struct eg_addr *a, uint8_t mac[6])
{
	static const uint8_t group4[3] = { 0x01, 0x00, 0x5e };

	if (!eg_addr_is4(a)) {
		memset(mac, 0x33, 2);
		memcpy(mac + 2, a->b + EG_ADDR_IP4, 4);
	} else if (a->b[EG_ADDR_IP4] == 0xff) {
		memset(mac, 0xff, 6);
	} else {
		memcpy(mac, group4, 3);
		memcpy(mac + 3, a->b + EG_ADDR_IP4 + 1, 3);
		mac[3] &= 0x7f;
	}
}

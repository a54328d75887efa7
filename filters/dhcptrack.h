/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DHCP and BOOTP exchanges that wait for an answer: of each station, as behind one plug there may
 * be a switch with many guests that ask at once.
 */
#ifndef EG_DHCPTRACK_H
#define EG_DHCPTRACK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	EG_DHCPTRACK_STATIONS = 256, /* that wait at once */
	EG_DHCPTRACK_EXCHANGES = 4,  /* of one station */
	/* ms after the last message that asked; clients ask again after 64 seconds at the latest
	 * (RFC 2131 4.1) */
	EG_DHCPTRACK_TIMEOUT = 66000,
};

struct eg_dhcp_exchange {
	uint64_t until; /* ms: lives until then; 0: never was */
	uint32_t xid;
	bool waits; /* its last word has not come */
	bool bootp; /* asked without a DHCP message type */
};

/* All zero is an empty one; about 18 KB. */
struct eg_dhcptrack {
	uint8_t stations[EG_DHCPTRACK_STATIONS][6];
	struct eg_dhcp_exchange exchanges[EG_DHCPTRACK_STATIONS][EG_DHCPTRACK_EXCHANGES];
};

/* Station MAC asks with XID at NOW (ms, monotonic): the exchange of that xid waits, and lives for
 * EG_DHCPTRACK_TIMEOUT from now. Returns false, with T untouched, where there is no room: as many
 * other stations wait as there is room for. */
bool eg_dhcptrack_ask(struct eg_dhcptrack *t, const uint8_t mac[6], uint32_t xid, bool bootp,
		      uint64_t now);

/* The exchange of XID that lives at NOW: MAC's, or else anybody's, as clients go by the xid
 * alone (RFC 2131 4.1). NULL where there is none. T's own, until its next change. */
const struct eg_dhcp_exchange *eg_dhcptrack_find(struct eg_dhcptrack *t, const uint8_t mac[6],
						 uint32_t xid, uint64_t now);

/* The last word has come to MAC's own exchange of XID, where there is one at NOW. Further answers
 * still find it, but its place is for whoever needs one. */
void eg_dhcptrack_answered(struct eg_dhcptrack *t, const uint8_t mac[6], uint32_t xid,
			   uint64_t now);

#endif

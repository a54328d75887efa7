/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DHCP and BOOTP exchanges that wait for an answer.
 *
 * Purpose. An answer passes if it was asked for, not long ago. A plug may lead to a switch with
 * many guests, all of which boot in the same moment: none of them may lose its answer because
 * another has asked after it.
 *
 * Terms. A station is a MAC address that asked. An exchange is what it asked with one xid, as often
 * as it said it: DISCOVER and REQUEST have the same.
 *
 * Life-cycle
 *   free      its time is over
 *   waiting   from a message that servers answer on; each such message starts its clock anew
 *   answered  by the last word: ACK, NAK, a BOOTP reply. What comes after that still passes (a
 *             second server, an answer to what was said twice), but its place is for whoever
 *             needs one
 *
 * Invariants. A station that has an exchange alive has one row; no two exchanges in a row that
 * are alive have the same xid. Of two stations that ask with the same xid (by chance, or as one
 * copies what it hears) each has an exchange of its own.
 *
 * Limits. EG_DHCPTRACK_STATIONS stations, which is more than vde_switch has ports unless told
 * to, and EG_DHCPTRACK_EXCHANGES of each: a boot ROM, its operating system and a second client
 * on the same interface. Looked through one by one; the addresses stand apart, 1.5 KiB.
 *
 * Fails how. No station takes a place from another that waits: where all wait, a new one is
 * refused. A station that asks with ever new xids ends its own oldest exchange. A guest that
 * makes up stations can keep others waiting as long as it goes on: they share this table.
 *
 * References: RFC 2131 4.1 (xid, when clients ask again), RFC 951.
 */
#include "dhcptrack.h"

#include <stddef.h>
#include <string.h>

/* How much a place would be missed. */
enum worth { FREE, ANSWERED, WAITING };

static enum worth worth(const struct eg_dhcp_exchange *e, uint64_t now)
{
	if (e->until <= now)
		return FREE;
	return e->waits ? WAITING : ANSWERED;
}

static enum worth worth_of_row(const struct eg_dhcp_exchange row[EG_DHCPTRACK_EXCHANGES],
			       uint64_t now)
{
	enum worth most = FREE;

	for (size_t i = 0; i < EG_DHCPTRACK_EXCHANGES; i++) {
		enum worth one = worth(&row[i], now);

		if (one > most)
			most = one;
	}
	return most;
}

/* The row of MAC, in which something is alive; EG_DHCPTRACK_STATIONS where there is none. */
static size_t row_of(const struct eg_dhcptrack *t, const uint8_t mac[6], uint64_t now)
{
	size_t i = 0;

	while (i < EG_DHCPTRACK_STATIONS &&
	       (memcmp(t->stations[i], mac, 6) != 0 || worth_of_row(t->exchanges[i], now) == FREE))
		i++;
	return i;
}

/* The row that is missed least; EG_DHCPTRACK_STATIONS where somebody waits in each. */
static size_t spare_row(const struct eg_dhcptrack *t, uint64_t now)
{
	size_t spare = EG_DHCPTRACK_STATIONS;

	for (size_t i = 0; i < EG_DHCPTRACK_STATIONS; i++) {
		enum worth one = worth_of_row(t->exchanges[i], now);

		if (one == FREE)
			return i;
		if (one == ANSWERED && spare == EG_DHCPTRACK_STATIONS)
			spare = i;
	}
	return spare;
}

static struct eg_dhcp_exchange *find_in(struct eg_dhcp_exchange row[EG_DHCPTRACK_EXCHANGES],
					uint32_t xid, uint64_t now)
{
	for (size_t i = 0; i < EG_DHCPTRACK_EXCHANGES; i++) {
		if (row[i].xid == xid && worth(&row[i], now) != FREE)
			return &row[i];
	}
	return NULL;
}

/* The place in ROW that is missed least, and of several the oldest. */
static struct eg_dhcp_exchange *spare_in(struct eg_dhcp_exchange row[EG_DHCPTRACK_EXCHANGES],
					 uint64_t now)
{
	struct eg_dhcp_exchange *spare = &row[0];

	for (size_t i = 1; i < EG_DHCPTRACK_EXCHANGES; i++) {
		enum worth one = worth(&row[i], now), least = worth(spare, now);

		if (one < least || (one == least && row[i].until < spare->until))
			spare = &row[i];
	}
	return spare;
}

bool eg_dhcptrack_ask(struct eg_dhcptrack *t, const uint8_t mac[6], uint32_t xid, bool bootp,
		      uint64_t now)
{
	size_t row = row_of(t, mac, now);
	struct eg_dhcp_exchange *e;

	if (row == EG_DHCPTRACK_STATIONS) {
		row = spare_row(t, now);
		if (row == EG_DHCPTRACK_STATIONS)
			return false;
		memset(t->exchanges[row], 0, sizeof(t->exchanges[row]));
		memcpy(t->stations[row], mac, 6);
	}
	e = find_in(t->exchanges[row], xid, now);
	if (!e)
		e = spare_in(t->exchanges[row], now);
	*e = (struct eg_dhcp_exchange){
		.until = now + EG_DHCPTRACK_TIMEOUT, .xid = xid, .waits = true, .bootp = bootp
	};
	return true;
}

/* The exchange of XID that MAC itself has; NULL where there is none. */
static struct eg_dhcp_exchange *find_own(struct eg_dhcptrack *t, const uint8_t mac[6], uint32_t xid,
					 uint64_t now)
{
	size_t row = row_of(t, mac, now);

	return row < EG_DHCPTRACK_STATIONS ? find_in(t->exchanges[row], xid, now) : NULL;
}

const struct eg_dhcp_exchange *eg_dhcptrack_find(struct eg_dhcptrack *t, const uint8_t mac[6],
						 uint32_t xid, uint64_t now)
{
	struct eg_dhcp_exchange *e = find_own(t, mac, xid, now);

	for (size_t i = 0; !e && i < EG_DHCPTRACK_STATIONS; i++)
		e = find_in(t->exchanges[i], xid, now);
	return e;
}

void eg_dhcptrack_answered(struct eg_dhcptrack *t, const uint8_t mac[6], uint32_t xid, uint64_t now)
{
	struct eg_dhcp_exchange *e = find_own(t, mac, xid, now);

	if (e)
		e->waits = false;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model_fact.h"

#include "packet.h"

/* Decoding: one header behind the other, everything exact. */

static bool decode_l4(struct fact *f, size_t n)
{
	const uint8_t *a = f->addr[!f->guest], *b = f->addr[f->guest];
	size_t header = f->proto == TCP ? 20 : 8;
	bool four = f->version == 4;

	if (n < header)
		return false;
	if (f->proto == TCP)
		header = (size_t)(f->l4[12] >> 4) * 4;
	if (header < 8 || header > n || (f->proto == TCP && header < 20))
		return false;
	f->data = f->l4 + header;
	f->n = n - header;
	if (f->proto == UDP && get16(f->l4 + 4) != n)
		return false;
	f->port[!f->guest] = (uint16_t)get16(f->l4);
	f->port[f->guest] = (uint16_t)get16(f->l4 + 2);
	if (f->proto == ICMP || f->proto == ICMP6)
		f->port[0] = f->port[1] = 0;
	/* Where a checksum is wrong, only plain segments and datagrams of flows may pass. */
	if (f->proto == TCP && !(f->l4[13] & (FIN | SYN | RST)))
		return true;
	if (f->proto == UDP)
		return true;
	return (f->proto == ICMP ? packet_sum(f->l4, n)
				 : packet_sum_l4(a, b, four ? 4 : 16, f->proto, f->l4, n)) == 0;
}

bool model_decode(struct fact *f)
{
	const uint8_t *ip = f->bytes + PACKET_ETH;
	size_t n = f->len - PACKET_ETH, alen;

	if (f->len < PACKET_ETH || f->bytes[6] & 1)
		return false;
	memcpy(f->mac[f->guest], f->bytes, 6);
	memcpy(f->mac[!f->guest], f->bytes + 6, 6);
	if (get16(f->bytes + 12) == 0x0806)
		return true;
	if (get16(f->bytes + 12) == 0x0800 && n >= 20 && ip[0] == 0x45 && get16(ip + 2) == n &&
	    !(get16(ip + 6) & 0xbfff) && packet_sum(ip, 20) == 0)
		f->version = 4;
	else if (get16(f->bytes + 12) == 0x86dd && n >= 40 && ip[0] >> 4 == 6 &&
		 get16(ip + 4) == n - 40)
		f->version = 6;
	else
		return false;
	alen = f->version == 4 ? 4 : 16;
	memcpy(f->addr[!f->guest], ip + (f->version == 4 ? 12 : 8), alen);
	memcpy(f->addr[f->guest], ip + (f->version == 4 ? 16 : 24), alen);
	f->hops = ip[f->version == 4 ? 8 : 7];
	f->proto = ip[f->version == 4 ? 9 : 6];
	f->l4 = f->bytes + (f->version == 4 ? PACKET_L4_4 : PACKET_L4_6);
	if (f->hops == 0 ||
	    (f->proto != TCP && f->proto != UDP && f->proto != (f->version == 4 ? ICMP : ICMP6)))
		return false;
	return decode_l4(f, n - (f->version == 4 ? 20 : 40));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arp.h"

/* Offsets from the start of the frame, for an ARP packet of Ethernet and IPv4. */
enum { OP = 20, SENDER_MAC = 22, SENDER_IP = 28, TARGET_MAC = 32, TARGET_IP = 38 };
enum { REQUEST = 1, REPLY = 2 };
enum { PADDED_LEN = 60 }; /* what Ethernet pads a short frame to (IEEE 802.3 4.2.3.3) */

static const uint8_t fixed[6] = { 0, 1, 8, 0, 6, 4 };
static const uint8_t zero[6];
static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static bool same_mac(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 6) == 0;
}

/* A message that asks or tells everybody: its target MAC means nothing. */
static bool open_form(const uint8_t *b)
{
	const uint8_t *dst = b, *target = b + TARGET_MAC;

	if (eg_mac_is_group(dst) && !same_mac(dst, broadcast))
		return false;
	return same_mac(target, zero) || same_mac(target, broadcast) || same_mac(target, dst) ||
	       same_mac(target, b + SENDER_MAC);
}

/* A reply to one station. */
static bool reply_form(const uint8_t *b)
{
	return !eg_mac_is_group(b) && same_mac(b + TARGET_MAC, b);
}

static bool guest_form(const struct eg_frame *f)
{
	const uint8_t *b = f->bytes;
	const struct eg_addr sender_ip = eg_addr4(b + SENDER_IP),
			     target_ip = eg_addr4(b + TARGET_IP);
	enum eg_addr_kind sender = eg_addr_kind(&sender_ip), target = eg_addr_kind(&target_ip);
	bool request = eg_get16(b + OP) == REQUEST;

	if (f->len > PADDED_LEN || !same_mac(b + SENDER_MAC, eg_eth_src(f)))
		return false;
	if (sender != EG_ADDR_STATION && !(request && sender == EG_ADDR_UNSPECIFIED))
		return false;
	if (target != EG_ADDR_STATION && !(!request && target == EG_ADDR_UNSPECIFIED))
		return false;
	if (request || eg_addr_equal(&sender_ip, &target_ip))
		return open_form(b);
	return reply_form(b);
}

enum eg_reason eg_arp_judge(struct eg_frame *f, enum eg_dir dir)
{
	const uint8_t *b = f->bytes;

	if (f->len < EG_ARP_FRAME_LEN || memcmp(b + EG_ETH_LEN, fixed, sizeof(fixed)) != 0)
		return EG_R_ARP;
	if (eg_get16(b + OP) != REQUEST && eg_get16(b + OP) != REPLY)
		return EG_R_ARP;
	if (dir == EG_FROM_GUEST && !guest_form(f))
		return EG_R_ARP;
	f->len = EG_ARP_FRAME_LEN;
	return EG_R_NONE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dhcp_frames.h"

#include "packet.h"

#include <check.h>
#include <stdio.h>

/* Those of dhclient 4.4.3, busybox udhcpc 1.35 and systemd-networkd 252 were captured,
 * with dnsmasq 2.90 as the server, ipconfig's with libslirp 4.7; those of Windows, Linux,
 * U-Boot and iPXE were put together as these clients send them. MAC addresses and identifiers are
 * examples. */
const struct client_frame client_frames[CLIENT_FRAMES] = {
	{ .who = "dhclient discover",
	  .type = DISCOVER,
	  .xid = 0x80545541,
	  .ciaddr = 0x00000000,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}525400123456080045100148000000008011399600000000ffffffff004400430134571"
		   "1010106008054554100{20}52540012345600{202}638253633501010c02766d370d011c0203"
		   "0f06770c2c2f1a792aff00{37}" },
	{ .who = "dhclient request",
	  .type = REQUEST,
	  .xid = 0x80545541,
	  .ciaddr = 0x00000000,
	  .address = 0x0a000215,
	  .server = SERVER,
	  .frame = "ff{6}525400123456080045100148000000008011399600000000ffffffff004400430134359"
		   "1010106008054554100{20}52540012345600{202}6382536335010336040a00020232040a00"
		   "02150c02766d370d011c02030f06770c2c2f1a792aff00{25}" },
	{ .who = "dhclient release",
	  .type = RELEASE,
	  .xid = 0x8c8d0c2c,
	  .ciaddr = 0x0a000215,
	  .address = 0,
	  .server = SERVER,
	  .frame = "52550a0002025254001234560800450001486b2b40004011b6630a0002150a00020200440043"
		   "013448b2010106008c8d0c2c000000000a00021500{12}52540012345600{202}63825363350"
		   "10736040a0002020c02766dff00{46}" },
	{ .who = "udhcpc discover",
	  .type = DISCOVER,
	  .xid = 0x05a81234,
	  .ciaddr = 0x00000000,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}52540012345608004500014800000000401179a600000000ffffffff004400430134909"
		   "70101060005a8123400{20}52540012345600{202}638253633501013902024037070103060c"
		   "0f1c2a0c066775657374313c0c756468637020312e33352e303d0701525400123456ff00{12}" },
	{ .who = "udhcpc request",
	  .type = REQUEST,
	  .xid = 0x05a81234,
	  .ciaddr = 0x00000000,
	  .address = 0x0a000215,
	  .server = SERVER,
	  .frame = "ff{6}52540012345608004500014800000000401179a600000000ffffffff0044004301346f1"
		   "40101060005a81234000300{18}52540012345600{202}6382536335010332040a0002153604"
		   "0a0002023902024037070103060c0f1c2a0c066775657374313c0c756468637020312e33352e"
		   "303d0701525400123456ff" },
	{ .who = "udhcpc renewal",
	  .type = REQUEST,
	  .xid = 0x05a81234,
	  .ciaddr = 0x0a000215,
	  .address = 0,
	  .server = 0,
	  .frame = "52550a000202525400123456080045000148204a4000401101450a0002150a00020200440043"
		   "01346a6b0101060005a81234000000000a00021500{12}52540012345600{202}63825363350"
		   "1033902024037070103060c0f1c2a0c066775657374313c0c756468637020312e33352e303d0"
		   "701525400123456ff00{12}" },
	{ .who = "udhcpc release",
	  .type = RELEASE,
	  .xid = 0xf4c13114,
	  .ciaddr = 0x0a000215,
	  .address = 0,
	  .server = SERVER,
	  .frame = "52550a0002025254001234560800450001487e6d40004011a3210a0002150a00020200440043"
		   "01349f1801010600f4c13114000300000a00021500{12}52540012345600{202}63825363350"
		   "10736040a0002023d0701525400123456ff00{41}" },
	{ .who = "networkd discover",
	  .type = DISCOVER,
	  .xid = 0x2867a6ca,
	  .ciaddr = 0x00000000,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}525400123456080045c0013800000000401178f600000000ffffffff004400430124284"
		   "b010106002867a6ca000100{18}52540012345600{202}638253633501013d13ff5f6daaa800"
		   "020000ab110123456789abcdef37090103060c0f212a7879390205c00c02766dff" },
	{ .who = "networkd request",
	  .type = REQUEST,
	  .xid = 0x2867a6ca,
	  .ciaddr = 0x00000000,
	  .address = 0x0a000215,
	  .server = SERVER,
	  .frame = "ff{6}525400123456080045c0014400000000401178ea00000000ffffffff00440043013006b"
		   "3010106002867a6ca000100{18}52540012345600{202}638253633501033d13ff5f6daaa800"
		   "020000ab110123456789abcdef37090103060c0f212a7879390205c036040a00020232040a00"
		   "02150c02766dff" },
	{ .who = "networkd release",
	  .type = RELEASE,
	  .xid = 0x2867a6ca,
	  .ciaddr = 0x0a000215,
	  .address = 0,
	  .server = 0,
	  .frame = "52550a000202525400123456080045c001256e6840004011b2890a0002150a00020200440043"
		   "011122ac010106002867a6ca000b00000a00021500{12}52540012345600{202}63825363350"
		   "1073d13ff5f6daaa800020000ab110123456789abcdefff" },
	{ .who = "Windows discover",
	  .type = DISCOVER,
	  .xid = 0xa1b2c3d4,
	  .ciaddr = 0x00000000,
	  .address = 0x0a00020f,
	  .server = 0,
	  .frame = "ff{6}52540012345608004500014a1a2b000080111f7900000000ffffffff004400430136f6a"
		   "701010600a1b2c3d400{20}52540012345600{202}638253633501013d070152540012345632"
		   "040a00020f0c0f4445534b544f502d414231324344333c084d53465420352e30370e0103060f"
		   "1f212b2c2e2f7779f9fcff" },
	{ .who = "Windows request",
	  .type = REQUEST,
	  .xid = 0xa1b2c3d4,
	  .ciaddr = 0x00000000,
	  .address = 0x0a00020f,
	  .server = SERVER,
	  .frame = "ff{6}5254001234560800450001641a2b000080111f5f00000000ffffffff0044004301507b5"
		   "601010600a1b2c3d400{20}52540012345600{202}638253633501033d070152540012345632"
		   "040a00020f36040a0002020c0f4445534b544f502d4142313243443351120000004445534b54"
		   "4f502d414231324344333c084d53465420352e30370e0103060f1f212b2c2e2f7779f9fcff" },
	{ .who = "Windows inform",
	  .type = INFORM,
	  .xid = 0x0badcafe,
	  .ciaddr = 0x0a00020f,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}5254001234560800450001481a2b00008011136c0a00020fffffffff004400430134a47"
		   "c010106000badcafe000000000a00020f00{12}52540012345600{202}638253633501083d07"
		   "015254001234560c0f4445534b544f502d414231324344333c084d53465420352e30370e0103"
		   "060f1f212b2c2e2f7779f9fcff00000000" },
	{ .who = "Windows renewal",
	  .type = REQUEST,
	  .xid = 0x00c0ffee,
	  .ciaddr = 0x0a00020f,
	  .address = 0,
	  .server = 0,
	  .frame = "52550a0002025254001234560800450001581a2b00008011075a0a00020f0a00020200440043"
		   "01443c400101060000c0ffee000000000a00020f00{12}52540012345600{202}63825363350"
		   "1033d07015254001234560c0f4445534b544f502d4142313243443351120000004445534b544"
		   "f502d414231324344333c084d53465420352e30370e0103060f1f212b2c2e2f7779f9fcff" },
	{ .who = "Windows decline",
	  .type = DECLINE,
	  .xid = 0x0dec11ed,
	  .ciaddr = 0x00000000,
	  .address = 0x0a00020f,
	  .server = SERVER,
	  .frame = "ff{6}5254001234560800450001481a2b000080111f7b00000000ffffffff004400430134526"
		   "d010106000dec11ed00{20}52540012345600{202}638253633501043d070152540012345632"
		   "040a00020f36040a000202ff00{35}" },
	{ .who = "ipconfig (klibc) BOOTP",
	  .type = BOOTP,
	  .xid = 0xaeaff04b,
	  .ciaddr = 0x00000000,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}52540012345608004500010800004000401139e600000000ffffffff0044004300f400"
		   "0001010600aeaff04b00{20}52540012345600{202}" },
	{ .who = "zeros for a cookie",
	  .type = BOOTP,
	  .xid = 0x1badb002,
	  .ciaddr = 0x00000000,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}52540012345608004500014800000000ff11baa500000000ffffffff00440043013400"
		   "00010106001badb00200{20}52540012345600{266}" },
	{ .who = "Linux ip=bootp",
	  .type = BOOTP,
	  .xid = 0x11223344,
	  .ciaddr = 0x00000000,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}52540012345608004500024000004000401138ae00000000ffffffff00440043022c00"
		   "000101060011223344000200{18}52540012345600{202}6382536301040000000003040000"
		   "0000060800{8}0c2000{32}282000{32}112800{40}39020196ff00{171}" },
	{ .who = "U-Boot bootp",
	  .type = BOOTP,
	  .xid = 0x0c0ffee0,
	  .ciaddr = 0x00000000,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}52540012345608004500024000014000ff1179ac00000000ffffffff00440043022c00"
		   "00010106000c0ffee0000700{18}52540012345600{202}6382536301040000000003040000"
		   "00000604000000000c2000{32}0d020000112000{32}ff00{217}" },
	{ .who = "iPXE discover",
	  .type = DISCOVER,
	  .xid = 0x12345678,
	  .ciaddr = 0x00000000,
	  .address = 0,
	  .server = 0,
	  .frame = "ff{6}525400123456080045000187000000004011796700000000ffffffff00440043017300"
		   "00010106001234567800048000{17}52540012345600{202}63825363350101390205c05d02"
		   "00005e030102013c20505845436c69656e743a417263683a30303030303a554e44493a303032"
		   "3030314d04695058453717010306070c0f111a2b3c4243778081828384858687afcbaf0bb103"
		   "0010ec1701012701013d0701525400123456611100000102030405060708090a0b0c0d0e0fff" },
};

const char offer_frame[] =
	"52540012345652550a000202080045c00148686b00004011f8630a0002020a00021500430044"
	"01343b75020106008054554100{8}0a0002150a0002020000000052540012345600{202}6382"
	"536335010236040a0002023304000000783a040000003c3b04000000690104ffffff001c040a"
	"0002ff03040a000202ff00{14}";
const char ack_frame[] =
	"52540012345652550a000202080045c001482f3a0000401131950a0002020a00021500430044"
	"0134d5de0201060005a81234000300{6}0a0002150a0002020000000052540012345600{202}"
	"6382536335010536040a0002023304000000783a040000003c3b04000000690104ffffff001c"
	"040a0002ff0c0667756573743103040a000202ff00{6}";

const struct eg_addr server = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 2 } };
const struct eg_dhcp fresh;
const struct eg_dhcp answered = {
	.servers = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 2 } } },
};
struct eg_dhcp_options trusted;

struct eg_dhcp asking(uint32_t xid, bool bootp)
{
	static struct eg_dhcp d;

	d = fresh;
	ck_assert(eg_dhcptrack_ask(&d.exchanges, packet_guest.mac, xid, bootp, NOW));
	return d;
}

bool waits(const struct eg_dhcp *d, uint32_t xid)
{
	static struct eg_dhcp copy;
	const struct eg_dhcp_exchange *e;

	copy = *d;
	e = eg_dhcptrack_find(&copy.exchanges, packet_guest.mac, xid, NOW);
	return e && e->waits;
}

size_t unhex(uint8_t *buf, const char *hex)
{
	size_t n = 0;

	while (*hex) {
		unsigned int byte = 0;
		unsigned int times = 1;
		int used = 0;

		ck_assert_int_eq(sscanf(hex, "%2x%n", &byte, &used), 1);
		hex += used;
		if (*hex == '{') {
			ck_assert_int_eq(sscanf(hex, "{%u}%n", &times, &used), 1);
			hex += used;
		}
		memset(buf + n, (int)byte, times);
		n += times;
	}
	return n;
}

size_t dhcp_by_hand(uint8_t *buf, const void *options, size_t n, struct dhcp_patch patch)
{
	struct packet_end from = packet_at(&packet_guest, EG_DHCP_CLIENT_PORT);
	struct packet_end to = packet_at(&packet_network, EG_DHCP_SERVER_PORT);
	uint8_t msg[1000] = { 1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef };

	memset(from.ip4, 0, 4);
	memset(to.ip4, 255, 4);
	memset(to.mac, 255, 6);
	memcpy(msg + 28, packet_guest.mac, 6);
	memcpy(msg + 236, "\x63\x82\x53\x63", 4);
	memcpy(msg + AT_OPTIONS, options, n);
	if (patch.value)
		msg[patch.at] ^= patch.value;
	return packet_udp4(buf, &from, &to, msg, AT_OPTIONS + n);
}

struct result judge(const struct eg_dhcp *d, enum eg_dir dir, const uint8_t *buf, size_t n)
{
	struct result r = { .d = *d, .out_len = 0 };
	uint8_t *frame = guarded_copy(buf, n);
	struct eg_frame f;

	memset(r.out, 0xa5, sizeof(r.out));
	if (eg_frame_decode(&f, frame, n) != EG_R_NONE || !eg_dhcp_is(&f, dir))
		ck_abort_msg("no DHCP");
	if (dir == EG_FROM_GUEST)
		r.reason = eg_dhcp_judge_guest(&r.d, &f, NOW, &trusted, r.out, &r.out_len);
	else
		r.reason = eg_dhcp_judge_network(&r.d, &f, NOW);
	if (r.reason != EG_R_NONE && memcmp(&r.d, d, sizeof(*d)) != 0)
		ck_abort_msg("blocked, but not without a trace");
	guarded_free(frame, n);
	return r;
}

static void put_option(uint8_t **p, uint8_t tag, uint32_t address)
{
	if (!address)
		return;
	(*p)[0] = tag;
	(*p)[1] = 4;
	eg_put32(*p + 2, address);
	*p += 6;
}

void expected_message(uint8_t out[OUT_MSG_LEN], const struct client_frame *c, uint16_t flags)
{
	static const uint8_t list[] = { 55, 12, 1, 3, 6, 15, 26, 28, 51, 54, 58, 59, 119, 121 };
	uint8_t *p = out + AT_OPTIONS;

	memset(out, 0, OUT_MSG_LEN);
	memcpy(out, "\1\1\6", 3);
	eg_put32(out + 4, c->xid);
	eg_put16(out + 10, flags);
	eg_put32(out + 12, c->ciaddr);
	memcpy(out + 28, packet_guest.mac, 6);
	memcpy(out + 236, "\x63\x82\x53\x63", 4);
	if (c->type) {
		memcpy(p, "\x35\1", 2);
		p[2] = c->type;
		p += 3;
	}
	put_option(&p, 50, c->address);
	put_option(&p, 54, c->server);
	if (c->type == DISCOVER || c->type == REQUEST || c->type == INFORM) {
		memcpy(p, list, sizeof(list));
		p += sizeof(list);
	}
	*p = 255;
}

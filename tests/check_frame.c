/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include "checksum.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* Where things stand in frames, for edits. */
enum { DST_MAC = 0, SRC_MAC = 6, TYPE = 12, IP = PACKET_ETH };
enum {
	V4_VERSION = IP,
	V4_TOTAL = IP + 2,
	V4_FRAG = IP + 6,
	V4_TTL = IP + 8,
	V4_PROTO = IP + 9,
	V4_SUM = IP + 10,
	V4_SRC = IP + 12,
	V4_DST = IP + 16,
};
enum { V6_LEN = IP + 4, V6_NEXT = IP + 6, V6_HOPS = IP + 7, V6_SRC = IP + 8, V6_DST = IP + 24 };

/* A row: a right frame, what is changed in it, and what comes out. Checksums are
 * put right again after the change, but where AS_IS is set. */
struct row {
	const char *name;
	enum packet_base base;
	enum eg_reason want;
	bool as_is;
	struct packet_edit edits[3];
};

/* clang-format off */
#define ROW(name, base, want, ...)   { name, PACKET_##base, EG_R_##want, false, { __VA_ARGS__ } }
#define AS_IS(name, base, want, ...) { name, PACKET_##base, EG_R_##want, true, { __VA_ARGS__ } }
/* clang-format on */

/* Every cut of a frame is either refused, or decodes to the same length: what
 * was cut off was padding. */
static void decode_cut(uint8_t *copy, size_t m, void *ctx)
{
	const struct eg_frame *whole = ctx;
	struct eg_frame f;
	enum eg_reason r = eg_frame_decode(&f, copy, m);

	if (r == EG_R_NONE && f.ethertype != EG_ETHERTYPE_ARP)
		ck_assert_uint_eq(f.len, whole->len);
	if (r == EG_R_NONE)
		ck_assert_uint_le(f.len, m);
	else
		ck_assert_ptr_null(f.payload.p);
	if (m < EG_ETH_LEN)
		ck_assert_int_eq(r, EG_R_LENGTH);
}

static void check_row(const struct row *row)
{
	uint8_t b[PACKET_MAX], *copy;
	size_t len = packet_base(row->base, b);
	enum eg_reason got;
	struct eg_frame f;

	packet_apply(b, row->edits, 3);
	if (!row->as_is)
		packet_fix(b, len);
	copy = guarded_copy(b, len);
	got = eg_frame_decode(&f, copy, len);
	ck_assert_msg(got == row->want, "%s: %s, not %s", row->name, eg_reason_word(got),
		      eg_reason_word(row->want));
	ck_assert_mem_eq(copy, b, len);
	if (got != EG_R_NONE) {
		ck_assert_uint_eq(f.len, len);
		ck_assert_ptr_null(f.payload.p);
	}
	guarded_each_cut(b, len, decode_cut, &f);
	guarded_free(copy, len);
}

static void run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

#define RUN(table) run(table, sizeof(table) / sizeof((table)[0]))

START_TEST(tags_and_unknown_ethertypes_are_refused)
{
	static const struct row rows[] = {
		ROW("802.1Q", TCP4, ETHERTYPE, EDIT(TYPE, 0x81, 0x00)),
		ROW("802.1Q before IPv4", TCP4, ETHERTYPE,
		    EDIT(TYPE, 0x81, 0x00, 0, 1, 0x08, 0x00, 0x45)),
		ROW("QinQ", TCP4, ETHERTYPE, EDIT(TYPE, 0x88, 0xa8)),
		ROW("LLC", TCP4, ETHERTYPE, EDIT(TYPE, 0x00, 0x2e, 0x42, 0x42, 0x03)),
		ROW("SNAP of IPv4", TCP4, ETHERTYPE,
		    EDIT(TYPE, 0x00, 0x2e, 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00)),
		ROW("RARP", ARP, ETHERTYPE, EDIT(TYPE, 0x80, 0x35)),
		ROW("LLDP", TCP4, ETHERTYPE, EDIT(TYPE, 0x88, 0xcc)),
		ROW("tag wins over a group source", TCP4, ETHERTYPE, EDIT(SRC_MAC, 0xff, 0xff),
		    EDIT(TYPE, 0x81, 0x00)),
	};

	RUN(rows);
}
END_TEST

START_TEST(only_three_ethertypes_pass)
{
	uint8_t b[PACKET_MAX];
	size_t len = packet_base(PACKET_TCP4, b);
	struct eg_frame f;

	for (unsigned int type = 0; type < 65536; type++) {
		bool known = type == 0x0800 || type == 0x0806 || type == 0x86dd;

		eg_put16(b + TYPE, (uint16_t)type);
		ck_assert_int_eq(eg_frame_decode(&f, b, len) != EG_R_ETHERTYPE, known);
		ck_assert_uint_eq(f.ethertype, type);
	}
}
END_TEST

START_TEST(source_mac_is_a_station)
{
	static const struct row rows[] = {
		ROW("broadcast", TCP4, ETH_ADDRESS,
		    EDIT(SRC_MAC, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)),
		ROW("multicast", UDP6, ETH_ADDRESS, EDIT(SRC_MAC, 0x33, 0x33)),
		ROW("group bit alone", UDP4, ETH_ADDRESS, EDIT(SRC_MAC, 0x53)),
		ROW("zero", TCP4, ETH_ADDRESS, EDIT(SRC_MAC, 0, 0, 0, 0, 0, 0)),
		ROW("zero but for the last bit", TCP4, NONE, EDIT(SRC_MAC, 0, 0, 0, 0, 0, 1)),
		ROW("ARP from a group", ARP, ETH_ADDRESS, EDIT(SRC_MAC, 0x01)),
		ROW("ARP from zero", ARP, ETH_ADDRESS, EDIT(SRC_MAC, 0, 0, 0, 0, 0, 0)),
		ROW("wins over a bad header", TCP4, ETH_ADDRESS, EDIT(SRC_MAC, 0x01),
		    EDIT(V4_VERSION, 0x65)),
	};

	RUN(rows);
}
END_TEST

START_TEST(ip4_header_is_exact)
{
	static const struct row rows[] = {
		ROW("version 6", TCP4, IP_HEADER, EDIT(V4_VERSION, 0x65)),
		ROW("version 5", TCP4, IP_HEADER, EDIT(V4_VERSION, 0x55)),
		ROW("version 0", TCP4, IP_HEADER, EDIT(V4_VERSION, 0x05)),
		ROW("IHL 4", TCP4, IP_HEADER, EDIT(V4_VERSION, 0x44)),
		ROW("IHL 0", TCP4, IP_HEADER, EDIT(V4_VERSION, 0x40)),
		ROW("IHL behind the total length", UDP4, IP_HEADER, EDIT(V4_VERSION, 0x4f),
		    EDIT(V4_TOTAL, 0, 59)),
		ROW("IHL behind the frame", UDP4, IP_HEADER, EDIT(V4_VERSION, 0x4f),
		    EDIT(V4_TOTAL, 0, 60)),
		ROW("total above the frame", TCP4, IP_HEADER, EDIT(V4_TOTAL, 0, 69)),
		ROW("total of 65535", TCP4, IP_HEADER, EDIT(V4_TOTAL, 0xff, 0xff)),
		ROW("total below the header", TCP4, IP_HEADER, EDIT(V4_TOTAL, 0, 19)),
		ROW("total of 0 (offload)", TCP4, IP_HEADER, EDIT(V4_TOTAL, 0, 0)),
		AS_IS("wrong checksum", TCP4, IP_HEADER, EDIT(V4_SUM, 0x12, 0x34)),
		AS_IS("no checksum", TCP4, IP_HEADER, EDIT(V4_SUM, 0, 0)),
		ROW("reserved flag", TCP4, IP_HEADER, EDIT(V4_FRAG, 0x80)),
		ROW("reserved flag and DF", TCP4, IP_HEADER, EDIT(V4_FRAG, 0xc0)),
		ROW("TTL 0", TCP4, IP_HEADER, EDIT(V4_TTL, 0)),
		ROW("TTL 1", TCP4, NONE, EDIT(V4_TTL, 1)),
		ROW("no DF", TCP4, NONE, EDIT(V4_FRAG, 0)),
		ROW("another TOS", TCP4, NONE, EDIT(IP + 1, 0xff)),
	};

	RUN(rows);
}
END_TEST

START_TEST(ip4_options_are_refused)
{
	static const struct row rows[] = {
		ROW("IHL 6", TCP4, IP_OPTIONS, EDIT(V4_VERSION, 0x46)),
		ROW("IHL 15", TCP4, IP_OPTIONS, EDIT(V4_VERSION, 0x4f)),
		ROW("IHL up to the total length", UDP4, IP_OPTIONS, EDIT(V4_VERSION, 0x4c),
		    EDIT(V4_TOTAL, 0, 48)),
		ROW("in a fragment", TCP4, IP_OPTIONS, EDIT(V4_VERSION, 0x46), EDIT(V4_FRAG, 0x20)),
		AS_IS("wrong checksum wins", TCP4, IP_HEADER, EDIT(V4_VERSION, 0x46)),
	};

	RUN(rows);
}
END_TEST

START_TEST(ip4_fragments_are_refused_before_anything_in_them)
{
	static const struct row rows[] = {
		ROW("first", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x20, 0x00)),
		ROW("last, offset 1", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x00, 0x01)),
		ROW("middle", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x20, 0x10)),
		ROW("highest offset bit", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x10, 0x00)),
		ROW("DF and more", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x60, 0x00)),
		ROW("tiny", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x20), EDIT(V4_TOTAL, 0, 28)),
		ROW("empty", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x20), EDIT(V4_TOTAL, 0, 20)),
		ROW("of SCTP", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x20), EDIT(V4_PROTO, 132)),
		ROW("with a bad offset in TCP", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x20),
		    EDIT(PACKET_L4_4 + 12, 0)),
		ROW("from loopback", TCP4, FRAGMENT, EDIT(V4_FRAG, 0x20), EDIT(V4_SRC, 127)),
	};

	RUN(rows);
}
END_TEST

START_TEST(ip6_header_is_exact)
{
	static const struct row rows[] = {
		ROW("version 4", TCP6, IP_HEADER, EDIT(IP, 0x40)),
		ROW("version 7", TCP6, IP_HEADER, EDIT(IP, 0x70)),
		ROW("payload above the frame", UDP6, IP_HEADER, EDIT(V6_LEN, 0, 29)),
		ROW("payload of 65535", UDP6, IP_HEADER, EDIT(V6_LEN, 0xff, 0xff)),
		ROW("hop limit 0", TCP6, IP_HEADER, EDIT(V6_HOPS, 0)),
		ROW("hop limit 1", TCP6, NONE, EDIT(V6_HOPS, 1)),
		ROW("traffic class and flow label", TCP6, NONE, EDIT(IP, 0x6f, 1, 2, 3)),
		ROW("no payload", UDP6, L4_HEADER, EDIT(V6_LEN, 0, 0)),
		ROW("jumbogram", UDP6, IP_OPTIONS, EDIT(V6_LEN, 0, 0), EDIT(V6_NEXT, 0)),
		ROW("in the other ethertype", UDP6, IP_HEADER, EDIT(TYPE, 0x08, 0x00)),
		ROW("and the other way round", UDP4, IP_HEADER, EDIT(TYPE, 0x86, 0xdd)),
	};

	RUN(rows);
}
END_TEST

/* The exact set of what may be inside, and the reason for all else. */
START_TEST(every_protocol_number_has_its_reason)
{
	uint8_t b4[PACKET_MAX], b6[PACKET_MAX];
	size_t len4 = packet_base(PACKET_TCP4, b4), len6 = packet_base(PACKET_TCP6, b6);
	struct eg_frame f;

	for (int p = 0; p < 256; p++) {
		enum eg_reason want4 = EG_R_IP_PROTOCOL, want6 = EG_R_IP_PROTOCOL;

		if (p == 6 || p == 1)
			want4 = EG_R_NONE;
		if (p == 6 || p == 58)
			want6 = EG_R_NONE;
		if (p == 17) /* the TCP header is no right UDP header */
			want4 = want6 = EG_R_L4_HEADER;
		if (p == 0 || p == 43 || p == 51 || p == 60)
			want6 = EG_R_IP_OPTIONS;
		if (p == 44)
			want6 = EG_R_FRAGMENT;
		b4[V4_PROTO] = b6[V6_NEXT] = (uint8_t)p;
		packet_fix(b4, len4);
		ck_assert_msg(eg_frame_decode(&f, b4, len4) == want4, "IPv4 protocol %d", p);
		ck_assert_msg(eg_frame_decode(&f, b6, len6) == want6, "IPv6 next header %d", p);
		ck_assert_uint_eq(f.proto, b4[V4_PROTO]);
	}
}
END_TEST

/* A reader of the capture is told of the tunnel, not of the address in it. */
START_TEST(protocol_and_extension_win_over_addresses)
{
	static const struct row rows[] = {
		ROW("IGMP from 0.0.0.0", TCP4, IP_PROTOCOL, EDIT(V4_PROTO, 2),
		    EDIT(V4_SRC, 0, 0, 0, 0)),
		ROW("MLD from ::, behind hop-by-hop", UDP6, IP_OPTIONS, EDIT(V6_NEXT, 0),
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
		ROW("fragment from ::1", UDP6, FRAGMENT, EDIT(V6_NEXT, 44),
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
		ROW("GRE to a broadcast MAC", TCP4, IP_PROTOCOL, EDIT(V4_PROTO, 47),
		    EDIT(DST_MAC, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)),
	};

	RUN(rows);
}
END_TEST

#define MAC_ALL EDIT(DST_MAC, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)

START_TEST(ip4_source_is_a_station)
{
	static const struct row rows[] = {
		ROW("127.0.0.1", UDP4, IP_ADDRESS, EDIT(V4_SRC, 127, 0, 0, 1)),
		ROW("127.255.255.255", TCP4, IP_ADDRESS, EDIT(V4_SRC, 127, 255, 255, 255)),
		ROW("0.1.2.3", UDP4, IP_ADDRESS, EDIT(V4_SRC, 0, 1, 2, 3)),
		ROW("0.0.0.0 in UDP", UDP4, NONE, EDIT(V4_SRC, 0, 0, 0, 0)),
		ROW("0.0.0.0 in TCP", TCP4, IP_ADDRESS, EDIT(V4_SRC, 0, 0, 0, 0)),
		ROW("0.0.0.0 in ICMP", ICMP4, IP_ADDRESS, EDIT(V4_SRC, 0, 0, 0, 0)),
		ROW("224.0.0.1", UDP4, IP_ADDRESS, EDIT(V4_SRC, 224, 0, 0, 1)),
		ROW("255.255.255.255", UDP4, IP_ADDRESS, EDIT(V4_SRC, 255, 255, 255, 255)),
		ROW("240.0.0.1", TCP4, IP_ADDRESS, EDIT(V4_SRC, 240, 0, 0, 1)),
		ROW("its own destination", TCP4, IP_ADDRESS, EDIT(V4_SRC, 10, 0, 2, 2)),
	};

	RUN(rows);
}
END_TEST

START_TEST(ip4_destination_is_a_station_or_a_group)
{
	static const struct row rows[] = {
		ROW("127.0.0.1", UDP4, IP_ADDRESS, EDIT(V4_DST, 127, 0, 0, 1)),
		ROW("0.0.0.0", UDP4, IP_ADDRESS, EDIT(V4_DST, 0, 0, 0, 0)),
		ROW("0.0.0.0 to all", UDP4, IP_ADDRESS, EDIT(V4_DST, 0, 0, 0, 0), MAC_ALL),
		ROW("0.0.0.1", TCP4, IP_ADDRESS, EDIT(V4_DST, 0, 0, 0, 1)),
		ROW("255.255.255.254", UDP4, IP_ADDRESS, EDIT(V4_DST, 255, 255, 255, 254)),
		ROW("240.0.0.1", UDP4, IP_ADDRESS, EDIT(V4_DST, 240, 0, 0, 1)),
		ROW("1.1.1.1", UDP4, NONE, EDIT(V4_DST, 1, 1, 1, 1)),
		ROW("255.255.255.255", UDP4, NONE, EDIT(V4_DST, 255, 255, 255, 255), MAC_ALL),
		ROW("DHCP's pair", UDP4, NONE, EDIT(V4_SRC, 0, 0, 0, 0, 255, 255, 255, 255),
		    MAC_ALL),
	};

	RUN(rows);
}
END_TEST

START_TEST(ip6_addresses_stand_where_they_may)
{
	static const struct row rows[] = {
		ROW("from ::1", UDP6, IP_ADDRESS,
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
		ROW("to ::1", TCP6, IP_ADDRESS,
		    EDIT(V6_DST, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
		ROW("from :: in UDP", UDP6, NONE,
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
		ROW("from :: in ICMPv6", ICMP6, NONE,
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
		ROW("from :: in TCP", TCP6, IP_ADDRESS,
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
		ROW("to ::", UDP6, IP_ADDRESS,
		    EDIT(V6_DST, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
		ROW("from IPv4-mapped", UDP6, IP_ADDRESS,
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 15)),
		ROW("to IPv4-mapped", UDP6, IP_ADDRESS,
		    EDIT(V6_DST, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 2)),
		ROW("from IPv4-mapped 0.0.0.0", UDP6, IP_ADDRESS,
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0)),
		ROW("from IPv4-compatible", UDP6, IP_ADDRESS,
		    EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 2, 15)),
		ROW("to IPv4-compatible", TCP6, IP_ADDRESS,
		    EDIT(V6_DST, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2)),
		ROW("from a group", UDP6, IP_ADDRESS, EDIT(V6_SRC, 0xff, 0x02)),
		ROW("its own destination", UDP6, IP_ADDRESS,
		    EDIT(V6_SRC, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)),
		ROW("to an interface-local group", UDP6, IP_ADDRESS, EDIT(V6_DST, 0xff, 0x01),
		    EDIT(DST_MAC, 0x33, 0x33, 0, 0, 0, 2)),
		ROW("link-local", UDP6, NONE, EDIT(V6_SRC, 0xfe, 0x80)),
		ROW("site-local, slirp's own", UDP6, NONE, EDIT(V6_DST, 0xfe, 0xc0)),
	};

	RUN(rows);
}
END_TEST

START_TEST(group_mac_goes_with_its_group_address_only)
{
	static const struct row rows[] = {
		ROW("unicast IP, broadcast MAC", TCP4, ETH_ADDRESS, MAC_ALL),
		ROW("subnet's broadcast, broadcast MAC", UDP4, ETH_ADDRESS,
		    EDIT(V4_DST, 10, 0, 2, 255), MAC_ALL),
		ROW("unicast IP, multicast MAC", UDP4, ETH_ADDRESS, EDIT(DST_MAC, 1, 0, 0x5e)),
		ROW("unicast IPv6, multicast MAC", UDP6, ETH_ADDRESS, EDIT(DST_MAC, 0x33, 0x33)),
		ROW("unicast IP, zero MAC", UDP4, ETH_ADDRESS, EDIT(DST_MAC, 0, 0, 0, 0, 0, 0)),
		ROW("broadcast IP, unicast MAC", UDP4, ETH_ADDRESS,
		    EDIT(V4_DST, 255, 255, 255, 255)),
		ROW("multicast IP, unicast MAC", UDP4, ETH_ADDRESS, EDIT(V4_DST, 224, 0, 0, 251)),
		ROW("multicast IP, broadcast MAC", UDP4, ETH_ADDRESS, EDIT(V4_DST, 224, 0, 0, 251),
		    MAC_ALL),
		ROW("multicast IP, its MAC", UDP4, NONE, EDIT(V4_DST, 224, 0, 0, 251),
		    EDIT(DST_MAC, 1, 0, 0x5e, 0, 0, 0xfb)),
		ROW("broadcast IP, bridge group MAC", UDP4, ETH_ADDRESS,
		    EDIT(V4_DST, 255, 255, 255, 255), EDIT(DST_MAC, 1, 0x80, 0xc2, 0, 0, 0)),
		ROW("IPv6 group, its MAC", UDP6, NONE, EDIT(V6_DST, 0xff, 0x02),
		    EDIT(DST_MAC, 0x33, 0x33, 0, 0, 0, 2)),
		ROW("IPv6 group, another's MAC", UDP6, ETH_ADDRESS, EDIT(V6_DST, 0xff, 0x02),
		    EDIT(DST_MAC, 0x33, 0x33, 0, 0, 0, 1)),
		ROW("IPv6 group, broadcast MAC", UDP6, ETH_ADDRESS, EDIT(V6_DST, 0xff, 0x02),
		    MAC_ALL),
		ROW("ARP to all", ARP, NONE, MAC_ALL),
	};

	RUN(rows);
}
END_TEST

START_TEST(tcp_header_is_exact)
{
	static const struct row rows[] = {
		ROW("source port 0", TCP4, L4_HEADER, EDIT(PACKET_L4_4, 0, 0)),
		ROW("destination port 0", TCP6, L4_HEADER, EDIT(PACKET_L4_6 + 2, 0, 0)),
		ROW("offset 4", TCP4, L4_HEADER, EDIT(PACKET_L4_4 + 12, 0x40)),
		ROW("offset 0", TCP6, L4_HEADER, EDIT(PACKET_L4_6 + 12, 0x00)),
		ROW("offset 12: all of it", TCP4, NONE, EDIT(PACKET_L4_4 + 12, 0xc0)),
		ROW("offset 13: more than it", TCP4, L4_HEADER, EDIT(PACKET_L4_4 + 12, 0xd0)),
		ROW("offset in the padding", TCP4, L4_HEADER, EDIT(V4_TOTAL, 0, 47)),
		ROW("19 bytes", TCP4, L4_HEADER, EDIT(V4_TOTAL, 0, 39)),
		ROW("none", TCP4, L4_HEADER, EDIT(V4_TOTAL, 0, 20)),
		ROW("20 bytes", TCP4, NONE, EDIT(V4_TOTAL, 0, 40), EDIT(PACKET_L4_4 + 12, 0x50)),
		ROW("all flags", TCP4, NONE, EDIT(PACKET_L4_4 + 13, 0xff)),
		ROW("no flags", TCP4, NONE, EDIT(PACKET_L4_4 + 13, 0)),
		AS_IS("wrong checksum is not ours to judge", TCP4, NONE,
		      EDIT(PACKET_L4_4 + 16, 1, 2)),
	};

	RUN(rows);
}
END_TEST

/* Of the low four bits behind the offset only the lowest means something. */
START_TEST(tcp_offset_byte_is_judged_bit_by_bit)
{
	uint8_t b[PACKET_MAX];
	size_t len = packet_base(PACKET_TCP4, b);
	struct eg_frame f;

	for (unsigned int v = 0; v < 256; v++) {
		bool right = v >> 4 >= 5 && v >> 4 <= 12 && (v & 0x0e) == 0;

		b[PACKET_L4_4 + 12] = (uint8_t)v;
		ck_assert_int_eq(eg_frame_decode(&f, b, len), right ? EG_R_NONE : EG_R_L4_HEADER);
		if (right)
			ck_assert_uint_eq(f.payload.n, 48 - (v >> 4) * 4);
	}
}
END_TEST

START_TEST(udp_and_icmp_headers_are_exact)
{
	static const struct row rows[] = {
		ROW("UDP source port 0", UDP4, L4_HEADER, EDIT(PACKET_L4_4, 0, 0)),
		ROW("UDP destination port 0", UDP6, L4_HEADER, EDIT(PACKET_L4_6 + 2, 0, 0)),
		ROW("UDP length one less", UDP4, L4_HEADER, EDIT(PACKET_L4_4 + 4, 0, 27)),
		ROW("UDP length one more", UDP6, L4_HEADER, EDIT(PACKET_L4_6 + 4, 0, 29)),
		ROW("UDP length 0", UDP6, L4_HEADER, EDIT(PACKET_L4_6 + 4, 0, 0)),
		ROW("UDP behind the IP length", UDP4, L4_HEADER, EDIT(V4_TOTAL, 0, 47)),
		ROW("7 bytes of UDP", UDP4, L4_HEADER, EDIT(V4_TOTAL, 0, 27),
		    EDIT(PACKET_L4_4 + 4, 0, 7)),
		ROW("8 bytes of UDP", UDP4, NONE, EDIT(V4_TOTAL, 0, 28),
		    EDIT(PACKET_L4_4 + 4, 0, 8)),
		ROW("7 bytes of ICMP", ICMP4, L4_HEADER, EDIT(V4_TOTAL, 0, 27)),
		ROW("8 bytes of ICMP", ICMP4, NONE, EDIT(V4_TOTAL, 0, 28)),
		ROW("7 bytes of ICMPv6", ICMP6, L4_HEADER, EDIT(V6_LEN, 0, 7)),
		ROW("8 bytes of ICMPv6", ICMP6, NONE, EDIT(V6_LEN, 0, 8)),
	};

	RUN(rows);
}
END_TEST

/* Any one flipped bit of an IPv4 header breaks its checksum, or says so earlier. */
START_TEST(every_flipped_ip4_header_bit_is_refused)
{
	uint8_t b[PACKET_MAX];
	size_t len = packet_base(PACKET_UDP4, b);
	struct eg_frame f;

	for (size_t bit = IP * 8; bit < PACKET_L4_4 * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_IP_HEADER);
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, tags_and_unknown_ethertypes_are_refused);
	tcase_add_test(t, only_three_ethertypes_pass);
	tcase_add_test(t, source_mac_is_a_station);
	tcase_add_test(t, ip4_header_is_exact);
	tcase_add_test(t, ip4_options_are_refused);
	tcase_add_test(t, ip4_fragments_are_refused_before_anything_in_them);
	tcase_add_test(t, ip6_header_is_exact);
	tcase_add_test(t, every_protocol_number_has_its_reason);
	tcase_add_test(t, protocol_and_extension_win_over_addresses);
	tcase_add_test(t, ip4_source_is_a_station);
	tcase_add_test(t, ip4_destination_is_a_station_or_a_group);
	tcase_add_test(t, ip6_addresses_stand_where_they_may);
	tcase_add_test(t, group_mac_goes_with_its_group_address_only);
	tcase_add_test(t, tcp_header_is_exact);
	tcase_add_test(t, tcp_offset_byte_is_judged_bit_by_bit);
	tcase_add_test(t, udp_and_icmp_headers_are_exact);
	tcase_add_test(t, every_flipped_ip4_header_bit_is_refused);
}

int main(void)
{
	Suite *s = suite_create("frame");
	TCase *t = tcase_create("frame");
	SRunner *r = srunner_create(s);
	int failed;

	add_tests(t);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

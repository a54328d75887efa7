/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arp.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* Where things stand in an ARP frame. */
enum { DST = 0, HTYPE = 14, PTYPE = 16, HLEN = 18, PLEN = 19, OP = 20 };
enum { SHA = 22, SPA = 28, THA = 32, TPA = 38 };

#define ZEROS 0, 0, 0, 0, 0, 0
#define ONES  0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define GUEST 0x52, 0x54, 0x00, 0x12, 0x34, 0x56

/* A row: a request (op 1) or reply of the guest's to the network, changed; and
 * whether it passes from the guest and, the same bytes, from the network. */
struct row {
	const char *name;
	uint16_t op;
	bool guest, network;
	struct packet_edit edits[4];
};

static void judge_cut(uint8_t *copy, size_t m, void *ctx)
{
	const enum eg_reason *want = ctx;

	for (enum eg_dir dir = EG_FROM_GUEST; dir <= EG_FROM_NETWORK; dir++) {
		struct eg_frame f;

		if (eg_frame_decode(&f, copy, m) != EG_R_NONE)
			continue;
		ck_assert_int_eq(eg_arp_judge(&f, dir),
				 m < EG_ARP_FRAME_LEN ? EG_R_ARP : want[dir]);
		ck_assert_uint_eq(f.len, m < EG_ARP_FRAME_LEN || want[dir] ? m : EG_ARP_FRAME_LEN);
	}
}

/* At every length up to the padding of a minimal Ethernet frame. */
static void check_row(const struct row *row)
{
	const enum eg_reason want[] = {
		[EG_FROM_GUEST] = row->guest ? EG_R_NONE : EG_R_ARP,
		[EG_FROM_NETWORK] = row->network ? EG_R_NONE : EG_R_ARP,
	};
	uint8_t b[PACKET_MAX];
	size_t len = packet_arp(b, &packet_guest, &packet_network, row->op);
	struct eg_frame f;

	packet_apply(b, row->edits, 4);
	for (enum eg_dir dir = EG_FROM_GUEST; dir <= EG_FROM_NETWORK; dir++) {
		ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
		ck_assert_msg(eg_arp_judge(&f, dir) == want[dir], "%s, direction %d", row->name,
			      (int)dir);
	}
	memset(b + len, 0x5a, 19);
	guarded_each_cut(b, len + 18, judge_cut, (void *)(uintptr_t)want);
	/* What is longer than any padding is a payload, where the guest sends it. */
	ck_assert_int_eq(eg_frame_decode(&f, b, len + 19), EG_R_NONE);
	ck_assert_int_eq(eg_arp_judge(&f, EG_FROM_GUEST), EG_R_ARP);
	ck_assert_int_eq(eg_arp_judge(&f, EG_FROM_NETWORK), want[EG_FROM_NETWORK]);
}

static void run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

#define RUN(table) run(table, sizeof(table) / sizeof((table)[0]))

/* clang-format off */
#define REQUEST(name, guest, ...) { name, 1, guest, true, { __VA_ARGS__ } }
#define REPLY(name, guest, ...)   { name, 2, guest, true, { __VA_ARGS__ } }
#define NEVER(name, op, ...)      { name, op, false, false, { __VA_ARGS__ } }
/* clang-format on */

START_TEST(fixed_fields_are_fixed_both_ways)
{
	static const struct row rows[] = {
		NEVER("hardware type 6", 1, EDIT(HTYPE, 0, 6)),
		NEVER("hardware type 0x101", 1, EDIT(HTYPE, 1, 1)),
		NEVER("protocol IPv6", 1, EDIT(PTYPE, 0x86, 0xdd)),
		NEVER("trailer protocol", 1, EDIT(PTYPE, 0x10, 0x00)),
		NEVER("hardware length 0", 1, EDIT(HLEN, 0)),
		NEVER("hardware length 8", 1, EDIT(HLEN, 8)),
		NEVER("protocol length 16", 2, EDIT(PLEN, 16)),
		NEVER("protocol length 0", 2, EDIT(PLEN, 0)),
	};

	RUN(rows);
}
END_TEST

/* RARP (3, 4), InARP (8, 9), NAK (10) and whatever else are not for a guest. */
START_TEST(only_request_and_reply_pass)
{
	uint8_t b[PACKET_MAX];
	size_t len = packet_arp(b, &packet_guest, &packet_network, 1);
	struct eg_frame f;

	for (unsigned int op = 0; op < 65536; op++) {
		bool known = op == 1 || op == 2;

		eg_put16(b + OP, (uint16_t)op);
		ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
		ck_assert_int_eq(eg_arp_judge(&f, EG_FROM_GUEST), known ? EG_R_NONE : EG_R_ARP);
		ck_assert_int_eq(eg_arp_judge(&f, EG_FROM_NETWORK), known ? EG_R_NONE : EG_R_ARP);
	}
}
END_TEST

START_TEST(sender_mac_is_the_source)
{
	static const struct row rows[] = {
		REQUEST("another's", false, EDIT(SHA, 0x52, 0x55, 0x0a, 0, 2, 2)),
		REQUEST("last byte off", false, EDIT(SHA + 5, 0x57)),
		REQUEST("zero", false, EDIT(SHA, ZEROS)),
		REPLY("another's", false, EDIT(SHA, 0x52, 0x55, 0x0a, 0, 2, 2)),
		REPLY("broadcast", false, EDIT(SHA, ONES)),
	};

	RUN(rows);
}
END_TEST

START_TEST(addresses_are_stations)
{
	static const struct row rows[] = {
		REQUEST("from loopback", false, EDIT(SPA, 127, 0, 0, 1)),
		REQUEST("from a group", false, EDIT(SPA, 224, 0, 0, 1)),
		REQUEST("from broadcast", false, EDIT(SPA, 255, 255, 255, 255)),
		REQUEST("probe", true, EDIT(SPA, 0, 0, 0, 0)),
		REQUEST("from 0.0.0.1", false, EDIT(SPA, 0, 0, 0, 1)),
		REQUEST("for 0.0.0.0", false, EDIT(TPA, 0, 0, 0, 0)),
		REQUEST("for loopback", false, EDIT(TPA, 127, 0, 0, 1)),
		REQUEST("for a group", false, EDIT(TPA, 239, 1, 1, 1)),
		REQUEST("for an address outside", true, EDIT(TPA, 1, 1, 1, 1)),
		REPLY("from 0.0.0.0", false, EDIT(SPA, 0, 0, 0, 0)),
		REPLY("0.0.0.0 to 0.0.0.0", false, EDIT(SPA, 0, 0, 0, 0), EDIT(TPA, 0, 0, 0, 0)),
		REPLY("to a probe", true, EDIT(TPA, 0, 0, 0, 0)),
		REPLY("to class E", false, EDIT(TPA, 240, 0, 0, 1)),
	};

	RUN(rows);
}
END_TEST

/* The target MAC of a request is read by nobody, so nobody may write in it. */
START_TEST(request_target_mac_says_nothing)
{
	static const struct row rows[] = {
		REQUEST("to a station, its MAC", true),
		REQUEST("to a station, zero", true, EDIT(THA, ZEROS)),
		REQUEST("to all, zero", true, EDIT(DST, ONES), EDIT(THA, ZEROS)),
		REQUEST("to all, broadcast", true, EDIT(DST, ONES), EDIT(THA, ONES)),
		REQUEST("to all, the sender's", true, EDIT(DST, ONES), EDIT(THA, GUEST)),
		REQUEST("to all, six bytes of data", false, EDIT(DST, ONES),
			EDIT(THA, 's', 'e', 'c', 'r', 'e', 't')),
		REQUEST("to a station, six bytes of data", false, EDIT(THA, 1, 2, 3, 4, 5, 6)),
		REQUEST("to a station, one bit off", false, EDIT(THA + 5, 3)),
	};

	RUN(rows);
}
END_TEST

START_TEST(request_goes_to_one_or_to_all)
{
	static const struct row rows[] = {
		REQUEST("multicast", false, EDIT(DST, 1, 0, 0x5e, 0, 0, 1), EDIT(THA, ZEROS)),
		REQUEST("bridge group", false, EDIT(DST, 1, 0x80, 0xc2, 0, 0, 0), EDIT(THA, ZEROS)),
		REQUEST("nearly broadcast", false, EDIT(DST, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe),
			EDIT(THA, ZEROS)),
	};

	RUN(rows);
}
END_TEST

START_TEST(reply_goes_to_its_target)
{
	static const struct row rows[] = {
		REPLY("to a station", true),
		REPLY("target another's", false, EDIT(THA, GUEST)),
		REPLY("target zero", false, EDIT(THA, ZEROS)),
		REPLY("target broadcast", false, EDIT(THA, ONES)),
		REPLY("to all", false, EDIT(DST, ONES)),
		REPLY("to all, target broadcast", false, EDIT(DST, ONES), EDIT(THA, ONES)),
		REPLY("to a group", false, EDIT(DST, 1, 0, 0x5e, 0, 0, 1),
		      EDIT(THA, 1, 0, 0x5e, 0, 0, 1)),
	};

	RUN(rows);
}
END_TEST

/* RFC 5227 3: what arping -A, and hosts that come up, send. */
START_TEST(gratuitous_reply_may_go_to_all)
{
	static const struct row rows[] = {
		REPLY("target zero", true, EDIT(DST, ONES), EDIT(TPA, 10, 0, 2, 15),
		      EDIT(THA, ZEROS)),
		REPLY("target broadcast", true, EDIT(DST, ONES), EDIT(TPA, 10, 0, 2, 15),
		      EDIT(THA, ONES)),
		REPLY("target own", true, EDIT(DST, ONES), EDIT(TPA, 10, 0, 2, 15),
		      EDIT(THA, GUEST)),
		REPLY("target data", false, EDIT(DST, ONES), EDIT(TPA, 10, 0, 2, 15),
		      EDIT(THA, 1, 2, 3, 4, 5, 6)),
		REPLY("to a group", false, EDIT(DST, 1, 0, 0x5e, 0, 0, 1), EDIT(TPA, 10, 0, 2, 15),
		      EDIT(THA, ZEROS)),
		REPLY("not quite the same address", false, EDIT(DST, ONES), EDIT(TPA, 10, 0, 2, 14),
		      EDIT(THA, ZEROS)),
		REQUEST("announcement", true, EDIT(DST, ONES), EDIT(TPA, 10, 0, 2, 15),
			EDIT(THA, ZEROS)),
	};

	RUN(rows);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("arp");
	TCase *t = tcase_create("arp");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, fixed_fields_are_fixed_both_ways);
	tcase_add_test(t, only_request_and_reply_pass);
	tcase_add_test(t, sender_mac_is_the_source);
	tcase_add_test(t, addresses_are_stations);
	tcase_add_test(t, request_target_mac_says_nothing);
	tcase_add_test(t, request_goes_to_one_or_to_all);
	tcase_add_test(t, reply_goes_to_its_target);
	tcase_add_test(t, gratuitous_reply_may_go_to_all);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

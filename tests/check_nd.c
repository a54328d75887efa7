/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nd.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* Where things stand in the frames: bytes of the ICMPv6 message, then of IP. */
enum { ICMP = PACKET_L4_6, CODE = ICMP + 1, WORD = ICMP + 4, TARGET = ICMP + 8 };
enum { OPT = TARGET + 16, HOPS = PACKET_ETH + 7, SRC = PACKET_ETH + 8, DST = PACKET_ETH + 24 };

#define NOWHERE 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define GUEST   0x52, 0x54, 0x00, 0x12, 0x34, 0x56
/* Groups, with the MAC that each maps to. */
#define TO_GROUP(last)                                                                             \
	EDIT(DST, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last),                           \
		EDIT(0, 0x33, 0x33, 0, 0, 0, last)
#define TO_NODES   TO_GROUP(1)
#define TO_ROUTERS TO_GROUP(2)
/* fd00::2's solicited-node group. */
#define TO_SOLICITED                                                                               \
	EDIT(DST, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 2),                           \
		EDIT(0, 0x33, 0x33, 0xff, 0, 0, 2)

/* A row: a message of TYPE with OPTIONS bytes of options behind its fixed part,
 * changed. Right checksums, but where AS_IS is set. */
struct row {
	const char *name;
	uint8_t type;
	size_t options;
	enum eg_dir dir;
	enum eg_reason want;
	struct packet_edit edits[6];
	bool as_is;
};

/* fd00::2, the target; one link-layer option with the sender's MAC; the rest zero. */
static size_t build(const struct row *row, uint8_t *b)
{
	const struct packet_end *from = &packet_guest, *to = &packet_network;
	uint8_t body[256] = { 0 };
	size_t fixed = 16;

	if (row->type == EG_ND_RS)
		fixed = 0;
	else if (row->type == EG_ND_RA)
		fixed = 8;
	else
		memcpy(body, packet_network.ip6, 16);
	if (row->dir == EG_FROM_NETWORK) {
		from = &packet_network;
		to = &packet_guest;
	}
	body[fixed] = row->type == EG_ND_NA ? 2 : 1;
	body[fixed + 1] = 1;
	memcpy(body + fixed + 2, from->mac, 6);
	return packet_icmp6(b, from, to, row->type, 0, 0, body, fixed + row->options);
}

/* No proper beginning passes: frame decoding refuses it already. */
static void judge_cut(uint8_t *copy, size_t m, void *ctx)
{
	const struct row *row = ctx;
	struct eg_frame f;

	if (eg_frame_decode(&f, copy, m) == EG_R_NONE)
		ck_assert_int_eq(eg_nd_judge(&f, row->dir), row->want);
}

/* Nor does one whose IP length admits to it, but for options that are not there
 * at all: checked is that nothing is read behind it. */
static void judge_shorter(const struct row *row, uint8_t *b, size_t len)
{
	for (size_t m = PACKET_L4_6 + 8; m < len; m++) {
		uint8_t *copy = guarded_copy(b, m);
		struct eg_frame f;

		eg_put16(copy + PACKET_ETH + 4, (uint16_t)(m - PACKET_L4_6));
		packet_fix(copy, m);
		ck_assert_int_eq(eg_frame_decode(&f, copy, m), EG_R_NONE);
		if (eg_nd_judge(&f, row->dir) == EG_R_NONE)
			ck_assert_uint_eq((m - PACKET_L4_6) % 8, 0);
		guarded_free(copy, m);
	}
}

static void check_row(const struct row *row)
{
	uint8_t b[PACKET_MAX];
	size_t len = build(row, b);
	enum eg_reason got;
	struct eg_frame f;

	packet_apply(b, row->edits, 6);
	if (!row->as_is)
		packet_fix(b, len);
	ck_assert_msg(eg_frame_decode(&f, b, len) == EG_R_NONE, "%s: no frame", row->name);
	ck_assert(eg_nd_is(&f));
	got = eg_nd_judge(&f, row->dir);
	ck_assert_msg(got == row->want, "%s: %s, not %s", row->name, eg_reason_word(got),
		      eg_reason_word(row->want));
	guarded_each_cut(b, len, judge_cut, (void *)(uintptr_t)row);
	judge_shorter(row, b, len);
}

static void run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

#define RUN(table) run(table, sizeof(table) / sizeof((table)[0]))

/* clang-format off */
#define OUT(name, type, options, want, ...) \
	{ name, EG_ND_##type, options, EG_FROM_GUEST, EG_R_##want, { __VA_ARGS__ }, false }
#define IN(name, type, options, want, ...) \
	{ name, EG_ND_##type, options, EG_FROM_NETWORK, EG_R_##want, { __VA_ARGS__ }, false }
#define AS_IS(name, type, dir, want, ...) \
	{ name, EG_ND_##type, 8, dir, EG_R_##want, { __VA_ARGS__ }, true }
/* clang-format on */

START_TEST(guest_router_solicitation_is_exact)
{
	static const struct row rows[] = {
		OUT("bare", RS, 0, NONE, TO_ROUTERS),
		OUT("with its MAC", RS, 8, NONE, TO_ROUTERS),
		OUT("bare, from ::", RS, 0, NONE, TO_ROUTERS, EDIT(SRC, NOWHERE)),
		OUT("with its MAC, from ::", RS, 8, ND, TO_ROUTERS, EDIT(SRC, NOWHERE)),
		OUT("to a station", RS, 0, ND),
		OUT("to all nodes", RS, 0, ND, TO_NODES),
		OUT("reserved bits", RS, 0, ND, TO_ROUTERS, EDIT(WORD + 3, 1)),
		OUT("highest reserved bit", RS, 0, ND, TO_ROUTERS, EDIT(WORD, 0x80)),
		OUT("another's MAC", RS, 8, ND, TO_ROUTERS, EDIT(ICMP + 15, 0x57)),
		OUT("target option", RS, 8, ND, TO_ROUTERS, EDIT(ICMP + 8, 2)),
		OUT("nonce", RS, 8, ND, TO_ROUTERS, EDIT(ICMP + 8, 14)),
		OUT("option of length 0", RS, 8, ND, TO_ROUTERS, EDIT(ICMP + 9, 0)),
		OUT("option of length 2", RS, 8, ND, TO_ROUTERS, EDIT(ICMP + 9, 2)),
		OUT("two options", RS, 16, ND, TO_ROUTERS, EDIT(ICMP + 16, 1, 1, GUEST)),
		OUT("option of 16 bytes", RS, 16, ND, TO_ROUTERS, EDIT(ICMP + 9, 2)),
		OUT("half an option", RS, 4, ND, TO_ROUTERS),
		OUT("a byte behind", RS, 9, ND, TO_ROUTERS),
	};

	RUN(rows);
}
END_TEST

START_TEST(guest_neighbour_solicitation_is_exact)
{
	static const struct row rows[] = {
		OUT("to the target", NS, 8, NONE),
		OUT("to the target, bare", NS, 0, NONE),
		OUT("to its group", NS, 8, NONE, TO_SOLICITED),
		OUT("to another station", NS, 8, ND, EDIT(TARGET + 15, 3)),
		OUT("to another group", NS, 8, ND, TO_SOLICITED, EDIT(TARGET + 15, 3)),
		OUT("to all nodes", NS, 8, ND, TO_NODES),
		OUT("for a group", NS, 8, ND, TO_SOLICITED, EDIT(TARGET, 0xff, 2)),
		OUT("for ::", NS, 8, ND, EDIT(TARGET, NOWHERE)),
		OUT("for ::1", NS, 8, ND, EDIT(TARGET, NOWHERE), EDIT(TARGET + 15, 1)),
		OUT("for an IPv4-mapped address", NS, 8, ND, TO_SOLICITED,
		    EDIT(TARGET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2)),
		OUT("reserved bits", NS, 8, ND, EDIT(WORD, 0, 0, 1, 0)),
		OUT("override flag", NS, 8, ND, EDIT(WORD, 0x20)),
		OUT("another's MAC", NS, 8, ND, EDIT(OPT + 2, 0x53)),
		OUT("target option", NS, 8, ND, EDIT(OPT, 2)),
		OUT("nonce, though not for itself", NS, 8, ND, EDIT(OPT, 14)),
		OUT("MAC and nonce", NS, 16, ND, EDIT(OPT + 8, 14, 1)),
		OUT("a byte behind", NS, 9, ND),
	};

	RUN(rows);
}
END_TEST

START_TEST(duplicate_detection_asks_its_group)
{
	static const struct row rows[] = {
		OUT("bare", NS, 0, NONE, TO_SOLICITED, EDIT(SRC, NOWHERE)),
		OUT("nonce", NS, 8, NONE, TO_SOLICITED, EDIT(SRC, NOWHERE), EDIT(OPT, 14)),
		OUT("nonce of 14", NS, 16, ND, TO_SOLICITED, EDIT(SRC, NOWHERE), EDIT(OPT, 14, 2)),
		OUT("two nonces", NS, 16, ND, TO_SOLICITED, EDIT(SRC, NOWHERE), EDIT(OPT, 14, 1),
		    EDIT(OPT + 8, 14, 1)),
		OUT("nonce of length 0", NS, 8, ND, TO_SOLICITED, EDIT(SRC, NOWHERE),
		    EDIT(OPT, 14, 0)),
		OUT("MAC", NS, 8, ND, TO_SOLICITED, EDIT(SRC, NOWHERE)),
		OUT("to a station", NS, 0, ND, EDIT(SRC, NOWHERE)),
		OUT("to all nodes", NS, 0, ND, TO_NODES, EDIT(SRC, NOWHERE)),
		OUT("to another's group", NS, 0, ND, TO_SOLICITED, EDIT(SRC, NOWHERE),
		    EDIT(TARGET + 14, 1)),
	};

	RUN(rows);
}
END_TEST

START_TEST(guest_neighbour_advertisement_is_exact)
{
	static const struct row rows[] = {
		OUT("to a station", NA, 8, NONE, EDIT(WORD, 0x60)),
		OUT("bare", NA, 0, NONE, EDIT(WORD, 0x60)),
		OUT("from a router", NA, 8, NONE, EDIT(WORD, 0xe0)),
		OUT("to all", NA, 8, NONE, TO_NODES, EDIT(WORD, 0x20)),
		OUT("solicited, to all", NA, 8, ND, TO_NODES, EDIT(WORD, 0x60)),
		OUT("to all routers", NA, 8, ND, TO_ROUTERS, EDIT(WORD, 0x20)),
		OUT("to a solicited-node group", NA, 8, ND, TO_SOLICITED),
		OUT("from ::", NA, 0, ND, EDIT(SRC, NOWHERE)),
		OUT("for a group", NA, 8, ND, EDIT(TARGET, 0xff, 2)),
		OUT("reserved bits", NA, 8, ND, EDIT(WORD, 0x60, 0, 0, 1)),
		OUT("highest reserved bit", NA, 8, ND, EDIT(WORD, 0x70)),
		OUT("another's MAC", NA, 8, ND, EDIT(OPT + 7, 0)),
		OUT("source option", NA, 8, ND, EDIT(OPT, 1)),
		OUT("two options", NA, 16, ND, EDIT(OPT + 8, 2, 1, GUEST)),
	};

	RUN(rows);
}
END_TEST

START_TEST(guest_is_no_router)
{
	static const struct row rows[] = {
		OUT("RA", RA, 0, ND),
		OUT("RA to all", RA, 8, ND, TO_NODES),
		OUT("RA from a link-local address", RA, 8, ND, TO_NODES, EDIT(SRC, 0xfe, 0x80)),
		OUT("redirect", REDIRECT, 16, ND),
		OUT("redirect, from a link-local address", REDIRECT, 16, ND, EDIT(SRC, 0xfe, 0x80)),
	};

	RUN(rows);
}
END_TEST

START_TEST(hop_limit_and_code_are_fixed_both_ways)
{
	static const struct row rows[] = {
		OUT("NS of hop limit 254", NS, 8, ND, EDIT(HOPS, 254)),
		OUT("NA of hop limit 64", NA, 8, ND, EDIT(HOPS, 64)),
		OUT("RS of hop limit 1", RS, 0, ND, TO_ROUTERS, EDIT(HOPS, 1)),
		IN("NS of hop limit 254", NS, 8, ND, EDIT(HOPS, 254)),
		IN("RA of hop limit 64", RA, 8, ND, EDIT(SRC, 0xfe, 0x80), EDIT(HOPS, 64)),
		OUT("NS of code 1", NS, 8, ND, EDIT(CODE, 1)),
		OUT("RS of code 255", RS, 0, ND, TO_ROUTERS, EDIT(CODE, 255)),
		IN("NA of code 1", NA, 8, ND, EDIT(CODE, 1)),
	};

	RUN(rows);
}
END_TEST

START_TEST(wrong_checksum_is_refused_both_ways)
{
	static const struct row rows[] = {
		AS_IS("NS", NS, EG_FROM_GUEST, CHECKSUM, EDIT(ICMP + 2, 1, 2)),
		AS_IS("none", NS, EG_FROM_GUEST, CHECKSUM, EDIT(ICMP + 2, 0, 0)),
		AS_IS("NA", NA, EG_FROM_NETWORK, CHECKSUM, EDIT(ICMP + 2, 1, 2)),
		AS_IS("form wins", NS, EG_FROM_GUEST, ND, EDIT(CODE, 1)),
	};

	RUN(rows);
}
END_TEST

START_TEST(network_options_add_up)
{
	static const struct row rows[] = {
		IN("RA", RA, 8, NONE, EDIT(SRC, 0xfe, 0x80)),
		IN("bare RA", RA, 0, NONE, EDIT(SRC, 0xfe, 0x80)),
		IN("RA to all", RA, 8, NONE, EDIT(SRC, 0xfe, 0x80), TO_NODES),
		IN("RA of the last link-local prefix", RA, 8, NONE, EDIT(SRC, 0xfe, 0xbf)),
		IN("RA from fd00::2", RA, 8, ND),
		IN("RA from fec0::2", RA, 8, ND, EDIT(SRC, 0xfe, 0xc0)),
		IN("RA with an unknown option", RA, 40, NONE, EDIT(SRC, 0xfe, 0x80),
		   EDIT(ICMP + 24, 200, 4)),
		IN("RA with an option of length 0", RA, 16, ND, EDIT(SRC, 0xfe, 0x80)),
		IN("RA with an option too long", RA, 16, ND, EDIT(SRC, 0xfe, 0x80),
		   EDIT(ICMP + 24, 5, 2)),
		IN("RA with half an option", RA, 9, ND, EDIT(SRC, 0xfe, 0x80)),
		IN("NS", NS, 8, NONE),
		IN("NS with an option of length 255", NS, 8, ND, EDIT(OPT + 1, 255)),
		IN("NS for a group", NS, 8, ND, EDIT(TARGET, 0xff, 2)),
		IN("NA", NA, 8, NONE, EDIT(WORD, 0xe0)),
		IN("NA for a group", NA, 8, ND, EDIT(TARGET, 0xff, 2)),
		IN("NA with two options", NA, 16, NONE, EDIT(OPT + 8, 2, 1)),
		IN("NA with three bytes behind", NA, 11, ND),
		IN("RS", RS, 8, ND, TO_ROUTERS),
		IN("redirect", REDIRECT, 16, ND, EDIT(SRC, 0xfe, 0x80)),
	};

	RUN(rows);
}
END_TEST

START_TEST(five_types_are_neighbour_discovery)
{
	uint8_t b[PACKET_MAX];
	size_t len = packet_base(PACKET_ICMP6, b);
	struct eg_frame f;

	for (int type = 0; type < 256; type++) {
		b[ICMP] = (uint8_t)type;
		ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
		ck_assert_int_eq(eg_nd_is(&f), type >= 133 && type <= 137);
	}
	len = packet_base(PACKET_ICMP4, b);
	b[PACKET_L4_4] = EG_ND_NS;
	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
	ck_assert(!eg_nd_is(&f));
}
END_TEST

/* Whatever the type, nothing is read that is not there, and nothing but the three
 * messages of each side passes. */
START_TEST(other_types_are_refused)
{
	struct eg_frame f;
	uint8_t b[PACKET_MAX];
	size_t len = packet_icmp6(b, &packet_guest, &packet_network, 0, 0, 0, NULL, 0);

	for (int type = 0; type < 256; type++) {
		uint8_t *copy;

		b[ICMP] = (uint8_t)type;
		b[HOPS] = 255;
		packet_fix(b, len);
		copy = guarded_copy(b, len);
		ck_assert_int_eq(eg_frame_decode(&f, copy, len), EG_R_NONE);
		ck_assert_int_eq(eg_nd_judge(&f, EG_FROM_GUEST), EG_R_ND);
		ck_assert_int_eq(eg_nd_judge(&f, EG_FROM_NETWORK), EG_R_ND);
		guarded_free(copy, len);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nd");
	TCase *t = tcase_create("nd");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, guest_router_solicitation_is_exact);
	tcase_add_test(t, guest_neighbour_solicitation_is_exact);
	tcase_add_test(t, duplicate_detection_asks_its_group);
	tcase_add_test(t, guest_neighbour_advertisement_is_exact);
	tcase_add_test(t, guest_is_no_router);
	tcase_add_test(t, hop_limit_and_code_are_fixed_both_ways);
	tcase_add_test(t, wrong_checksum_is_refused_both_ways);
	tcase_add_test(t, network_options_add_up);
	tcase_add_test(t, five_types_are_neighbour_discovery);
	tcase_add_test(t, other_types_are_refused);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

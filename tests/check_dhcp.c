/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dhcp_frames.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* A DISCOVER by hand, OPTIONS behind its cookie; PATCH says what is different. */
struct patch {
	uint16_t at; /* in the message; 0: nothing */
	uint8_t value;
};

static size_t by_hand(uint8_t *buf, const void *options, size_t n, struct patch patch)
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

/* Bits that must be as they are, or may be as they like. */
static const struct {
	struct patch patch;
	enum eg_reason want;
} fixed_rows[] = {
	{ { 0, 0 }, EG_R_NONE },      { { 0, 1 ^ 2 }, EG_R_DHCP },  /* op */
	{ { 0, 1 }, EG_R_DHCP },      { { 1, 1 ^ 6 }, EG_R_DHCP },  /* htype */
	{ { 2, 6 ^ 16 }, EG_R_DHCP }, { { 2, 6 }, EG_R_DHCP },      /* hlen */
	{ { 3, 1 }, EG_R_DHCP },      { { 8, 1 }, EG_R_NONE },      /* hops, seconds */
	{ { 12, 10 }, EG_R_NONE },    { { 16, 10 }, EG_R_NONE },    /* ciaddr, yiaddr */
	{ { 20, 10 }, EG_R_NONE },    { { 24, 10 }, EG_R_DHCP },    /* siaddr, giaddr */
	{ { 27, 1 }, EG_R_DHCP },     { { 28, 2 }, EG_R_DHCP },     /* chaddr */
	{ { 33, 1 }, EG_R_DHCP },     { { 34, 1 }, EG_R_NONE },     /* and its padding */
	{ { 44, 'x' }, EG_R_NONE },   { { 108, 'x' }, EG_R_NONE },  /* sname, file */
	{ { 236, 1 }, EG_R_DHCP },    { { 239, 0x80 }, EG_R_DHCP }, /* cookie */
	{ { 235, 1 }, EG_R_NONE },
};

START_TEST(fixed_fields_must_be_a_clients)
{
	for (size_t i = 0; i < COUNT(fixed_rows); i++) {
		uint8_t buf[PACKET_MAX];
		size_t n = by_hand(buf, "\65\1\1\377", 4, fixed_rows[i].patch);
		enum eg_reason r = judge(&fresh, EG_FROM_GUEST, buf, n).reason;

		ck_assert_msg(r == fixed_rows[i].want, "row %zu", i);
	}
}
END_TEST

#define TEXT(s) s, sizeof(s) - 1
#define WHERE   "\62\4\12\0\2\17" /* 50: 10.0.2.15 */
#define WHOM    "\66\4\12\0\2\2"  /* 54: 10.0.2.2 */

/* Options, and the type, address and server that leave; type 0: blocked. */
static const struct {
	const char *options;
	size_t n;
	uint8_t type;
	bool address, server;
} option_rows[] = {
	{ TEXT("\65\1\1\377"), DISCOVER, false, false },
	{ TEXT("\0\0\65\1\1\0\377"), DISCOVER, false, false },
	{ TEXT("\65\1\1\377\65\1\3"), DISCOVER, false, false }, /* behind the end nobody reads */
	{ TEXT("\65\1\1\377\377\1"), DISCOVER, false, false },
	{ TEXT("\14\0\65\1\1\377"), DISCOVER, false, false }, /* empty, and of no matter */
	{ TEXT(WHERE WHOM "\65\1\3\377"), REQUEST, true, true },
	/* What a type may not have stays behind (RFC 2131, table 5). */
	{ TEXT("\65\1\1" WHERE WHOM "\377"), DISCOVER, true, false },
	{ TEXT("\65\1\4" WHERE WHOM "\377"), DECLINE, true, true },
	{ TEXT("\65\1\7" WHERE WHOM "\377"), RELEASE, false, true },
	{ TEXT("\65\1\10" WHERE WHOM "\377"), INFORM, false, false },
	/* A server's, a relay's, nobody's type. */
	{ TEXT("\65\1\0\377"), 0, false, false },
	{ TEXT("\65\1\2\377"), 0, false, false },
	{ TEXT("\65\1\5\377"), 0, false, false },
	{ TEXT("\65\1\6\377"), 0, false, false },
	{ TEXT("\65\1\11\377"), 0, false, false },
	{ TEXT("\65\1\12\377"), 0, false, false },
	{ TEXT("\65\1\377\377"), 0, false, false },
	/* None, empty, long, twice. */
	{ TEXT("\377"), 0, false, false },
	{ TEXT(""), 0, false, false },
	{ TEXT("\65\0\377"), 0, false, false },
	{ TEXT("\65\2\1\1\377"), 0, false, false },
	{ TEXT("\65\1\1\65\1\1\377"), 0, false, false },
	{ TEXT("\65\1\1\65\1\3\377"), 0, false, false },
	{ TEXT("\65\1\3" WHERE WHERE "\377"), 0, false, false },
	{ TEXT("\65\1\3\62\3\12\0\2\377"), 0, false, false },
	{ TEXT("\65\1\3\62\5\12\0\2\17\1\377"), 0, false, false },
	{ TEXT("\65\1\3\62\0\377"), 0, false, false },
	{ TEXT("\65\1\3" WHOM WHOM "\377"), 0, false, false },
	{ TEXT("\65\1\3\66\3\12\0\2\377"), 0, false, false },
	{ TEXT("\65\1\3\66\10\12\0\2\2\12\0\2\2\377"), 0, false, false },
	/* Continued in sname and file. */
	{ TEXT("\64\1\3\65\1\1\377"), 0, false, false },
	{ TEXT("\65\1\1\64\0\377"), 0, false, false },
	/* No end; longer than the message. */
	{ TEXT("\65\1\1"), 0, false, false },
	{ TEXT("\65\1\1\0\0\0"), 0, false, false },
	{ TEXT("\65\1\1\14"), 0, false, false },
	{ TEXT("\65\1\1\14\2\377"), 0, false, false },
	{ TEXT("\65\1\1\14\377\377"), 0, false, false },
	{ TEXT("\65"), 0, false, false },
	{ TEXT("\65\1"), 0, false, false },
	{ TEXT("\65\1\3\62\4\12\0\2"), 0, false, false },
};

START_TEST(options_must_be_read_in_one_way)
{
	for (size_t i = 0; i < COUNT(option_rows); i++) {
		struct client_frame want = { .type = option_rows[i].type,
					     .xid = 0xdeadbeef,
					     .address = option_rows[i].address ? 0x0a00020f : 0,
					     .server = option_rows[i].server ? SERVER : 0 };
		uint8_t message[OUT_MSG_LEN];
		uint8_t buf[PACKET_MAX];
		size_t n = by_hand(buf, option_rows[i].options, option_rows[i].n,
				   (struct patch){ 0, 0 });
		struct result r = judge(&fresh, EG_FROM_GUEST, buf, n);

		ck_assert_msg(r.reason == (want.type ? EG_R_NONE : EG_R_DHCP), "row %zu", i);
		if (r.reason != EG_R_NONE)
			continue;
		ck_assert(r.d.asked);
		ck_assert_uint_eq(r.d.xid, want.xid);
		expected_message(message, &want, 0);
		ck_assert_mem_eq(r.out + AT_MSG, message, sizeof(message));
	}
}
END_TEST

START_TEST(wrong_checksum_blocks)
{
	uint8_t buf[PACKET_MAX];
	size_t n = by_hand(buf, "\65\1\1\377", 4, (struct patch){ 0, 0 });

	buf[n - 1] ^= 1;
	ck_assert_int_eq(judge(&fresh, EG_FROM_GUEST, buf, n).reason, EG_R_CHECKSUM);
	buf[n - 1] ^= 1;
	memset(buf + PACKET_L4_4 + 6, 0, 2); /* none was made */
	ck_assert_int_eq(judge(&fresh, EG_FROM_GUEST, buf, n).reason, EG_R_NONE);
}
END_TEST

/* Source, ciaddr and destination, and what becomes of them for a guest whom nobody
 * or the server 10.0.2.2 answered. */
static const struct {
	uint32_t src, ciaddr, dst;
	enum eg_reason fresh, answered;
} address_rows[] = {
	{ 0, 0, 0xffffffff, EG_R_NONE, EG_R_NONE },
	{ 0, 0x0a00020f, 0xffffffff, EG_R_NONE, EG_R_NONE },
	{ 0x0a00020f, 0x0a00020f, 0xffffffff, EG_R_NONE, EG_R_NONE },
	{ 0x0a00020f, 0, 0xffffffff, EG_R_DHCP, EG_R_DHCP },
	{ 0x0a00020f, 0x0a000210, 0xffffffff, EG_R_DHCP, EG_R_DHCP },
	{ 0x0a00020f, 0x0a00020f, 0x0a000202, EG_R_DHCP, EG_R_NONE },
	{ 0, 0, 0x0a000202, EG_R_DHCP, EG_R_NONE },
	{ 0x0a00020f, 0x0a00020f, 0x0a000203, EG_R_DHCP, EG_R_DHCP },
	{ 0x0a00020f, 0x0a00020f, 0x08080808, EG_R_DHCP, EG_R_DHCP },
	{ 0x0a00020f, 0x0a00020f, 0x0a0002ff, EG_R_DHCP, EG_R_DHCP },
	{ 0, 0, 0xe0000001, EG_R_DHCP, EG_R_DHCP }, /* a group that is not everybody */
};

START_TEST(message_goes_to_everybody_or_the_server_that_answered)
{
	for (size_t i = 0; i < COUNT(address_rows); i++) {
		uint8_t buf[PACKET_MAX];
		size_t n = by_hand(buf, "\65\1\3\377", 4, (struct patch){ 0, 0 });
		bool group = address_rows[i].dst == 0xe0000001;

		if (address_rows[i].dst != 0xffffffff)
			memcpy(buf, group ? (const uint8_t *)"\1\0\x5e\0\0\1" : packet_network.mac,
			       6);
		eg_put32(buf + PACKET_ETH + 12, address_rows[i].src);
		eg_put32(buf + PACKET_ETH + 16, address_rows[i].dst);
		eg_put32(buf + AT_MSG + 12, address_rows[i].ciaddr);
		packet_fix(buf, n);
		ck_assert_msg(judge(&fresh, EG_FROM_GUEST, buf, n).reason ==
					      address_rows[i].fresh &&
				      judge(&answered, EG_FROM_GUEST, buf, n).reason ==
					      address_rows[i].answered,
			      "row %zu", i);
	}
}
END_TEST

/* A guest that has sent message XID. */
static struct eg_dhcp asking(uint32_t xid)
{
	return (struct eg_dhcp){ .xid = xid, .asked = true };
}

START_TEST(real_answers_pass_and_set_the_server)
{
	static const struct {
		const char *frame;
		uint32_t xid;
	} answers[] = { { offer_frame, 0x80545541 }, { ack_frame, 0x05a81234 } };

	for (size_t i = 0; i < COUNT(answers); i++) {
		struct eg_dhcp d = asking(answers[i].xid);
		uint8_t buf[PACKET_MAX];
		size_t n = unhex(buf, answers[i].frame);
		struct result r = judge(&d, EG_FROM_NETWORK, buf, n);

		ck_assert_int_eq(r.reason, EG_R_NONE);
		ck_assert(eg_addr_equal(&r.d.server, &server));
		d.xid++;
		ck_assert_int_eq(judge(&d, EG_FROM_NETWORK, buf, n).reason, EG_R_DHCP);
		d = asking(answers[i].xid);
		d.asked = false; /* also not where nobody asked with an xid of 0 */
		ck_assert_int_eq(judge(&d, EG_FROM_NETWORK, buf, n).reason, EG_R_DHCP);
	}
}
END_TEST

/* Answers by hand: op, options, and what they do. */
static const struct {
	uint8_t op;
	const char *options;
	size_t n;
	enum eg_reason want;
	bool sets_server;
} answer_rows[] = {
	{ 2, TEXT("\65\1\2\377"), EG_R_NONE, true },
	{ 2, TEXT("\65\1\5\377\0\0\0"), EG_R_NONE, true },
	{ 2, TEXT("\65\1\6\377"), EG_R_NONE, false },
	{ 2, TEXT("\64\1\3\65\1\5\377"), EG_R_NONE, true }, /* a server may */
	{ 1, TEXT("\65\1\2\377"), EG_R_DHCP, false },
	{ 2, TEXT("\65\1\1\377"), EG_R_DHCP, false },
	{ 2, TEXT("\65\1\3\377"), EG_R_DHCP, false },
	{ 2, TEXT("\65\1\4\377"), EG_R_DHCP, false },
	{ 2, TEXT("\65\1\11\377"), EG_R_DHCP, false }, /* FORCERENEW */
	{ 2, TEXT("\65\1\2\65\1\2\377"), EG_R_DHCP, false },
	{ 2, TEXT("\66\4\12\0\2\2\377"), EG_R_DHCP, false },
	{ 2, TEXT("\65\1\2"), EG_R_DHCP, false },
	{ 2, TEXT("\65\1\2\3\4\12\0\377"), EG_R_DHCP, false },
};

START_TEST(answers_must_be_in_form)
{
	for (size_t i = 0; i < COUNT(answer_rows); i++) {
		struct packet_end from = packet_at(&packet_network, EG_DHCP_SERVER_PORT);
		struct packet_end to = packet_at(&packet_guest, EG_DHCP_CLIENT_PORT);
		struct eg_dhcp d = asking(0xcafe);
		uint8_t msg[300] = { answer_rows[i].op, 1, 6, 0, 0, 0, 0xca, 0xfe };
		uint8_t buf[PACKET_MAX];
		struct result r;
		size_t n;

		memcpy(msg + 236, "\x63\x82\x53\x63", 4);
		memcpy(msg + AT_OPTIONS, answer_rows[i].options, answer_rows[i].n);
		n = packet_udp4(buf, &from, &to, msg, AT_OPTIONS + answer_rows[i].n);
		r = judge(&d, EG_FROM_NETWORK, buf, n);
		ck_assert_msg(r.reason == answer_rows[i].want, "row %zu", i);
		ck_assert_int_eq(eg_addr_equal(&r.d.server, &server), answer_rows[i].sets_server);
		buf[AT_MSG + 239] ^= 1; /* the cookie */
		packet_fix(buf, n);
		ck_assert_int_eq(judge(&d, EG_FROM_NETWORK, buf, n).reason, EG_R_DHCP);
	}
}
END_TEST

START_TEST(cut_answers_block)
{
	struct eg_dhcp d = asking(0x80545541);
	uint8_t buf[PACKET_MAX];
	size_t n = unhex(buf, offer_frame);
	size_t end = n - 14; /* of zeros behind the end */

	for (size_t cut = AT_MSG; cut <= n; cut++) {
		eg_put16(buf + PACKET_ETH + 2, (uint16_t)(cut - PACKET_ETH));
		eg_put16(buf + PACKET_L4_4 + 4, (uint16_t)(cut - PACKET_L4_4));
		packet_fix(buf, cut);
		ck_assert_int_eq(judge(&d, EG_FROM_NETWORK, buf, cut).reason,
				 cut < end ? EG_R_DHCP : EG_R_NONE);
	}
}
END_TEST

/* Protocol, ports of source and destination, and in which direction that is DHCP. */
static const struct {
	bool udp, ip6;
	uint16_t sport, dport;
	bool is[2]; /* by enum eg_dir */
} port_rows[] = {
	{ true, false, 68, 67, { true, false } },   { true, false, 67, 68, { false, true } },
	{ true, false, 67, 67, { false, false } },  { true, false, 68, 68, { false, false } },
	{ true, false, 68, 69, { false, false } },  { true, false, 69, 67, { false, false } },
	{ true, false, 67, 69, { false, false } },  { true, false, 69, 68, { false, false } },
	{ true, true, 68, 67, { false, false } },   { true, true, 67, 68, { false, false } },
	{ false, false, 68, 67, { false, false } }, { false, false, 67, 68, { false, false } },
};

START_TEST(dhcp_is_udp_over_ip4_between_its_ports)
{
	for (size_t i = 0; i < COUNT(port_rows); i++) {
		struct packet_end from = packet_at(&packet_guest, port_rows[i].sport);
		struct packet_end to = packet_at(&packet_network, port_rows[i].dport);
		struct packet_tcp tcp = { .flags = EG_TCP_ACK };
		uint8_t buf[PACKET_MAX];
		struct eg_frame f;
		size_t n;

		if (!port_rows[i].udp)
			n = packet_tcp4(buf, &from, &to, &tcp, NULL, 0);
		else if (port_rows[i].ip6)
			n = packet_udp6(buf, &from, &to, NULL, 0);
		else
			n = packet_udp4(buf, &from, &to, NULL, 0);
		ck_assert_int_eq(eg_frame_decode(&f, buf, n), EG_R_NONE);
		for (int dir = 0; dir < 2; dir++)
			ck_assert_int_eq(eg_dhcp_is(&f, (enum eg_dir)dir), port_rows[i].is[dir]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dhcp");
	TCase *c = tcase_create("dhcp");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, fixed_fields_must_be_a_clients);
	tcase_add_test(c, options_must_be_read_in_one_way);
	tcase_add_test(c, wrong_checksum_blocks);
	tcase_add_test(c, message_goes_to_everybody_or_the_server_that_answered);
	tcase_add_test(c, real_answers_pass_and_set_the_server);
	tcase_add_test(c, answers_must_be_in_form);
	tcase_add_test(c, cut_answers_block);
	tcase_add_test(c, dhcp_is_udp_over_ip4_between_its_ports);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

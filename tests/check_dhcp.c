/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dhcp_frames.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* Bits that must be as they are, or may be as they like. */
static const struct {
	struct dhcp_patch patch;
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
		size_t n = dhcp_by_hand(buf, "\65\1\1\377", 4, fixed_rows[i].patch);
		enum eg_reason r = judge(&fresh, EG_FROM_GUEST, buf, n).reason;

		ck_assert_msg(r == fixed_rows[i].want, "row %zu", i);
	}
}
END_TEST

#define WHERE "\62\4\12\0\2\17" /* 50: 10.0.2.15 */
#define WHOM  "\66\4\12\0\2\2"  /* 54: 10.0.2.2 */

/* Options, and the type, address and server that leave; BLOCKS: nothing does. */
enum { BLOCKS = 99 };

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
	{ TEXT("\65\1\0\377"), BLOCKS, false, false },
	{ TEXT("\65\1\2\377"), BLOCKS, false, false },
	{ TEXT("\65\1\5\377"), BLOCKS, false, false },
	{ TEXT("\65\1\6\377"), BLOCKS, false, false },
	{ TEXT("\65\1\11\377"), BLOCKS, false, false },
	{ TEXT("\65\1\12\377"), BLOCKS, false, false },
	{ TEXT("\65\1\377\377"), BLOCKS, false, false },
	/* BOOTP has no type, and no address that libslirp would take for wanted. */
	{ TEXT("\377"), BOOTP, false, false },
	{ TEXT("\0\0\0\377\0"), BOOTP, false, false },
	{ TEXT("\1\4\0\0\0\0\14\3abc\377"), BOOTP, false, false },
	{ TEXT("\67\1\3\71\2\1\226\377"), BOOTP, false, false },
	{ TEXT(WHERE "\377"), BLOCKS, false, false },
	{ TEXT(WHOM "\377"), BLOCKS, false, false },
	{ TEXT("\64\1\1\377"), BLOCKS, false, false },
	/* None, empty, long, twice. */
	{ TEXT(""), BLOCKS, false, false },
	{ TEXT("\65\0\377"), BLOCKS, false, false },
	{ TEXT("\65\2\1\1\377"), BLOCKS, false, false },
	{ TEXT("\65\1\1\65\1\1\377"), BLOCKS, false, false },
	{ TEXT("\65\1\1\65\1\3\377"), BLOCKS, false, false },
	{ TEXT("\65\1\3" WHERE WHERE "\377"), BLOCKS, false, false },
	{ TEXT("\65\1\3\62\3\12\0\2\377"), BLOCKS, false, false },
	{ TEXT("\65\1\3\62\5\12\0\2\17\1\377"), BLOCKS, false, false },
	{ TEXT("\65\1\3\62\0\377"), BLOCKS, false, false },
	{ TEXT("\65\1\3" WHOM WHOM "\377"), BLOCKS, false, false },
	{ TEXT("\65\1\3\66\3\12\0\2\377"), BLOCKS, false, false },
	{ TEXT("\65\1\3\66\10\12\0\2\2\12\0\2\2\377"), BLOCKS, false, false },
	/* Continued in sname and file. */
	{ TEXT("\64\1\3\65\1\1\377"), BLOCKS, false, false },
	{ TEXT("\65\1\1\64\0\377"), BLOCKS, false, false },
	/* No end; longer than the message. */
	{ TEXT("\65\1\1"), BLOCKS, false, false },
	{ TEXT("\65\1\1\0\0\0"), BLOCKS, false, false },
	{ TEXT("\65\1\1\14"), BLOCKS, false, false },
	{ TEXT("\65\1\1\14\2\377"), BLOCKS, false, false },
	{ TEXT("\65\1\1\14\377\377"), BLOCKS, false, false },
	{ TEXT("\65"), BLOCKS, false, false },
	{ TEXT("\65\1"), BLOCKS, false, false },
	{ TEXT("\65\1\3\62\4\12\0\2"), BLOCKS, false, false },
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
		size_t n = dhcp_by_hand(buf, option_rows[i].options, option_rows[i].n,
					(struct dhcp_patch){ 0, 0 });
		struct result r = judge(&fresh, EG_FROM_GUEST, buf, n);

		ck_assert_msg(r.reason == (want.type == BLOCKS ? EG_R_DHCP : EG_R_NONE), "row %zu",
			      i);
		if (r.reason != EG_R_NONE)
			continue;
		/* Nobody answers these two. */
		ck_assert(waits(&r.d, want.xid) == (want.type != DECLINE && want.type != RELEASE));
		expected_message(message, &want, 0);
		ck_assert_mem_eq(r.out + AT_MSG, message, sizeof(message));
	}
}
END_TEST

START_TEST(wrong_checksum_blocks)
{
	uint8_t buf[PACKET_MAX];
	size_t n = dhcp_by_hand(buf, "\65\1\1\377", 4, (struct dhcp_patch){ 0, 0 });

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
		size_t n = dhcp_by_hand(buf, "\65\1\3\377", 4, (struct dhcp_patch){ 0, 0 });
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

START_TEST(real_answers_pass_and_set_the_server)
{
	static const struct {
		const char *frame;
		uint32_t xid;
	} answers[] = { { offer_frame, 0x80545541 }, { ack_frame, 0x05a81234 } };

	for (size_t i = 0; i < COUNT(answers); i++) {
		struct eg_dhcp d = asking(answers[i].xid, false);
		uint8_t buf[PACKET_MAX];
		size_t n = unhex(buf, answers[i].frame);
		struct result r = judge(&d, EG_FROM_NETWORK, buf, n);

		ck_assert_int_eq(r.reason, EG_R_NONE);
		ck_assert(eg_addr_equal(&r.d.servers[0], &server));
		d = asking(answers[i].xid + 1, false);
		ck_assert_int_eq(judge(&d, EG_FROM_NETWORK, buf, n).reason, EG_R_DHCP);
		eg_put32(buf + AT_MSG + 4, 0); /* also not where nobody asked with an xid of 0 */
		packet_fix(buf, n);
		ck_assert_int_eq(judge(&fresh, EG_FROM_NETWORK, buf, n).reason, EG_R_DHCP);
	}
}
END_TEST

/* Answers by hand to who asked by DHCP and by BOOTP: op, options, and what they do. */
static const struct {
	uint8_t op;
	const char *options;
	size_t n;
	enum eg_reason want[2]; /* where DHCP asked, where BOOTP did */
	bool sets_server;
} answer_rows[] = {
	{ 2, TEXT("\65\1\2\377"), { EG_R_NONE, EG_R_DHCP }, true },
	{ 2, TEXT("\65\1\5\377\0\0\0"), { EG_R_NONE, EG_R_NONE }, true },
	{ 2, TEXT("\65\1\6\377"), { EG_R_NONE, EG_R_DHCP }, false },
	{ 2, TEXT("\64\1\3\65\1\5\377"), { EG_R_NONE, EG_R_NONE }, true }, /* a server may */
	{ 1, TEXT("\65\1\2\377"), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 1, TEXT("\65\1\5\377"), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 2, TEXT("\65\1\0\377"), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 2, TEXT("\65\1\1\377"), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 2, TEXT("\65\1\3\377"), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 2, TEXT("\65\1\4\377"), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 2, TEXT("\65\1\11\377"), { EG_R_DHCP, EG_R_DHCP }, false }, /* FORCERENEW */
	{ 2, TEXT("\65\1\2\65\1\2\377"), { EG_R_DHCP, EG_R_DHCP }, false },
	/* A server of BOOTP's. */
	{ 2, TEXT("\66\4\12\0\2\2\377"), { EG_R_DHCP, EG_R_NONE }, true },
	{ 2, TEXT("\1\4\377\377\377\0\377"), { EG_R_DHCP, EG_R_NONE }, true },
	{ 1, TEXT("\377"), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 2, TEXT(""), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 2, TEXT("\65\1\2"), { EG_R_DHCP, EG_R_DHCP }, false },
	{ 2, TEXT("\65\1\2\3\4\12\0\377"), { EG_R_DHCP, EG_R_DHCP }, false },
};

/* The answer of row I to xid 0xcafe. Returns its length. */
static size_t answer_by_hand(uint8_t *buf, size_t i)
{
	struct packet_end from = packet_at(&packet_network, EG_DHCP_SERVER_PORT);
	struct packet_end to = packet_at(&packet_guest, EG_DHCP_CLIENT_PORT);
	uint8_t msg[300] = { answer_rows[i].op, 1, 6, 0, 0, 0, 0xca, 0xfe };

	memcpy(msg + 28, packet_guest.mac, 6);
	memcpy(msg + 236, "\x63\x82\x53\x63", 4);
	memcpy(msg + AT_OPTIONS, answer_rows[i].options, answer_rows[i].n);
	return packet_udp4(buf, &from, &to, msg, AT_OPTIONS + answer_rows[i].n);
}

START_TEST(answers_must_be_in_form)
{
	for (size_t i = 0; i < COUNT(answer_rows); i++) {
		for (int bootp = 0; bootp < 2; bootp++) {
			struct eg_dhcp d = asking(0xcafe, bootp);
			enum eg_reason want = answer_rows[i].want[bootp];
			uint8_t buf[PACKET_MAX];
			size_t n = answer_by_hand(buf, i);
			struct result r = judge(&d, EG_FROM_NETWORK, buf, n);

			ck_assert_msg(r.reason == want, "row %zu, BOOTP %d", i, bootp);
			ck_assert_int_eq(eg_addr_equal(&r.d.servers[0], &server),
					 want == EG_R_NONE && answer_rows[i].sets_server);
			/* An OFFER is not the last word. */
			ck_assert(waits(&r.d, 0xcafe) ==
				  (want != EG_R_NONE || buf[AT_MSG + AT_OPTIONS + 2] == OFFER));
			buf[AT_MSG + 239] ^= 1; /* the cookie */
			packet_fix(buf, n);
			ck_assert_int_eq(judge(&d, EG_FROM_NETWORK, buf, n).reason, EG_R_DHCP);
		}
	}
}
END_TEST

/* RFC 951 knows no cookie: the vendor field is missing, or zeros. */
START_TEST(bootp_needs_no_cookie)
{
	static const size_t lengths[] = { 235, 236, 237, 239, 240, 300 };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		enum eg_reason want =
			lengths[i] == 236 || lengths[i] >= 240 ? EG_R_NONE : EG_R_DHCP;
		size_t cut = AT_MSG + lengths[i];
		uint8_t buf[PACKET_MAX], zeros[60] = { 0 };
		struct eg_dhcp d = asking(0xcafe, true);

		dhcp_by_hand(buf, zeros, sizeof(zeros), (struct dhcp_patch){ 0, 0 });
		memset(buf + AT_MSG + 236, 0, 4);
		eg_put16(buf + PACKET_ETH + 2, (uint16_t)(cut - PACKET_ETH));
		eg_put16(buf + PACKET_L4_4 + 4, (uint16_t)(cut - PACKET_L4_4));
		packet_fix(buf, cut);
		ck_assert_int_eq(judge(&fresh, EG_FROM_GUEST, buf, cut).reason, want);
		answer_by_hand(buf, 0);
		memset(buf + AT_MSG + 236, 0, 64);
		eg_put16(buf + PACKET_ETH + 2, (uint16_t)(cut - PACKET_ETH));
		eg_put16(buf + PACKET_L4_4 + 4, (uint16_t)(cut - PACKET_L4_4));
		packet_fix(buf, cut);
		ck_assert_int_eq(judge(&d, EG_FROM_NETWORK, buf, cut).reason, want);
		d = asking(0xcafe, false);
		ck_assert_int_eq(judge(&d, EG_FROM_NETWORK, buf, cut).reason, EG_R_DHCP);
	}
}
END_TEST

/* The table's own tests are check_dhcptrack's. */
START_TEST(busy_where_all_places_wait)
{
	static struct eg_dhcp d;
	uint8_t buf[PACKET_MAX];
	size_t n = dhcp_by_hand(buf, "\65\1\1\377", 4, (struct dhcp_patch){ 0, 0 });

	d = fresh;
	for (size_t i = 0; i < EG_DHCPTRACK_STATIONS; i++) {
		const uint8_t mac[6] = { 2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i };

		ck_assert_int_eq(judge(&d, EG_FROM_GUEST, buf, n).reason, EG_R_NONE);
		ck_assert(eg_dhcptrack_ask(&d.exchanges, mac, 1, false, NOW));
	}
	ck_assert_int_eq(judge(&d, EG_FROM_GUEST, buf, n).reason, EG_R_DHCP_BUSY);
	/* What gets no answer needs no place. */
	n = dhcp_by_hand(buf, "\65\1\7\377", 4, (struct dhcp_patch){ 0, 0 });
	ck_assert_int_eq(judge(&d, EG_FROM_GUEST, buf, n).reason, EG_R_NONE);
}
END_TEST

/* Of the servers that answered the last EG_DHCP_SERVERS are known. */
START_TEST(servers_are_remembered)
{
	struct eg_dhcp d = asking(0xcafe, false);
	uint8_t buf[PACKET_MAX];
	size_t n = answer_by_hand(buf, 1);

	for (uint8_t i = 0; i < 2 * EG_DHCP_SERVERS; i++) {
		for (int again = 0; again < 2; again++) {
			buf[PACKET_ETH + 15] = i;
			packet_fix(buf, n);
			d = judge(&d, EG_FROM_NETWORK, buf, n).d;
		}
		for (uint8_t j = 0; j < EG_DHCP_SERVERS && j <= i; j++)
			ck_assert_uint_eq(d.servers[j].b[15], i - j);
	}
}
END_TEST

START_TEST(cut_answers_block)
{
	struct eg_dhcp d = asking(0x80545541, false);
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
	tcase_add_test(c, bootp_needs_no_cookie);
	tcase_add_test(c, busy_where_all_places_wait);
	tcase_add_test(c, servers_are_remembered);
	tcase_add_test(c, cut_answers_block);
	tcase_add_test(c, dhcp_is_udp_over_ip4_between_its_ports);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

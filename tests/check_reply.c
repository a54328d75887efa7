/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reply.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };
enum { V4_PROTO = PACKET_ETH + 9, V4_SRC = PACKET_ETH + 12, V4_DST = PACKET_ETH + 16 };
enum { V6_NEXT = PACKET_ETH + 6, V6_SRC = PACKET_ETH + 8, V6_DST = PACKET_ETH + 24 };

/* A blocked frame, in memory that ends where it does, and an answer to it. */
struct scene {
	uint8_t *frame, *out;
	size_t len;
	struct eg_frame f;
};

static struct scene scene(const uint8_t *b, size_t len, enum eg_reason want)
{
	struct scene s = { .frame = guarded_copy(b, len),
			   .out = guarded_copy(NULL, EG_REPLY_MAX),
			   .len = len };

	ck_assert_int_eq(eg_frame_decode(&s.f, s.frame, len), want);
	return s;
}

static void leave(struct scene *s)
{
	guarded_free(s->frame, s->len);
	guarded_free(s->out, EG_REPLY_MAX);
}

/* Whether the answer of N bytes is B, but for IPv4's identification, which ours
 * leaves zero. */
static void check_same(const uint8_t *out, size_t n, uint8_t *b, size_t len)
{
	if (b[PACKET_ETH] == 0x45)
		eg_put16(b + PACKET_ETH + 4, 0);
	packet_fix(b, len);
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(out, b, len);
}

static size_t segment(bool six, const struct packet_end *from, const struct packet_end *to,
		      const struct packet_tcp *t, size_t data, uint8_t *b)
{
	return (six ? packet_tcp6 : packet_tcp4)(b, from, to, t, packet_text, data);
}

/* RFC 9293 3.5.2: what is sent and what comes back, flag by flag. */
static const struct {
	const char *name;
	uint8_t flags;
	size_t data;
	uint32_t seq, ack; /* of the segment */
	uint8_t rst_flags; /* of the answer; 0: none */
	uint32_t rst_seq, rst_ack;
} segments[] = {
	{ "SYN", SYN, 0, 1000, 0, RST | ACK, 0, 1001 },
	{ "SYN with data", SYN, 7, 1000, 0, RST | ACK, 0, 1008 },
	{ "SYN with a stray ack field", SYN, 0, 1000, 77, RST | ACK, 0, 1001 },
	{ "SYN at the wrap", SYN, 3, 0xffffffff, 0, RST | ACK, 0, 3 },
	{ "FIN", FIN, 0, 1000, 0, RST | ACK, 0, 1001 },
	{ "SYN, FIN", SYN | FIN, 0, 1000, 0, RST | ACK, 0, 1002 },
	{ "no flags", 0, 5, 1000, 0, RST | ACK, 0, 1005 },
	{ "Xmas", FIN | PSH | URG, 0, 1000, 0, RST | ACK, 0, 1001 },
	{ "ACK", ACK, 0, 1000, 2000, RST, 2000, 0 },
	{ "ACK with data", ACK | PSH, 20, 1000, 2000, RST, 2000, 0 },
	{ "SYN, ACK", SYN | ACK, 0, 1000, 2000, RST, 2000, 0 },
	{ "FIN, ACK", FIN | ACK, 0, 1000, 2000, RST, 2000, 0 },
	{ "RST", RST, 0, 1000, 0, 0, 0, 0 },
	{ "RST, ACK", RST | ACK, 0, 1000, 2000, 0, 0, 0 },
	{ "SYN, RST", SYN | RST, 0, 1000, 0, 0, 0, 0 },
};

START_TEST(reset_answers_each_segment_as_tcp_would)
{
	const struct packet_end *g = &packet_guest, *n = &packet_network;

	for (int six = 0; six < 2; six++) {
		const struct packet_tcp t = { .seq = segments[_i].seq,
					      .ack = segments[_i].ack,
					      .window = 1234,
					      .flags = segments[_i].flags };
		const struct packet_tcp rst = { .seq = segments[_i].rst_seq,
						.ack = segments[_i].rst_ack,
						.flags = segments[_i].rst_flags };
		uint8_t b[PACKET_MAX], want[PACKET_MAX];
		struct scene s = scene(b, segment(six, g, n, &t, segments[_i].data, b), EG_R_NONE);
		size_t len = eg_reply_reset(&s.f, s.out);

		if (rst.flags)
			check_same(s.out, len, want, segment(six, n, g, &rst, 0, want));
		else
			ck_assert_uint_eq(len, 0);
		leave(&s);
	}
}
END_TEST

/* TCP options are no data: they take nothing of the sequence space. */
START_TEST(reset_does_not_count_options)
{
	static const uint8_t options[] = { 2, 4, 5, 0xb4 };
	const struct packet_tcp t = {
		.seq = 9, .flags = SYN, .options = options, .options_len = 4
	};
	uint8_t b[PACKET_MAX];
	struct scene s =
		scene(b, segment(false, &packet_guest, &packet_network, &t, 2, b), EG_R_NONE);

	ck_assert_uint_eq(eg_reply_reset(&s.f, s.out), PACKET_L4_4 + 20);
	ck_assert_uint_eq(eg_get32(s.out + PACKET_L4_4 + 8), 9 + 1 + 2);
	leave(&s);
}
END_TEST

/* Nothing of the frame's but addresses, ports and numbers is in the answer. */
START_TEST(answers_start_from_a_clean_header)
{
	uint8_t b[PACKET_MAX], want[PACKET_MAX];
	const struct packet_tcp t = { .seq = 1, .flags = SYN };
	const struct packet_tcp rst = { .ack = 2, .flags = RST | ACK };
	size_t len = segment(false, &packet_guest, &packet_network, &t, 0, b);
	struct scene s;

	b[PACKET_ETH + 1] = 0xff;    /* TOS */
	b[PACKET_ETH + 6] = 0;       /* no DF */
	b[PACKET_ETH + 8] = 1;       /* TTL */
	b[PACKET_L4_4 + 12] |= 1;    /* AE */
	b[PACKET_L4_4 + 13] |= 0xc0; /* CWR, ECE */
	eg_put16(b + PACKET_L4_4 + 18, 0xbeef);
	packet_fix(b, len);
	s = scene(b, len, EG_R_NONE);
	len = eg_reply_reset(&s.f, s.out);
	check_same(s.out, len, want, segment(false, &packet_network, &packet_guest, &rst, 0, want));
	leave(&s);
}
END_TEST

/* ICMP type 3 code 13, ICMPv6 type 1 code 1: our answer is the one that another
 * implementation gives. */
START_TEST(prohibited_quotes_header_and_eight_bytes)
{
	static const enum packet_base bases[] = { PACKET_UDP4, PACKET_UDP6, PACKET_TCP4,
						  PACKET_TCP6 };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		const struct packet_end *g = &packet_guest, *n = &packet_network;
		uint8_t b[PACKET_MAX], want[PACKET_MAX];
		struct scene s = scene(b, packet_base(bases[i], b), EG_R_NONE);
		size_t len = eg_reply_prohibited(&s.f, s.out);

		if (s.f.ip_version == 4)
			check_same(s.out, len, want,
				   packet_icmp4(want, n, g, 3, 13, 0, b + PACKET_ETH, 28));
		else
			check_same(s.out, len, want,
				   packet_icmp6(want, n, g, 1, 1, 0, b + PACKET_ETH, 48));
		leave(&s);
	}
}
END_TEST

START_TEST(prohibited_answers_unknown_protocols)
{
	uint8_t b[PACKET_MAX];
	size_t len;
	struct scene s;

	len = packet_ip4(b, &packet_guest, &packet_network, 132, packet_text, 8);
	s = scene(b, len, EG_R_IP_PROTOCOL);
	ck_assert_uint_eq(eg_reply_prohibited(&s.f, s.out), PACKET_L4_4 + 8 + 28);
	ck_assert_uint_eq(eg_reply_reset(&s.f, s.out), 0);
	leave(&s);
	len = packet_ip4(b, &packet_guest, &packet_network, 132, packet_text, 7);
	s = scene(b, len, EG_R_IP_PROTOCOL);
	ck_assert_uint_eq(eg_reply_prohibited(&s.f, s.out), 0);
	leave(&s);
	len = packet_ip6(b, &packet_guest, &packet_network, 50, packet_text, 8);
	s = scene(b, len, EG_R_IP_PROTOCOL);
	ck_assert_uint_eq(eg_reply_prohibited(&s.f, s.out), PACKET_L4_6 + 8 + 48);
	leave(&s);
}
END_TEST

/* A row: a frame, changed; decoding's reason; whether there are answers to it. */
static const struct {
	const char *name;
	enum packet_base base;
	enum eg_reason reason;
	bool reset, prohibited;
	struct packet_edit edits[2];
} silences[] = {
	{ "echo", PACKET_ICMP4, EG_R_NONE, false, true, { EDIT(0, 0x52) } },
	{ "echo, IPv6", PACKET_ICMP6, EG_R_NONE, false, true, { EDIT(0, 0x52) } },
	{ "echo reply", PACKET_ICMP4, EG_R_NONE, false, false, { EDIT(PACKET_L4_4, 0) } },
	{ "echo reply, IPv6", PACKET_ICMP6, EG_R_NONE, false, false, { EDIT(PACKET_L4_6, 129) } },
	{ "ICMP error", PACKET_ICMP4, EG_R_NONE, false, false, { EDIT(PACKET_L4_4, 3) } },
	{ "ICMPv6 error", PACKET_ICMP6, EG_R_NONE, false, false, { EDIT(PACKET_L4_6, 1) } },
	{ "ARP", PACKET_ARP, EG_R_NONE, false, false, { EDIT(0, 0x52) } },
	{ "a tag", PACKET_TCP4, EG_R_ETHERTYPE, false, false, { EDIT(12, 0x81, 0) } },
	{ "UDP", PACKET_UDP4, EG_R_NONE, false, true, { EDIT(0, 0x52) } },
	{ "TCP", PACKET_TCP4, EG_R_NONE, true, true, { EDIT(0, 0x52) } },
	{ "to a group",
	  PACKET_UDP4,
	  EG_R_NONE,
	  false,
	  false,
	  { EDIT(V4_DST, 224, 0, 0, 251), EDIT(0, 1, 0, 0x5e, 0, 0, 0xfb) } },
	{ "TCP to a group",
	  PACKET_TCP4,
	  EG_R_NONE,
	  false,
	  false,
	  { EDIT(V4_DST, 224, 0, 0, 251), EDIT(0, 1, 0, 0x5e, 0, 0, 0xfb) } },
	{ "from 0.0.0.0", PACKET_UDP4, EG_R_NONE, false, false, { EDIT(V4_SRC, 0, 0, 0, 0) } },
	{ "from loopback", PACKET_TCP4, EG_R_IP_ADDRESS, false, false, { EDIT(V4_SRC, 127) } },
	{ "to loopback", PACKET_TCP4, EG_R_IP_ADDRESS, false, false, { EDIT(V4_DST, 127) } },
	{ "to itself", PACKET_UDP4, EG_R_IP_ADDRESS, false, false, { EDIT(V4_DST, 10, 0, 2, 15) } },
	{ "to all on the link", PACKET_UDP4, EG_R_ETH_ADDRESS, false, false, { EDIT(0, 0xff) } },
	{ "SCTP to all on the link",
	  PACKET_UDP4,
	  EG_R_IP_PROTOCOL,
	  false,
	  false,
	  { EDIT(V4_PROTO, 132), EDIT(0, 1) } },
	{ "SCTP to the station zero",
	  PACKET_UDP4,
	  EG_R_IP_PROTOCOL,
	  false,
	  false,
	  { EDIT(V4_PROTO, 132), EDIT(0, 0, 0, 0, 0, 0, 0) } },
	{ "SCTP from a group",
	  PACKET_UDP4,
	  EG_R_IP_PROTOCOL,
	  false,
	  false,
	  { EDIT(V4_PROTO, 132), EDIT(V4_SRC, 224) } },
	{ "ICMPv6 in IPv4", PACKET_ICMP4, EG_R_IP_PROTOCOL, false, false, { EDIT(V4_PROTO, 58) } },
	{ "ICMP in IPv6", PACKET_ICMP6, EG_R_IP_PROTOCOL, false, false, { EDIT(V6_NEXT, 1) } },
	{ "hop-by-hop", PACKET_UDP6, EG_R_IP_OPTIONS, false, false, { EDIT(V6_NEXT, 0) } },
	{ "options", PACKET_TCP4, EG_R_IP_OPTIONS, false, false, { EDIT(PACKET_ETH, 0x46) } },
	{ "fragment", PACKET_TCP4, EG_R_FRAGMENT, false, false, { EDIT(PACKET_ETH + 6, 0x20) } },
	{ "bad TCP", PACKET_TCP4, EG_R_L4_HEADER, false, true, { EDIT(PACKET_L4_4 + 12, 0) } },
	{ "bad UDP", PACKET_UDP6, EG_R_L4_HEADER, false, true, { EDIT(PACKET_L4_6 + 4, 1) } },
	{ "from an IPv4-mapped address",
	  PACKET_UDP6,
	  EG_R_IP_ADDRESS,
	  false,
	  false,
	  { EDIT(V6_SRC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 15) } },
	{ "to an IPv4-mapped address",
	  PACKET_UDP6,
	  EG_R_IP_ADDRESS,
	  false,
	  false,
	  { EDIT(V6_DST, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 2) } },
};

/* At each cut, too: an answer never reads what is not there. */
static void answer_cut(uint8_t *copy, size_t m, void *ctx)
{
	uint8_t *out = guarded_copy(NULL, EG_REPLY_MAX);
	struct eg_frame f;

	(void)ctx;
	if (eg_frame_decode(&f, copy, m) != EG_R_NONE) {
		ck_assert_uint_eq(eg_reply_reset(&f, out), 0);
		ck_assert_uint_eq(eg_reply_dns(&f, (const uint8_t *)"x", 1, out), 0);
	}
	ck_assert_uint_le(eg_reply_prohibited(&f, out), EG_REPLY_MAX);
	guarded_free(out, EG_REPLY_MAX);
}

START_TEST(who_gets_no_answer)
{
	uint8_t b[PACKET_MAX];
	size_t len = packet_base(silences[_i].base, b);
	struct scene s;

	packet_apply(b, silences[_i].edits, 2);
	packet_fix(b, len);
	s = scene(b, len, silences[_i].reason);
	ck_assert_int_eq(eg_reply_reset(&s.f, s.out) != 0, silences[_i].reset);
	ck_assert_int_eq(eg_reply_prohibited(&s.f, s.out) != 0, silences[_i].prohibited);
	if (silences[_i].base != PACKET_UDP4 || !silences[_i].prohibited)
		ck_assert_uint_eq(eg_reply_dns(&s.f, b, 1, s.out), 0);
	guarded_each_cut(b, len, answer_cut, NULL);
	leave(&s);
}
END_TEST

/* Words of records, which never change; by hand, as those of reasons. */
START_TEST(answers_have_their_words)
{
	static const char *const words[] = { "none",     "rst",     "prohibited",
					     "nxdomain", "noerror", "servfail",
					     "formerr",  "notimp",  "refused",
					     "badvers" };

	ck_assert_uint_eq(sizeof(words) / sizeof(words[0]), EG_ANSWERS);
	for (unsigned int i = 0; i < EG_ANSWERS; i++)
		ck_assert_str_eq(eg_answer_word((enum eg_answer)i), words[i]);
	ck_assert_str_eq(eg_answer_word(EG_ANSWERS), "none");
	ck_assert_str_eq(eg_answer_word((enum eg_answer) - 1), "none");
}
END_TEST

START_TEST(dns_comes_from_the_resolver)
{
	const struct packet_end resolver = packet_at(&packet_network, EG_DNS_PORT);
	uint8_t msg[EG_DNS_REPLY_MAX + 1];

	memset(msg, 0xd5, sizeof(msg));
	for (int six = 0; six < 2; six++) {
		size_t (*udp)(uint8_t *, const struct packet_end *, const struct packet_end *,
			      const void *, size_t) = six ? packet_udp6 : packet_udp4;
		uint8_t b[PACKET_MAX], want[PACKET_MAX];
		struct scene s =
			scene(b, udp(b, &packet_guest, &resolver, packet_text, 20), EG_R_NONE);

		for (size_t n = 0; n <= EG_DNS_REPLY_MAX; n++)
			check_same(s.out, eg_reply_dns(&s.f, msg, n, s.out), want,
				   udp(want, &resolver, &packet_guest, msg, n));
		ck_assert_uint_eq(eg_reply_dns(&s.f, msg, EG_DNS_REPLY_MAX + 1, s.out), 0);
		ck_assert_uint_eq(eg_reply_dns(&s.f, msg, SIZE_MAX, s.out), 0);
		leave(&s);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reply");
	TCase *t = tcase_create("reply");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, reset_answers_each_segment_as_tcp_would, 0,
			    sizeof(segments) / sizeof(segments[0]));
	tcase_add_test(t, reset_does_not_count_options);
	tcase_add_test(t, answers_start_from_a_clean_header);
	tcase_add_test(t, prohibited_quotes_header_and_eight_bytes);
	tcase_add_test(t, prohibited_answers_unknown_protocols);
	tcase_add_loop_test(t, who_gets_no_answer, 0, sizeof(silences) / sizeof(silences[0]));
	tcase_add_test(t, answers_have_their_words);
	tcase_add_test(t, dns_comes_from_the_resolver);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "describe.h"

#include "packet.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { IP = PACKET_ETH, L4 = PACKET_L4_4, L4_6 = PACKET_L4_6 };

#define GUEST6   "fd00::5054:ff:fe12:3456"
#define NETWORK6 "fd00::2"

/* A query for X.example.org, type A, id 0x4ecc, with RD. */
static const uint8_t query[] = { 0x4e, 0xcc, 1,   0,   0,   1,   0,   0,   0,   0,   0,
				 0,    1,    'X', 7,   'e', 'x', 'a', 'm', 'p', 'l', 'e',
				 3,    'o',  'r', 'g', 0,   0,   1,   0,   1 };
enum { FLAGS_AT = 2, COUNT_AT = 5, LABEL_AT = 12, TYPE_AT = 27, CLASS_AT = 29 };
#define NAMED " name=x.example.org qtype=A"

static char text[EG_DESCRIPTION_TEXT_MAX];

/* Describe a copy that ends at an unreadable page. */
static struct eg_description description(const uint8_t *frame, size_t n)
{
	uint8_t *copy = guarded_copy(frame, n);
	struct eg_description d;

	memset(&d, 0xa5, sizeof(d));
	eg_describe(&d, copy, n);
	guarded_free(copy, n);
	return d;
}

static const char *describe(const uint8_t *frame, size_t n)
{
	struct eg_description d = description(frame, n);

	ck_assert_uint_eq(eg_describe_text(&d, text, sizeof(text)), strlen(text));
	return text;
}

/* A right frame, changed, and what is said of it. */
struct row {
	enum packet_base base;
	const char *expected;
	struct packet_edit edits[4];
};

static void run(const struct row *rows, size_t count)
{
	uint8_t b[PACKET_MAX];

	for (size_t i = 0; i < count; i++) {
		size_t n = packet_base(rows[i].base, b);

		packet_apply(b, rows[i].edits, 4);
		ck_assert_str_eq(describe(b, n), rows[i].expected);
	}
}

#define RUN(table) run(table, sizeof(table) / sizeof((table)[0]))

#define TCP4   "proto=tcp src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443"
#define TCP6   "proto=tcp src=" GUEST6 " sport=40000 dst=" NETWORK6 " dport=443"
#define ENDS4  " src=10.0.2.15 dst=10.0.2.2"
#define ENDS6  " src=" GUEST6 " dst=" NETWORK6
#define PORTS6 " src=" GUEST6 " sport=40000 dst=" NETWORK6 " dport=443"

START_TEST(each_kind_has_its_fields)
{
	static const struct row rows[] = {
		{ PACKET_TCP4, TCP4, { { 0 } } },
		{ PACKET_TCP6, TCP6, { { 0 } } },
		{ PACKET_UDP4,
		  "proto=udp src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443",
		  { { 0 } } },
		{ PACKET_UDP6, "proto=udp" PORTS6, { { 0 } } },
		{ PACKET_ICMP4, "proto=icmp" ENDS4 " type=8 code=0", { { 0 } } },
		{ PACKET_ICMP6, "proto=icmp6" ENDS6 " type=128 code=0", { { 0 } } },
		{ PACKET_ICMP4, "proto=icmp" ENDS4 " type=3 code=13", { EDIT(L4, 3, 13) } },
		{ PACKET_ARP, "proto=arp" ENDS4, { { 0 } } },
		{ PACKET_UDP4, "proto=132" ENDS4, { EDIT(IP + 9, 132) } },
		{ PACKET_UDP6, "proto=47" ENDS6, { EDIT(IP + 6, 47) } },
		{ PACKET_UDP6, "proto=59" ENDS6, { EDIT(IP + 6, 59) } },
		{ PACKET_UDP4, "proto=0x8100", { EDIT(12, 0x81, 0) } },
		{ PACKET_UDP4, "proto=0x0026", { EDIT(12, 0, 0x26) } },
		{ PACKET_UDP4, "", { EDIT(12, 0, 0) } },
	};

	RUN(rows);
}
END_TEST

START_TEST(fields_are_those_of_the_frame)
{
	uint8_t b[PACKET_MAX];
	struct eg_description d = description(b, packet_base(PACKET_TCP4, b));

	ck_assert_uint_eq(d.ethertype, EG_ETHERTYPE_IP4);
	ck_assert(d.has_addresses && d.has_ports && d.has_flags);
	ck_assert(!d.has_icmp && !d.has_question);
	ck_assert_int_eq(d.proto, EG_PROTO_TCP);
	ck_assert_uint_eq(d.ttl, 64);
	ck_assert_uint_eq(d.tcp_flags, EG_TCP_PSH | EG_TCP_ACK);
	d = description(b, packet_base(PACKET_ARP, b));
	ck_assert_int_eq(d.proto, -1);
	ck_assert(d.has_addresses && !d.has_ports && !d.has_flags && !d.has_icmp);
	d = description(b, 13);
	ck_assert_int_eq(d.proto, -1);
	ck_assert_uint_eq(d.ethertype, 0);
}
END_TEST

/* Of what decodes, the decoder and the description say the same. */
START_TEST(agrees_with_the_decoder)
{
	uint8_t b[PACKET_MAX];
	size_t n = packet_base((enum packet_base)_i, b);
	struct eg_description d = description(b, n);
	struct eg_frame f;

	ck_assert_int_eq(eg_frame_decode(&f, b, n), EG_R_NONE);
	ck_assert_uint_eq(d.ethertype, f.ethertype);
	if (f.ip_version == 0)
		return;
	ck_assert_int_eq(d.proto, f.proto);
	ck_assert_uint_eq(d.ttl, f.ttl);
	ck_assert(eg_addr_equal(&d.src, &f.src) && eg_addr_equal(&d.dst, &f.dst));
	ck_assert_uint_eq(d.sport, f.sport);
	ck_assert_uint_eq(d.dport, f.dport);
	ck_assert_uint_eq(d.tcp_flags, f.tcp.flags);
	ck_assert_uint_eq(d.type, f.icmp.type);
	ck_assert_uint_eq(d.code, f.icmp.code);
}
END_TEST

START_TEST(what_no_judge_takes_is_described_all_the_same)
{
	static const struct row rows[] = {
		{ PACKET_TCP4, TCP4, { EDIT(6, 1, 0, 0x5e, 0, 0, 1) } }, /* source MAC */
		{ PACKET_TCP4, TCP4, { EDIT(IP + 10, 0, 0) } },          /* checksum */
		{ PACKET_TCP4, TCP4, { EDIT(IP + 8, 0) } },              /* TTL */
		{ PACKET_TCP4, TCP4, { EDIT(IP + 2, 0, 0) } },           /* total length */
		{ PACKET_TCP4, TCP4, { EDIT(IP + 2, 0xff, 0xff) } },
		{ PACKET_TCP4, TCP4, { EDIT(L4 + 12, 0) } }, /* data offset */
		{ PACKET_TCP6, TCP6, { EDIT(IP + 4, 0xff, 0xff) } },
		{ PACKET_TCP4,
		  "proto=tcp src=10.0.2.15 sport=0 dst=10.0.2.2 dport=0",
		  { EDIT(L4, 0, 0, 0, 0) } },
		{ PACKET_TCP4,
		  "proto=tcp src=127.0.0.1 sport=40000 dst=255.255.255.255 dport=443",
		  { EDIT(IP + 12, 127, 0, 0, 1, 255, 255, 255, 255) } },
		/* One word of options: the ports are behind it. */
		{ PACKET_TCP4,
		  "proto=tcp src=10.0.2.15 sport=443 dst=10.0.2.2 dport=258",
		  { EDIT(IP, 0x46), EDIT(L4, 1, 1, 1, 1, 1, 0xbb, 1, 2) } },
	};

	RUN(rows);
}
END_TEST

START_TEST(what_cannot_be_read_is_left_out)
{
	static const struct row rows[] = {
		{ PACKET_TCP4, "proto=0x0800", { EDIT(IP, 0x65) } },
		{ PACKET_TCP6, "proto=0x86dd", { EDIT(IP, 0x45) } },
		{ PACKET_TCP4, "proto=tcp" ENDS4, { EDIT(IP, 0x44) } },      /* IHL 4 */
		{ PACKET_UDP4, "proto=udp" ENDS4, { EDIT(IP, 0x4f) } },      /* beyond the end */
		{ PACKET_TCP4, "proto=tcp" ENDS4, { EDIT(IP + 2, 0, 20) } }, /* nothing in it */
		{ PACKET_TCP4, "proto=tcp" ENDS4, { EDIT(IP + 2, 0, 23) } }, /* half a port */
		{ PACKET_TCP4, TCP4, { EDIT(IP + 2, 0, 24) } },
		{ PACKET_TCP6, "proto=tcp" ENDS6, { EDIT(IP + 4, 0, 3) } },
		{ PACKET_ICMP4, "proto=icmp" ENDS4, { EDIT(IP + 2, 0, 21) } },
		{ PACKET_ARP, "proto=arp", { EDIT(IP + 4, 8) } },
		{ PACKET_ARP, "proto=arp", { EDIT(IP, 0, 6) } },
	};

	RUN(rows);
}
END_TEST

START_TEST(tcp_flags_are_there_or_said_not_to_be)
{
	uint8_t b[PACKET_MAX];
	size_t n = packet_base(PACKET_TCP4, b);

	for (size_t m = 0; m <= n; m++) {
		struct eg_description d = description(b, m);

		ck_assert_int_eq(d.has_flags, m >= L4 + 14);
		ck_assert_uint_eq(d.tcp_flags, m >= L4 + 14 ? EG_TCP_PSH | EG_TCP_ACK : 0);
	}
}
END_TEST

START_TEST(first_fragment_has_ports_and_the_others_have_not)
{
	static const struct row rows[] = {
		{ PACKET_UDP4,
		  "proto=udp src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443",
		  { EDIT(IP + 6, 0x20, 0) } },
		{ PACKET_UDP4, "proto=udp" ENDS4, { EDIT(IP + 6, 0x20, 1) } },
		{ PACKET_UDP4, "proto=udp" ENDS4, { EDIT(IP + 6, 0x00, 1) } },
		{ PACKET_UDP4, "proto=udp" ENDS4, { EDIT(IP + 6, 0x10, 0) } },
		{ PACKET_UDP4,
		  "proto=udp src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443",
		  { EDIT(IP + 6, 0xc0, 0) } }, /* the reserved flag, and do not fragment */
	};

	RUN(rows);
}
END_TEST

/* A UDP packet behind extension headers of N bytes at P, the first of which is NEXT. */
static const char *behind(uint8_t next, const void *p, size_t n)
{
	static const uint8_t udp[] = { 0x9c, 0x40, 1, 0xbb, 0, 8, 0, 0 };
	uint8_t b[PACKET_MAX], payload[512];

	memcpy(payload, p, n);
	memcpy(payload + n, udp, sizeof(udp));
	return describe(
		b, packet_ip6(b, &packet_guest, &packet_network, next, payload, n + sizeof(udp)));
}

#define BEHIND(next, ...)                                                                          \
	behind(next, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

START_TEST(extension_headers_are_stepped_over)
{
	uint8_t many[17 * 8];

	ck_assert_str_eq(BEHIND(0, 17, 0, 1, 4, 0, 0, 0, 0), "proto=udp" PORTS6);
	ck_assert_str_eq(BEHIND(43, 17, 0, 0, 0, 0, 0, 0, 0), "proto=udp" PORTS6);
	ck_assert_str_eq(BEHIND(60, 17, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			 "proto=udp" PORTS6);
	ck_assert_str_eq(BEHIND(51, 17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), "proto=udp" PORTS6);
	ck_assert_str_eq(BEHIND(44, 17, 255, 0, 1, 0, 0, 0, 9), "proto=udp" PORTS6);
	ck_assert_str_eq(BEHIND(135, 17, 0, 0, 0, 0, 0, 0, 0), "proto=udp" PORTS6);
	ck_assert_str_eq(BEHIND(0, 44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 1),
			 "proto=udp" PORTS6);
	ck_assert_str_eq(BEHIND(44, 17, 0, 0, 9, 0, 0, 0, 9), "proto=udp" ENDS6);
	ck_assert_str_eq(BEHIND(60, 17, 255, 0, 0, 0, 0, 0, 0), "proto=60" ENDS6);
	/* 16 of them, and one more. */
	memset(many, 0, sizeof(many));
	many[15 * 8] = 17;
	ck_assert_str_eq(behind(0, many, 16 * 8), "proto=udp" PORTS6);
	many[15 * 8] = 0;
	many[16 * 8] = 17;
	ck_assert_str_eq(behind(0, many, sizeof(many)), "proto=0" ENDS6);
}
END_TEST

/* It must not be taken for the address inside, which the guest did not write to. */
START_TEST(mapped_address_in_ipv6_is_shown_as_such)
{
	static const struct row rows[] = {
		{ PACKET_UDP6,
		  "proto=udp src=" GUEST6 " sport=40000 dst=::ffff:10.0.2.2 dport=443",
		  { EDIT(IP + 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 2) } },
	};

	RUN(rows);
}
END_TEST

/* A message over UDP from port 40000 to PORT, after EDIT. */
static const char *udp(uint16_t port, struct packet_edit edit)
{
	struct packet_end to = packet_at(&packet_network, port);
	uint8_t b[PACKET_MAX], msg[sizeof(query)];

	memcpy(msg, query, sizeof(query));
	packet_apply(msg, &edit, 1);
	return describe(b, packet_udp4(b, &packet_guest, &to, msg, sizeof(msg)));
}

static const struct packet_edit none;

#define UDP4(port) "proto=udp src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=" port

START_TEST(question_over_udp_is_shown)
{
	struct packet_end to = packet_at(&packet_network, 53);
	uint8_t b[PACKET_MAX];
	struct eg_description d =
		description(b, packet_udp6(b, &packet_guest, &to, query, sizeof(query)));

	ck_assert(d.has_question);
	ck_assert_uint_eq(d.dns_id, 0x4ecc);
	ck_assert_uint_eq(d.dns_flags, 0x0100);
	ck_assert_uint_eq(d.qtype, EG_DNS_TYPE_A);
	ck_assert_str_eq(udp(53, none), UDP4("53") NAMED);
	ck_assert_str_eq(udp(5353, none), UDP4("5353") NAMED);
	ck_assert_str_eq(udp(5355, none), UDP4("5355") NAMED);
	ck_assert_str_eq(udp(54, none), UDP4("54"));
	/* An answer, and messages that no resolver gets to see. */
	ck_assert_str_eq(udp(53, (struct packet_edit)EDIT(FLAGS_AT, 0x84)), UDP4("53") NAMED);
	ck_assert_str_eq(udp(53, (struct packet_edit)EDIT(COUNT_AT, 9)), UDP4("53") NAMED);
	ck_assert_str_eq(udp(53, (struct packet_edit)EDIT(CLASS_AT, 0x80, 1)), UDP4("53") NAMED);
	ck_assert_str_eq(udp(53, (struct packet_edit)EDIT(TYPE_AT, 0, 255)),
			 UDP4("53") " name=x.example.org qtype=ANY");
	ck_assert_str_eq(udp(53, (struct packet_edit)EDIT(TYPE_AT, 255, 255)),
			 UDP4("53") " name=x.example.org qtype=TYPE65535");
}
END_TEST

START_TEST(what_is_no_question_stays_out)
{
	ck_assert_str_eq(udp(53, (struct packet_edit)EDIT(COUNT_AT, 0)), UDP4("53"));
	ck_assert_str_eq(udp(53, (struct packet_edit)EDIT(LABEL_AT, 0xc0)), UDP4("53"));
	ck_assert_str_eq(udp(53, (struct packet_edit)EDIT(LABEL_AT, 63)), UDP4("53"));
}
END_TEST

/* Bytes behind the UDP length are nobody's. */
START_TEST(question_ends_where_udp_does)
{
	struct packet_end to = packet_at(&packet_network, 53);
	uint8_t b[PACKET_MAX];
	size_t n = packet_udp4(b, &packet_guest, &to, query, sizeof(query));

	eg_put16(b + L4 + 4, 8 + sizeof(query) - 1);
	ck_assert_str_eq(describe(b, n), UDP4("53"));
	eg_put16(b + L4 + 4, 7); /* no length at all */
	ck_assert_str_eq(describe(b, n), UDP4("53") NAMED);
}
END_TEST

/* A segment of LEN bytes that says that a message of SAID bytes begins in it. */
static const char *tcp(uint16_t port, size_t said, size_t len)
{
	static const struct packet_tcp ack = { .flags = EG_TCP_ACK };
	struct packet_end to = packet_at(&packet_network, port);
	uint8_t b[PACKET_MAX], stream[2 + sizeof(query)];

	eg_put16(stream, (uint16_t)said);
	memcpy(stream + 2, query, sizeof(query));
	return describe(b, packet_tcp4(b, &packet_guest, &to, &ack, stream, len));
}

#define TCP4_AT(port) "proto=tcp src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=" port

START_TEST(question_over_tcp_is_shown)
{
	const size_t n = sizeof(query);

	ck_assert_str_eq(tcp(53, n, 2 + n), TCP4_AT("53") NAMED);
	ck_assert_str_eq(tcp(53, n + 1000, 2 + n), TCP4_AT("53") NAMED);
	ck_assert_str_eq(tcp(54, n, 2 + n), TCP4_AT("54"));
	ck_assert_str_eq(tcp(5353, n, 2 + n), TCP4_AT("5353"));
	ck_assert_str_eq(tcp(53, n - 1, 2 + n), TCP4_AT("53"));
	for (size_t m = 0; m < 2 + n; m++)
		ck_assert_str_eq(tcp(53, n, m), TCP4_AT("53"));
}
END_TEST

START_TEST(hostile_names_come_out_escaped)
{
	struct packet_end to = packet_at(&packet_network, 53);
	uint8_t b[PACKET_MAX], msg[sizeof(query)];

	memcpy(msg, query, sizeof(query));
	memcpy(msg + 15, "\n\"\\ =.\xff", 7);
	ck_assert_str_eq(describe(b, packet_udp4(b, &packet_guest, &to, msg, sizeof(msg))),
			 UDP4("53") " name=x.\\010\\034\\092\\032\\061\\046\\255.org qtype=A");
}
END_TEST

START_TEST(root_has_a_name)
{
	static const uint8_t root[] = { 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1 };
	struct packet_end to = packet_at(&packet_network, 53);
	uint8_t b[PACKET_MAX];

	ck_assert_str_eq(describe(b, packet_udp4(b, &packet_guest, &to, root, sizeof(root))),
			 UDP4("53") " name=. qtype=NS");
}
END_TEST

/* The longest text there is: 254 bytes of name, each in four characters but the dots. */
START_TEST(longest_name_fits)
{
	struct packet_end from = packet_at(&packet_guest, 65535),
			  to = packet_at(&packet_network, 53);
	uint8_t b[PACKET_MAX], msg[12 + EG_NAME_MAX + 4] = { [COUNT_AT] = 1 };
	size_t at = 12;

	memset(from.ip6, 0xaa, sizeof(from.ip6));
	memset(to.ip6, 0xbb, sizeof(to.ip6));
	for (size_t left = EG_NAME_MAX - 1, n; left > 0; left -= n + 1) {
		n = left > EG_LABEL_MAX + 1 ? EG_LABEL_MAX : left - 1;
		msg[at++] = (uint8_t)n;
		memset(msg + at, 0xff, n);
		at += n;
	}
	memcpy(msg + at, "\0\xff\xff\0\1", 5);
	describe(b, packet_udp6(b, &from, &to, msg, sizeof(msg)));
	ck_assert_uint_eq(strlen(text),
			  strlen("proto=udp src= sport=65535 dst= dport=53 name= qtype=") + 2 * 39 +
				  4 * 250 + 3 + strlen("TYPE65535"));
	ck_assert_str_eq(text + strlen(text) - 20, "\\255 qtype=TYPE65535");
}
END_TEST

/* At every size of the buffer: whole pairs, the same ones, and as many as fit. */
START_TEST(pairs_that_do_not_fit_are_left_out)
{
	static const char whole[] = UDP4("53") NAMED;
	struct packet_end to = packet_at(&packet_network, 53);
	uint8_t b[PACKET_MAX];
	struct eg_description d =
		description(b, packet_udp4(b, &packet_guest, &to, query, sizeof(query)));

	for (size_t size = 0; size <= sizeof(whole); size++) {
		char *buf = guarded_copy(NULL, size);
		size_t want = size == 0 ? 0 : size - 1;
		size_t n = eg_describe_text(&d, buf, size);

		while (want > 0 && whole[want] != ' ' && whole[want] != '\0')
			want--;
		ck_assert_uint_eq(n, want);
		ck_assert(size == 0 || (memcmp(buf, whole, n) == 0 && buf[n] == '\0'));
		guarded_free(buf, size);
	}
}
END_TEST

static bool harmless(void)
{
	size_t i = 0;

	while (text[i] >= ' ' && text[i] <= '~')
		i++;
	return text[i] == '\0';
}

static void describe_cut(uint8_t *copy, size_t n, void *ctx)
{
	struct eg_description d;

	(void)ctx;
	eg_describe(&d, copy, n);
	n = eg_describe_text(&d, text, sizeof(text));
	ck_assert_msg(n == strlen(text) && harmless(), "%s", text);
}

START_TEST(cut_anywhere_nothing_behind_is_read)
{
	static const struct packet_tcp ack = { .flags = EG_TCP_ACK };
	static const uint8_t extensions[] = { 60, 0, 1, 4, 0, 0, 0, 0, 17, 1, 1, 12,
					      0,  0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0 };
	struct packet_end to = packet_at(&packet_network, 53);
	uint8_t b[PACKET_MAX], stream[2 + sizeof(query)] = { 0, sizeof(query) };
	size_t n;

	memcpy(stream + 2, query, sizeof(query));
	for (int base = 0; base < PACKET_BASES; base++)
		guarded_each_cut(b, packet_base((enum packet_base)base, b), describe_cut, NULL);
	n = packet_udp4(b, &packet_guest, &to, query, sizeof(query));
	guarded_each_cut(b, n, describe_cut, NULL);
	eg_put16(b + L4 + 4, 7); /* shorter than its header */
	guarded_each_cut(b, n, describe_cut, NULL);
	eg_put16(b + IP + 2, 19);
	guarded_each_cut(b, n, describe_cut, NULL);
	guarded_each_cut(b, packet_tcp6(b, &packet_guest, &to, &ack, stream, sizeof(stream)),
			 describe_cut, NULL);
	guarded_each_cut(b, packet_ip6(b, &packet_guest, &to, 0, extensions, sizeof(extensions)),
			 describe_cut, NULL);
}
END_TEST

/* Every byte of a query that real clients send, changed to every value. */
START_TEST(changed_anywhere_the_text_stays_harmless)
{
	struct packet_end to = packet_at(&packet_network, 53);
	uint8_t b[PACKET_MAX];
	size_t n = packet_udp6(b, &packet_guest, &to, query, sizeof(query));

	for (size_t i = 0; i < n; i++) {
		uint8_t was = b[i];

		for (unsigned v = 0; v < 256; v++) {
			b[i] = (uint8_t)v;
			describe_cut(b, n, NULL);
		}
		b[i] = was;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("describe");
	TCase *t = tcase_create("describe");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, each_kind_has_its_fields);
	tcase_add_test(t, fields_are_those_of_the_frame);
	tcase_add_loop_test(t, agrees_with_the_decoder, 0, PACKET_BASES);
	tcase_add_test(t, what_no_judge_takes_is_described_all_the_same);
	tcase_add_test(t, what_cannot_be_read_is_left_out);
	tcase_add_test(t, tcp_flags_are_there_or_said_not_to_be);
	tcase_add_test(t, first_fragment_has_ports_and_the_others_have_not);
	tcase_add_test(t, extension_headers_are_stepped_over);
	tcase_add_test(t, mapped_address_in_ipv6_is_shown_as_such);
	tcase_add_test(t, question_over_udp_is_shown);
	tcase_add_test(t, what_is_no_question_stays_out);
	tcase_add_test(t, question_ends_where_udp_does);
	tcase_add_test(t, question_over_tcp_is_shown);
	tcase_add_test(t, hostile_names_come_out_escaped);
	tcase_add_test(t, root_has_a_name);
	tcase_add_test(t, longest_name_fits);
	tcase_add_test(t, pairs_that_do_not_fit_are_left_out);
	tcase_add_test(t, cut_anywhere_nothing_behind_is_read);
	tcase_add_test(t, changed_anywhere_the_text_stays_harmless);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

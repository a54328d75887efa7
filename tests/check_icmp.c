/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "icmp.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* The four packets that are quoted: the network wrote to the guest, who complains. */
enum kind { TCP4, TCP6, UDP4, UDP6, KINDS };

/* Where the error's header and the quoted packet start, by IP version. */
enum { ICMP4 = PACKET_L4_4, ICMP6 = PACKET_L4_6, Q4 = ICMP4 + 8, Q6 = ICMP6 + 8 };
enum { L4_IN_4 = Q4 + 20, L4_IN_6 = Q6 + 40 };

static bool is6(enum kind kind)
{
	return kind == TCP6 || kind == UDP6;
}

/* An error of the guest's about a packet of KIND, QUOTED bytes of it (or all). */
static size_t build(enum kind kind, uint8_t type, uint8_t code, uint32_t rest, size_t quoted,
		    uint8_t *b)
{
	const struct packet_tcp t = { .seq = 0xdeadbeef, .ack = 5, .window = 9, .flags = 16 };
	const struct packet_end *g = &packet_guest, *n = &packet_network;
	uint8_t q[PACKET_MAX];
	size_t len;

	switch (kind) {
	case TCP4:
		len = packet_tcp4(q, n, g, &t, packet_text, PACKET_TEXT);
		break;
	case TCP6:
		len = packet_tcp6(q, n, g, &t, packet_text, PACKET_TEXT);
		break;
	case UDP4:
		len = packet_udp4(q, n, g, packet_text, PACKET_TEXT);
		break;
	default:
		len = packet_udp6(q, n, g, packet_text, PACKET_TEXT);
		break;
	}
	len -= PACKET_ETH;
	if (quoted < len)
		len = quoted;
	return (is6(kind) ? packet_icmp6 : packet_icmp4)(b, g, n, type, code, rest, q + PACKET_ETH,
							 len);
}

/* Port unreachable, quoting all. */
static size_t unreachable(enum kind kind, uint8_t *b)
{
	return is6(kind) ? build(kind, 1, 4, 0, SIZE_MAX, b) : build(kind, 3, 3, 0, SIZE_MAX, b);
}

struct row {
	const char *name;
	enum kind kind;
	enum eg_reason want;
	bool quote_sum; /* make the quoted IPv4 header's checksum right again */
	bool sum;       /* and that of the error */
	struct packet_edit edits[3];
};

static void judge_cut(uint8_t *copy, size_t m, void *ctx)
{
	struct eg_frame f;
	struct eg_quote q;

	(void)ctx;
	if (eg_frame_decode(&f, copy, m) == EG_R_NONE)
		eg_icmp_quote(&f, &q);
}

static void check_row(const struct row *row)
{
	uint8_t b[PACKET_MAX], *copy;
	size_t len = unreachable(row->kind, b);
	enum eg_reason got;
	struct eg_frame f;
	struct eg_quote q;

	packet_apply(b, row->edits, 3);
	if (row->quote_sum) {
		eg_put16(b + Q4 + 10, 0);
		eg_put16(b + Q4 + 10, packet_sum(b + Q4, 20));
	}
	if (row->sum)
		packet_fix(b, len);
	copy = guarded_copy(b, len);
	ck_assert_msg(eg_frame_decode(&f, copy, len) == EG_R_NONE, "%s: no frame", row->name);
	got = eg_icmp_quote(&f, &q);
	ck_assert_msg(got == row->want, "%s: %s, not %s", row->name, eg_reason_word(got),
		      eg_reason_word(row->want));
	guarded_each_cut(b, len, judge_cut, NULL);
	guarded_free(copy, len);
}

static void run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

#define RUN(table) run(table, sizeof(table) / sizeof((table)[0]))

/* clang-format off */
#define ROW(name, kind, want, ...)    { name, kind, EG_R_##want, false, true, { __VA_ARGS__ } }
#define HEADER(name, kind, want, ...) { name, kind, EG_R_##want, true, true, { __VA_ARGS__ } }
#define AS_IS(name, kind, want, ...)  { name, kind, EG_R_##want, false, false, { __VA_ARGS__ } }
/* clang-format on */

/* Exactly these pass; all else, echo first of all, is refused. */
static bool listed4(int type, int code)
{
	return (type == 3 && code <= 15) || (type == 11 && code <= 1) || (type == 12 && code == 0);
}

static bool listed6(int type, int code)
{
	return (type == 1 && code <= 6) || (type == 2 && code == 0) || (type == 3 && code <= 1) ||
	       (type == 4 && code <= 2);
}

START_TEST(every_type_and_code_has_its_verdict)
{
	uint8_t b4[PACKET_MAX], b6[PACKET_MAX];
	size_t len4 = unreachable(UDP4, b4), len6 = unreachable(TCP6, b6);
	struct eg_frame f;
	struct eg_quote q;

	for (int i = 0; i < 65536; i++) {
		eg_put16(b4 + ICMP4, (uint16_t)i);
		eg_put16(b6 + ICMP6, (uint16_t)i);
		packet_fix(b4, len4);
		packet_fix(b6, len6);
		ck_assert_int_eq(eg_frame_decode(&f, b4, len4), EG_R_NONE);
		ck_assert_int_eq(eg_icmp_quote(&f, &q),
				 listed4(i >> 8, i & 255) ? EG_R_NONE : EG_R_ICMP);
		ck_assert_int_eq(eg_frame_decode(&f, b6, len6), EG_R_NONE);
		ck_assert_int_eq(eg_icmp_quote(&f, &q),
				 listed6(i >> 8, i & 255) ? EG_R_NONE : EG_R_ICMP);
	}
}
END_TEST

START_TEST(quote_is_read_from_where_it_stands)
{
	const struct packet_end *g = &packet_guest, *n = &packet_network;
	enum kind kind = (enum kind)_i;
	bool tcp = kind == TCP4 || kind == TCP6;
	struct eg_addr src = is6(kind) ? eg_addr6(n->ip6) : eg_addr4(n->ip4);
	struct eg_addr dst = is6(kind) ? eg_addr6(g->ip6) : eg_addr4(g->ip4);
	uint8_t b[PACKET_MAX];
	struct eg_frame f;
	struct eg_quote q;

	memset(&q, 0xa5, sizeof(q));
	ck_assert_int_eq(eg_frame_decode(&f, b, unreachable(kind, b)), EG_R_NONE);
	ck_assert_int_eq(eg_icmp_quote(&f, &q), EG_R_NONE);
	ck_assert_uint_eq(q.proto, tcp ? EG_PROTO_TCP : EG_PROTO_UDP);
	ck_assert(eg_addr_equal(&q.src, &src));
	ck_assert(eg_addr_equal(&q.dst, &dst));
	ck_assert_uint_eq(q.sport, 443);
	ck_assert_uint_eq(q.dport, PACKET_PORT);
	ck_assert_uint_eq(q.seq, tcp ? 0xdeadbeef : 0);
}
END_TEST

START_TEST(quoted_ip4_is_plain_and_right)
{
	static const struct row rows[] = {
		HEADER("as it was", TCP4, NONE),
		HEADER("version 6", TCP4, ICMP, EDIT(Q4, 0x65)),
		HEADER("options", TCP4, ICMP, EDIT(Q4, 0x46)),
		HEADER("IHL 4", TCP4, ICMP, EDIT(Q4, 0x44)),
		HEADER("first fragment", UDP4, ICMP, EDIT(Q4 + 6, 0x20, 0)),
		HEADER("later fragment", UDP4, ICMP, EDIT(Q4 + 6, 0x00, 1)),
		HEADER("reserved flag", UDP4, ICMP, EDIT(Q4 + 6, 0x80, 0)),
		HEADER("no DF", UDP4, NONE, EDIT(Q4 + 6, 0, 0)),
		HEADER("TTL run down", UDP4, NONE, EDIT(Q4 + 8, 0)),
		HEADER("total of 27", UDP4, ICMP, EDIT(Q4 + 2, 0, 27)),
		HEADER("total of 28", UDP4, NONE, EDIT(Q4 + 2, 0, 28)),
		HEADER("total of more than is there", UDP4, NONE, EDIT(Q4 + 2, 0xff, 0xff)),
		ROW("wrong header checksum", TCP4, ICMP, EDIT(Q4 + 10, 1, 2)),
		ROW("header bytes changed", TCP4, ICMP, EDIT(Q4 + 4, 9, 9)),
		HEADER("of ICMP", TCP4, ICMP, EDIT(Q4 + 9, 1)),
		HEADER("of SCTP", TCP4, ICMP, EDIT(Q4 + 9, 132)),
		HEADER("of IPv4", TCP4, ICMP, EDIT(Q4 + 9, 4)),
		HEADER("of protocol 0", TCP4, ICMP, EDIT(Q4 + 9, 0)),
	};

	RUN(rows);
}
END_TEST

START_TEST(quoted_ip6_is_plain)
{
	static const struct row rows[] = {
		ROW("as it was", TCP6, NONE),
		ROW("version 4", TCP6, ICMP, EDIT(Q6, 0x40)),
		ROW("hop-by-hop", TCP6, ICMP, EDIT(Q6 + 6, 0)),
		ROW("fragment", UDP6, ICMP, EDIT(Q6 + 6, 44)),
		ROW("ICMPv6", UDP6, ICMP, EDIT(Q6 + 6, 58)),
		ROW("ICMP", UDP6, ICMP, EDIT(Q6 + 6, 1)),
		ROW("payload of 7", UDP6, ICMP, EDIT(Q6 + 4, 0, 7)),
		ROW("payload of 8", UDP6, NONE, EDIT(Q6 + 4, 0, 8)),
		ROW("payload of more than is there", UDP6, NONE, EDIT(Q6 + 4, 0xff, 0xff)),
		ROW("hop limit run down", UDP6, NONE, EDIT(Q6 + 7, 0)),
		ROW("to an IPv4-mapped address", UDP6, ICMP,
		    EDIT(Q6 + 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 15)),
		ROW("from an IPv4-mapped address", UDP6, ICMP,
		    EDIT(Q6 + 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 2, 2)),
	};

	RUN(rows);
}
END_TEST

/* Who is told is who sent it; and nobody complains of what went to a group. */
START_TEST(error_goes_to_who_sent_the_packet)
{
	static const struct row rows[] = {
		HEADER("quoted source is another", TCP4, ICMP, EDIT(Q4 + 12, 10, 0, 2, 3)),
		ROW("sent to another", UDP4, ICMP, EDIT(PACKET_ETH + 16, 1, 1, 1, 1),
		    EDIT(PACKET_ETH + 10, 0, 0)),
		ROW("IPv6, quoted source is another", UDP6, ICMP, EDIT(Q6 + 23, 3)),
		HEADER("quoted destination a group", UDP4, ICMP, EDIT(Q4 + 16, 224, 0, 0, 1)),
		HEADER("quoted destination all", UDP4, ICMP, EDIT(Q4 + 16, 255, 255, 255, 255)),
		HEADER("quoted destination loopback", UDP4, ICMP, EDIT(Q4 + 16, 127, 0, 0, 1)),
		HEADER("quoted destination 0.0.0.0", UDP4, ICMP, EDIT(Q4 + 16, 0, 0, 0, 0)),
		ROW("IPv6, quoted destination a group", UDP6, ICMP, EDIT(Q6 + 24, 0xff, 2)),
		HEADER("all of it to a group", UDP4, ICMP, EDIT(Q4 + 12, 224, 0, 0, 1),
		       EDIT(PACKET_ETH + 16, 224, 0, 0, 1), EDIT(0, 1, 0, 0x5e, 0, 0, 1)),
		HEADER("quoted destination is not who complains", UDP4, NONE,
		       EDIT(Q4 + 16, 10, 0, 2, 99)),
	};

	RUN(rows);
}
END_TEST

START_TEST(wrong_checksum_is_refused)
{
	static const struct row rows[] = {
		AS_IS("ICMP", UDP4, CHECKSUM, EDIT(ICMP4 + 2, 1, 2)),
		AS_IS("ICMPv6", TCP6, CHECKSUM, EDIT(ICMP6 + 2, 1, 2)),
		AS_IS("ICMP payload changed", TCP4, CHECKSUM, EDIT(L4_IN_4, 0, 22)),
		AS_IS("no error at all wins", UDP4, ICMP, EDIT(ICMP4, 8, 0)),
	};

	RUN(rows);
}
END_TEST

/* 8 bytes of the transport header have to be there, whatever the lengths say. */
START_TEST(short_quotes_are_refused)
{
	enum kind kind = (enum kind)_i;
	size_t least = is6(kind) ? 48 : 28;

	for (size_t quoted = 0; quoted <= least + 20; quoted++) {
		uint8_t b[PACKET_MAX], out[EG_ICMP_FRAME_MAX];
		uint8_t type = is6(kind) ? 1 : 3;
		size_t len = build(kind, type, 0, 0, quoted, b);
		uint8_t *copy = guarded_copy(b, len);
		struct eg_frame f;
		struct eg_quote q;

		ck_assert_int_eq(eg_frame_decode(&f, copy, len), EG_R_NONE);
		ck_assert_int_eq(eg_icmp_quote(&f, &q), quoted < least ? EG_R_ICMP : EG_R_NONE);
		ck_assert_int_eq(eg_icmp_rebuild(&f, out) == 0, quoted < least);
		guarded_free(copy, len);
	}
}
END_TEST

/* What leaves is what anybody would have sent about that packet. */
START_TEST(rebuilt_error_carries_only_the_quoted_header)
{
	enum kind kind = (enum kind)_i;
	size_t ip = is6(kind) ? 40 : 20, head = PACKET_ETH + ip + 8, len;
	uint8_t b[PACKET_MAX], want[PACKET_MAX], *out = guarded_copy(NULL, EG_ICMP_FRAME_MAX);
	struct eg_frame f;

	len = unreachable(kind, b);
	if (is6(kind)) { /* traffic class, flow label, hop limit */
		memcpy(b + PACKET_ETH, "\x6a\xbc\xde\xf0", 4);
		b[PACKET_ETH + 7] = 33;
	} else { /* TOS, identification, flags, TTL */
		memcpy(b + PACKET_ETH + 1, "\xff", 1);
		memcpy(b + PACKET_ETH + 4, "\xde\xad\0\0\x21", 5);
	}
	memcpy(b + head - 4, "\xc0\xff\xee\x42", 4); /* unused */
	packet_fix(b, len);
	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
	len = eg_icmp_rebuild(&f, out);

	ck_assert_uint_eq(build(kind, is6(kind) ? 1 : 3, is6(kind) ? 4 : 3, 0, ip + 8, want), len);
	if (!is6(kind))
		eg_put16(want + PACKET_ETH + 4, 0);
	packet_fix(want, len);
	ck_assert_mem_eq(out, want, len);
	ck_assert_uint_eq(len, head + ip + 8);
	ck_assert_int_eq(eg_frame_decode(&f, out, len), EG_R_NONE);
	guarded_free(out, EG_ICMP_FRAME_MAX);
}
END_TEST

/* Of the second word only what the type defines survives. */
START_TEST(rebuilt_word_is_masked_by_type)
{
	static const struct {
		enum kind kind;
		uint8_t type, code;
		uint32_t word;
	} rows[] = {
		{ UDP4, 3, 0, 0 },           { UDP4, 3, 3, 0 },          { TCP4, 3, 4, 0x0000ffff },
		{ UDP4, 3, 5, 0 },           { UDP4, 3, 13, 0 },         { UDP4, 11, 0, 0 },
		{ UDP4, 12, 0, 0xff000000 }, { UDP6, 1, 4, 0 },          { TCP6, 2, 0, 0xffffffff },
		{ UDP6, 3, 0, 0 },           { UDP6, 4, 1, 0xffffffff },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t b[PACKET_MAX], out[EG_ICMP_FRAME_MAX];
		size_t len =
			build(rows[i].kind, rows[i].type, rows[i].code, 0xffffffff, SIZE_MAX, b);
		struct eg_frame f;

		ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
		ck_assert_uint_ne(eg_icmp_rebuild(&f, out), 0);
		ck_assert_uint_eq(eg_get32(out + f.l4_off + 4), rows[i].word);
		ck_assert_mem_eq(out + f.l4_off, b + f.l4_off, 2);
	}
}
END_TEST

START_TEST(rebuilding_what_is_no_error_gives_nothing)
{
	uint8_t b[PACKET_MAX], out[EG_ICMP_FRAME_MAX];
	struct eg_frame f;
	struct eg_quote q;

	for (enum packet_base base = PACKET_TCP4; base < PACKET_BASES; base++) {
		ck_assert_int_eq(eg_frame_decode(&f, b, packet_base(base, b)), EG_R_NONE);
		ck_assert_uint_eq(eg_icmp_rebuild(&f, out), 0);
		ck_assert_int_eq(eg_icmp_quote(&f, &q), EG_R_ICMP);
	}
	ck_assert_int_eq(eg_frame_decode(&f, b, 5), EG_R_LENGTH);
	ck_assert_uint_eq(eg_icmp_rebuild(&f, out), 0);
	ck_assert_int_eq(eg_icmp_quote(&f, &q), EG_R_ICMP);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("icmp");
	TCase *t = tcase_create("icmp");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, every_type_and_code_has_its_verdict);
	tcase_add_loop_test(t, quote_is_read_from_where_it_stands, 0, KINDS);
	tcase_add_test(t, quoted_ip4_is_plain_and_right);
	tcase_add_test(t, quoted_ip6_is_plain);
	tcase_add_test(t, error_goes_to_who_sent_the_packet);
	tcase_add_test(t, wrong_checksum_is_refused);
	tcase_add_loop_test(t, short_quotes_are_refused, 0, KINDS);
	tcase_add_loop_test(t, rebuilt_error_carries_only_the_quoted_header, 0, KINDS);
	tcase_add_test(t, rebuilt_word_is_masked_by_type);
	tcase_add_test(t, rebuilding_what_is_no_error_gives_nothing);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

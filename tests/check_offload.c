/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network card would have sent in place of what it was given: the same bytes, complete. */
#include "offload.h"

#include "checksum.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

enum { MTU = 1500, ROOM = 80000, SUM_TCP = 16, SUM_UDP = 6, CWR_FIN_PSH_ACK = 128 | 1 | 8 | 16 };

static struct eg_offload_frame o;
static uint8_t frame[ROOM], text[ROOM];

/* What becomes of the N bytes in frame, in memory that ends where they do. */
static enum eg_offload begin(uint8_t **copy, size_t n, size_t mtu)
{
	*copy = guarded_copy(frame, n);
	return eg_offload_begin(&o, *copy, n, mtu);
}

static enum eg_offload kind_of(size_t n)
{
	uint8_t *copy;
	enum eg_offload kind = begin(&copy, n, MTU);

	guarded_free(copy, n);
	return kind;
}

/* One frame leaves, and it is WHOLE of N bytes. */
static void check_one(const uint8_t *whole, size_t n, enum eg_offload expected)
{
	uint8_t *copy;
	struct eg_span piece;

	ck_assert_int_eq(begin(&copy, n, MTU), expected);
	ck_assert(eg_offload_next(&o, &piece));
	ck_assert_uint_eq(piece.n, n);
	ck_assert_mem_eq(piece.p, whole, n);
	ck_assert(!eg_offload_next(&o, &piece));
	guarded_free(copy, n);
}

/* Where BASE has its transport's checksum. */
static size_t sum_of(enum packet_base base)
{
	size_t l4 = base == PACKET_TCP4 || base == PACKET_UDP4 ? PACKET_L4_4 : PACKET_L4_6;

	return l4 + (base == PACKET_TCP4 || base == PACKET_TCP6 ? SUM_TCP : SUM_UDP);
}

/* What senders leave in the N bytes in frame, with LEN for the transport's length. */
static uint16_t left(enum packet_base base, size_t len)
{
	bool four = base == PACKET_TCP4 || base == PACKET_UDP4;
	const uint8_t *ip = frame + PACKET_ETH;
	uint8_t pseudo[40];
	size_t at = four ? 8 : 32;

	memcpy(pseudo, four ? ip + 12 : ip + 8, at);
	eg_put32(pseudo + at, (uint32_t)len);
	eg_put32(pseudo + at + 4, four ? ip[9] : ip[6]);
	return (uint16_t)(0xffff ^ packet_sum(pseudo, at + 8));
}

START_TEST(what_is_whole_stays)
{
	uint8_t whole[PACKET_MAX];
	size_t n = packet_base((enum packet_base)_i, frame);

	memcpy(whole, frame, n);
	check_one(whole, n, EG_OFFLOAD_NONE);
}
END_TEST

static const enum packet_base summed[] = { PACKET_TCP4, PACKET_TCP6, PACKET_UDP4, PACKET_UDP6 };

START_TEST(empty_checksum_is_filled_in)
{
	enum packet_base base = summed[_i];
	uint8_t whole[PACKET_MAX];
	size_t n = packet_base(base, frame), l4 = _i % 2 ? PACKET_L4_6 : PACKET_L4_4;

	memset(frame + n, 0xee, 3); /* what Ethernet pads with stays where it is */
	n += 3;
	memcpy(whole, frame, n);
	eg_put16(frame + sum_of(base), left(base, n - 3 - l4));
	check_one(whole, n, EG_OFFLOAD_CHECKSUM);
}
END_TEST

START_TEST(empty_header_checksum_is_filled_in)
{
	uint8_t whole[PACKET_MAX];
	size_t n = packet_base(PACKET_TCP4, frame);

	memcpy(whole, frame, n);
	eg_put16(frame + PACKET_ETH + 10, 0);
	check_one(whole, n, EG_OFFLOAD_CHECKSUM);
	eg_put16(frame + sum_of(PACKET_TCP4), 0);
	check_one(whole, n, EG_OFFLOAD_CHECKSUM);
	frame[PACKET_ETH + 10] ^= 1;
	check_one(frame, n, EG_OFFLOAD_NONE);
}
END_TEST

/* A header without a checksum in front of a fragment: what is behind it has none of its own. */
START_TEST(fragment_gets_its_header_alone)
{
	uint8_t whole[PACKET_MAX];
	size_t n = packet_base(PACKET_UDP4, frame);

	eg_put16(frame + PACKET_ETH + 6, 0x2000);
	packet_fix(frame, n);
	frame[sum_of(PACKET_UDP4)] ^= 0x40;
	memcpy(whole, frame, n);
	check_one(whole, n, EG_OFFLOAD_NONE);
	eg_put16(frame + PACKET_ETH + 10, 0);
	check_one(whole, n, EG_OFFLOAD_CHECKSUM);
}
END_TEST

START_TEST(wrong_checksum_stays_wrong)
{
	size_t n;

	for (size_t i = 0; i < PACKET_ARP; i++) {
		n = packet_base((enum packet_base)i, frame);
		frame[n - 1] ^= 0x55;
		ck_assert_int_eq(kind_of(n), EG_OFFLOAD_NONE);
	}
	/* Over IPv6 no UDP goes without one (RFC 8200 8.1). */
	n = packet_base(PACKET_UDP6, frame);
	eg_put16(frame + sum_of(PACKET_UDP6), 0);
	ck_assert_int_eq(kind_of(n), EG_OFFLOAD_NONE);
}
END_TEST

/* A segment of N bytes of text in frame, of which no checksum is filled in. Returns its length. */
static size_t long_segment(enum packet_base base, size_t n)
{
	const struct packet_tcp tcp = {
		.seq = 0xfffff000,
		.ack = 7,
		.window = 999,
		.flags = CWR_FIN_PSH_ACK,
		.options = "\1\1\10\12\0\0\0\1\0\0\0\2",
		.options_len = 12,
	};
	size_t len = base == PACKET_TCP4
			     ? packet_tcp4(frame, &packet_guest, &packet_network, &tcp, NULL, 0)
			     : packet_tcp6(frame, &packet_guest, &packet_network, &tcp, NULL, 0);
	size_t total = len - PACKET_ETH + n;

	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)random();
	memcpy(frame + len, text, n);
	if (base == PACKET_TCP4) {
		eg_put16(frame + PACKET_ETH + 2, (uint16_t)(total > 65535 ? 0 : total));
		eg_put16(frame + PACKET_ETH + 4, 0xfffe);
		eg_put16(frame + PACKET_ETH + 10, 0);
	} else {
		eg_put16(frame + PACKET_ETH + 4, (uint16_t)(total > 65535 ? 0 : total - 40));
	}
	eg_put16(frame + sum_of(base), left(base, len + n - (base == PACKET_TCP4 ? 34 : 54)));
	return len + n;
}

/* The pieces of the LEN bytes in frame are those N bytes of text, under MTU. */
static void check_pieces(size_t len, size_t n, size_t mtu)
{
	struct eg_span piece;
	size_t at = 0, pieces = 0;
	struct eg_frame f;
	uint8_t *copy;

	ck_assert_int_eq(begin(&copy, len, mtu), EG_OFFLOAD_SEGMENTS);
	while (eg_offload_next(&o, &piece)) {
		ck_assert_uint_le(piece.n, PACKET_ETH + mtu);
		ck_assert_int_eq(eg_frame_decode(&f, piece.p, piece.n), EG_R_NONE);
		ck_assert(eg_checksum_right(&f));
		ck_assert_uint_eq(f.tcp.seq, 0xfffff000 + (uint32_t)at);
		ck_assert_uint_eq(f.tcp.ack, 7);
		if (f.ip_version == 4)
			ck_assert_uint_eq(eg_get16(piece.p + PACKET_ETH + 4),
					  (0xfffe + pieces) & 0xffff);
		ck_assert_uint_le(at + f.payload.n, n);
		ck_assert_mem_eq(f.payload.p, text + at, f.payload.n);
		at += f.payload.n;
		ck_assert_uint_eq(f.tcp.flags,
				  16 | (pieces == 0 ? 128 : 0) | (at == n ? 1 | 8 : 0));
		pieces++;
	}
	ck_assert_uint_eq(at, n);
	guarded_free(copy, len);
}

START_TEST(long_segment_is_cut)
{
	static const size_t lengths[] = { 1449, 2896, 7240, 40000, 65400, 79000 };
	static const size_t mtus[] = { EG_OFFLOAD_MTU_LEAST, MTU, EG_OFFLOAD_MTU_MOST };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (size_t j = 0; j < 3; j++)
			if (lengths[i] > mtus[j])
				check_pieces(long_segment(summed[_i], lengths[i]), lengths[i],
					     mtus[j]);
}
END_TEST

/* As Windows and FreeBSD leave it: the pseudo-header's sum is without the length. */
START_TEST(long_segment_may_leave_its_length_out)
{
	size_t len = long_segment(summed[_i], 7240);

	eg_put16(frame + sum_of(summed[_i]), left(summed[_i], 0));
	check_pieces(len, 7240, MTU);
	if (summed[_i] == PACKET_TCP4)
		eg_put16(frame + PACKET_ETH + 2, 0);
	check_pieces(len, 7240, MTU);
}
END_TEST

START_TEST(long_segment_that_is_whole_was_sent_so)
{
	size_t len = long_segment(PACKET_TCP4, 7240);

	packet_fix(frame, len);
	ck_assert_int_eq(kind_of(len), EG_OFFLOAD_NONE);
	/* No frame here is as long. */
	len = long_segment(PACKET_TCP4, 20000);
	packet_fix(frame, len);
	check_pieces(len, 20000, MTU);
}
END_TEST

START_TEST(what_nobody_can_cut_is_unknown)
{
	struct eg_span piece;
	size_t len = long_segment(PACKET_TCP4, 7240);

	frame[sum_of(PACKET_TCP4)] ^= 1;
	ck_assert_int_eq(kind_of(len), EG_OFFLOAD_UNKNOWN);
	ck_assert(!eg_offload_next(&o, &piece));
	len = packet_udp4(frame, &packet_guest, &packet_network, text, 1000) + 20000;
	eg_put16(frame + PACKET_ETH + 2, (uint16_t)(len - PACKET_ETH));
	eg_put16(frame + PACKET_L4_4 + 4, (uint16_t)(len - PACKET_L4_4));
	packet_fix(frame, len);
	ck_assert_int_eq(kind_of(len), EG_OFFLOAD_UNKNOWN);
	/* A jumbogram, whose length is in an option. */
	len = packet_ip6(frame, &packet_guest, &packet_network, 0, text, 1000) + 70000;
	eg_put16(frame + PACKET_ETH + 4, 0);
	ck_assert_int_eq(kind_of(len), EG_OFFLOAD_UNKNOWN);
}
END_TEST

static void try_cut(uint8_t *copy, size_t m, void *ctx)
{
	struct eg_span piece;

	(void)ctx;
	eg_offload_begin(&o, copy, m, MTU);
	for (size_t i = 0; i < 100 && eg_offload_next(&o, &piece); i++)
		ck_assert_uint_le(piece.n, m);
}

START_TEST(nothing_is_read_behind_the_frame)
{
	for (size_t i = 0; i < PACKET_BASES; i++) {
		size_t n = packet_base((enum packet_base)i, frame);

		for (size_t at = PACKET_ETH; at < n; at++) {
			uint8_t was = frame[at];

			frame[at] = (uint8_t)random();
			guarded_each_cut(frame, n, try_cut, NULL);
			frame[at] = was;
		}
	}
	for (size_t m = 0; m < 300; m++) {
		size_t n = long_segment(summed[m % 2], 2000) - m;
		uint8_t *copy = guarded_copy(frame, n);

		try_cut(copy, n, NULL);
		guarded_free(copy, n);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("offload");
	TCase *t = tcase_create("offload");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, what_is_whole_stays, 0, PACKET_BASES);
	tcase_add_loop_test(t, empty_checksum_is_filled_in, 0, 4);
	tcase_add_test(t, empty_header_checksum_is_filled_in);
	tcase_add_test(t, fragment_gets_its_header_alone);
	tcase_add_test(t, wrong_checksum_stays_wrong);
	tcase_add_loop_test(t, long_segment_is_cut, 0, 2);
	tcase_add_loop_test(t, long_segment_may_leave_its_length_out, 0, 2);
	tcase_add_test(t, long_segment_that_is_whole_was_sent_so);
	tcase_add_test(t, what_nobody_can_cut_is_unknown);
	tcase_add_test(t, nothing_is_read_behind_the_frame);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checksum.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

enum { SUM_TCP = 16, SUM_UDP = 6, SUM_ICMP = 2 };

static const char text[] = "An odd number of bytes, so that padding is needed";

/* RFC 1071 3: the example sums to ddf2. */
START_TEST(rfc_1071_example_sums_as_printed)
{
	const uint8_t b[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	ck_assert_uint_eq(eg_fold(eg_sum(0, b, sizeof(b))), 0xffff & ~0xddf2);
	ck_assert_uint_eq(packet_sum(b, sizeof(b)), 0xffff & ~0xddf2);
}
END_TEST

/* The header of a datagram that a kernel made, checksum b861. */
START_TEST(kernel_made_header_is_right)
{
	uint8_t h[] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
			0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };

	ck_assert_uint_eq(eg_fold(eg_sum(0, h, sizeof(h))), 0);
	h[10] = h[11] = 0;
	ck_assert_uint_eq(eg_fold(eg_sum(0, h, sizeof(h))), 0xb861);
}
END_TEST

START_TEST(empty_and_odd_pieces_sum)
{
	const uint8_t b[] = { 0x12, 0x34, 0x56 };

	ck_assert_uint_eq(eg_sum(0, b, 0), 0);
	ck_assert_uint_eq(eg_sum(7, NULL, 0), 7);
	ck_assert_uint_eq(eg_sum(0, b, 1), 0x1200);
	ck_assert_uint_eq(eg_sum(0, b, 3), 0x1234 + 0x5600);
	ck_assert_uint_eq(eg_fold(0), 0xffff);
	ck_assert_uint_eq(eg_fold(0xffff), 0);
	ck_assert_uint_eq(eg_fold(0xffffffff), 0);
	ck_assert_uint_eq(eg_fold(0x1fffe), 0);
}
END_TEST

/* A carry out of 32 bits must come back in, whatever was summed before. */
START_TEST(carry_out_of_32_bits_is_kept)
{
	const uint8_t one[] = { 0x00, 0x01 };
	static uint8_t ones[EG_FRAME_MAX];

	ck_assert_uint_eq(eg_fold(eg_sum(0xffffffff, one, 2)), (uint16_t)~1);
	memset(ones, 0xff, sizeof(ones));
	ck_assert_uint_eq(eg_fold(eg_sum(0xffffffff, ones, sizeof(ones))), 0);
	ck_assert_uint_eq(eg_fold(eg_sum(0xfffffffe, ones, 2)), 1);
}
END_TEST

/* The second carry, which needs more bytes than a frame has. */
START_TEST(carry_of_a_carry_is_kept)
{
	static uint8_t b[2 * 65538];

	memset(b, 0xff, sizeof(b) - 2);
	eg_put16(b + sizeof(b) - 2, 1);
	ck_assert_uint_eq(eg_fold(eg_sum(0xffffffff, b, sizeof(b))), (uint16_t)~1);
}
END_TEST

/* In pieces or whole, and against the other implementation, at every length. */
START_TEST(pieces_sum_like_the_whole)
{
	uint8_t b[128];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(i * 37 + 5);
	for (size_t n = 1; n <= sizeof(b); n++) {
		ck_assert_uint_eq(eg_fold(eg_sum(0, b, n)), packet_sum(b, n));
		for (size_t cut = 0; cut <= n; cut += 2)
			ck_assert_uint_eq(eg_fold(eg_sum(eg_sum(0, b, cut), b + cut, n - cut)),
					  packet_sum(b, n));
	}
}
END_TEST

typedef size_t builder(uint8_t *buf, const void *payload, size_t n);

static size_t tcp4(uint8_t *buf, const void *p, size_t n)
{
	const struct packet_tcp t = { .seq = 0xfffffff0, .ack = 7, .window = 1000, .flags = 16 };

	return packet_tcp4(buf, &packet_guest, &packet_network, &t, p, n);
}

static size_t tcp6(uint8_t *buf, const void *p, size_t n)
{
	const struct packet_tcp t = { .seq = 1, .ack = 7, .window = 1000, .flags = 16 };

	return packet_tcp6(buf, &packet_guest, &packet_network, &t, p, n);
}

static size_t udp4(uint8_t *buf, const void *p, size_t n)
{
	return packet_udp4(buf, &packet_guest, &packet_network, p, n);
}

static size_t udp6(uint8_t *buf, const void *p, size_t n)
{
	return packet_udp6(buf, &packet_guest, &packet_network, p, n);
}

static size_t icmp4(uint8_t *buf, const void *p, size_t n)
{
	return packet_icmp4(buf, &packet_guest, &packet_network, 8, 0, 0x12340001, p, n);
}

static size_t icmp6(uint8_t *buf, const void *p, size_t n)
{
	return packet_icmp6(buf, &packet_guest, &packet_network, 128, 0, 0x12340001, p, n);
}

static const struct {
	const char *name;
	builder *build;
	size_t l4, sum;
	bool pseudo; /* whether addresses are summed */
} kinds[] = {
	{ "tcp4", tcp4, PACKET_L4_4, SUM_TCP, true },
	{ "tcp6", tcp6, PACKET_L4_6, SUM_TCP, true },
	{ "udp4", udp4, PACKET_L4_4, SUM_UDP, true },
	{ "udp6", udp6, PACKET_L4_6, SUM_UDP, true },
	{ "icmp4", icmp4, PACKET_L4_4, SUM_ICMP, false },
	{ "icmp6", icmp6, PACKET_L4_6, SUM_ICMP, true },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* The fields of a frame that is right as a whole. */
static struct eg_frame decoded(const uint8_t *b, size_t len)
{
	struct eg_frame f;

	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
	return f;
}

static void check_right(int kind, const void *payload, size_t n)
{
	uint8_t b[PACKET_MAX];
	size_t len = kinds[kind].build(b, payload, n);
	uint8_t *copy = guarded_copy(b, len);
	struct eg_frame f = decoded(copy, len);

	ck_assert_msg(eg_checksum_right(&f), "%s with %zu bytes", kinds[kind].name, n);
	guarded_free(copy, len);
}

START_TEST(right_checksums_are_right)
{
	static const size_t large[] = { 247, 248, 255, 256, 1460, 4096, 8939, 8940 };
	static uint8_t noise[PACKET_MAX];

	for (size_t n = 0; n < sizeof(text); n++)
		check_right(_i, text, n);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * i * 31 + 7);
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		check_right(_i, noise, large[i]);
}
END_TEST

/* One flipped bit anywhere in the transport packet or the addresses is seen. */
START_TEST(every_flipped_bit_is_wrong)
{
	uint8_t b[PACKET_MAX];
	size_t len = kinds[_i].build(b, text, sizeof(text));
	const struct eg_frame f = decoded(b, len);
	size_t from = kinds[_i].l4 - (!kinds[_i].pseudo ? 0 : f.ip_version == 4 ? 8 : 32);

	for (size_t bit = from * 8; bit < len * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(!eg_checksum_right(&f), "%s bit %zu", kinds[_i].name, bit);
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert(eg_checksum_right(&f));
}
END_TEST

/* The protocol number and the length are in the pseudo-header. */
START_TEST(protocol_and_length_are_summed)
{
	uint8_t b[PACKET_MAX];
	struct eg_frame f;

	f = decoded(b, udp4(b, text, 8));
	f.l4_len = (uint16_t)(f.l4_len - 2);
	eg_put16(b + f.l4_off + f.l4_len, 0);
	ck_assert(!eg_checksum_right(&f));
	f = decoded(b, icmp6(b, text, 8));
	f.proto = EG_PROTO_TCP;
	ck_assert(!eg_checksum_right(&f));
}
END_TEST

/* RFC 768: none over IPv4; RFC 8200 8.1: never over IPv6. */
START_TEST(udp_without_checksum_is_right_over_ip4_only)
{
	uint8_t b[PACKET_MAX];
	struct eg_frame f;

	f = decoded(b, udp4(b, text, 9));
	eg_put16(b + f.l4_off + SUM_UDP, 0);
	ck_assert(eg_checksum_right(&f));
	f = decoded(b, udp6(b, text, 9));
	eg_put16(b + f.l4_off + SUM_UDP, 0);
	ck_assert(!eg_checksum_right(&f));
	f = decoded(b, tcp4(b, text, 9));
	eg_put16(b + f.l4_off + SUM_TCP, 0);
	ck_assert(!eg_checksum_right(&f));
}
END_TEST

/* Whose sum would be 0 must be sent as ffff, and is right as that. */
START_TEST(udp_sum_of_zero_is_sent_as_ones)
{
	uint8_t b[PACKET_MAX], word[2] = { 0, 0 };

	for (int six = 0; six < 2; six++) {
		size_t len = (six ? udp6 : udp4)(b, word, 2);
		struct eg_frame f = decoded(b, len);
		uint8_t *sum = b + f.l4_off + SUM_UDP;

		eg_put16(b + f.l4_off + 8, eg_get16(sum)); /* makes it 0 */
		eg_put16(sum, 0x1234);
		eg_checksum_fill(b, len);
		ck_assert_uint_eq(eg_get16(sum), 0xffff);
		ck_assert(eg_checksum_right(&f));
	}
}
END_TEST

/* Even where bytes sum up as if they were. */
START_TEST(other_protocols_are_never_right)
{
	uint8_t b[PACKET_MAX];
	struct eg_frame f = decoded(b, udp4(b, text, 10));
	uint8_t *l4 = b + f.l4_off;

	for (int proto = 0; proto < 256; proto++) {
		bool known = proto == 6 || proto == 17 || proto == 58;

		f.proto = (uint8_t)proto;
		eg_put16(l4 + 8, 0);
		eg_put16(l4 + 8, packet_sum_l4(packet_guest.ip4, packet_network.ip4, 4,
					       (uint8_t)proto, l4, f.l4_len));
		ck_assert_int_eq(eg_checksum_right(&f), known);
	}
}
END_TEST

/* A frame whose decoding failed has no transport header to read. */
START_TEST(nothing_decoded_is_not_right)
{
	uint8_t *b = guarded_copy(NULL, 3);
	struct eg_frame f;

	ck_assert_int_eq(eg_frame_decode(&f, b, 3), EG_R_LENGTH);
	for (int i = 0; i < 256; i++) {
		f.proto = (uint8_t)i;
		ck_assert(!eg_checksum_right(&f));
	}
	guarded_free(b, 3);
}
END_TEST

/* Filling gives what the other implementation gives, over whatever stood there. */
START_TEST(fill_gives_right_checksums)
{
	uint8_t want[PACKET_MAX], b[PACKET_MAX];

	for (size_t n = 0; n < sizeof(text); n++) {
		size_t len = kinds[_i].build(want, text, n);

		memcpy(b, want, len);
		eg_put16(b + kinds[_i].l4 + kinds[_i].sum, 0xbad1);
		if (kinds[_i].l4 == PACKET_L4_4)
			eg_put16(b + PACKET_ETH + 10, 0xbad2);
		eg_checksum_fill(b, len);
		ck_assert_mem_eq(b, want, len);
	}
}
END_TEST

static void fill_at(uint8_t *copy, size_t m, void *ctx)
{
	(void)ctx;
	if (m >= PACKET_ETH)
		eg_checksum_fill(copy, m);
}

START_TEST(fill_stays_inside_at_every_length)
{
	uint8_t b[PACKET_MAX];

	guarded_each_cut(b, kinds[_i].build(b, text, 5), fill_at, NULL);
}
END_TEST

START_TEST(fill_fills_a_bare_ip4_header)
{
	uint8_t b[PACKET_MAX], want[PACKET_MAX];
	size_t len = packet_ip4(want, &packet_guest, &packet_network, 6, NULL, 0);

	memcpy(b, want, len);
	eg_put16(b + PACKET_ETH + 10, 0xbad2);
	eg_checksum_fill(b, len);
	ck_assert_mem_eq(b, want, len);
}
END_TEST

START_TEST(fill_leaves_other_protocols_alone)
{
	uint8_t b[PACKET_MAX], want[PACKET_MAX];
	size_t len = packet_ip4(b, &packet_guest, &packet_network, 132, text, sizeof(text));

	memcpy(want, b, len);
	eg_checksum_fill(b, len);
	ck_assert_mem_eq(b, want, len);
	b[PACKET_ETH] = want[PACKET_ETH] = 0x55;
	eg_checksum_fill(b, len);
	ck_assert_mem_eq(b, want, len);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("checksum");
	TCase *t = tcase_create("checksum");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, rfc_1071_example_sums_as_printed);
	tcase_add_test(t, kernel_made_header_is_right);
	tcase_add_test(t, empty_and_odd_pieces_sum);
	tcase_add_test(t, carry_out_of_32_bits_is_kept);
	tcase_add_test(t, carry_of_a_carry_is_kept);
	tcase_add_test(t, pieces_sum_like_the_whole);
	tcase_add_loop_test(t, right_checksums_are_right, 0, KINDS);
	tcase_add_loop_test(t, every_flipped_bit_is_wrong, 0, KINDS);
	tcase_add_test(t, protocol_and_length_are_summed);
	tcase_add_test(t, udp_without_checksum_is_right_over_ip4_only);
	tcase_add_test(t, udp_sum_of_zero_is_sent_as_ones);
	tcase_add_test(t, other_protocols_are_never_right);
	tcase_add_test(t, nothing_decoded_is_not_right);
	tcase_add_loop_test(t, fill_gives_right_checksums, 0, KINDS);
	tcase_add_loop_test(t, fill_stays_inside_at_every_length, 0, KINDS);
	tcase_add_test(t, fill_fills_a_bare_ip4_header);
	tcase_add_test(t, fill_leaves_other_protocols_alone);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as a whole: what is read from where, what is cut, what always holds.
 * The rules on each header are in check_frame.c. */
#include "checksum.h"
#include "frame.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

START_TEST(frame_length_has_both_ends)
{
	static uint8_t b[EG_FRAME_MAX + 1];
	struct eg_frame f;
	size_t len = packet_base(PACKET_UDP4, b);

	ck_assert_int_eq(eg_frame_decode(&f, b, 0), EG_R_LENGTH);
	ck_assert_int_eq(eg_frame_decode(&f, b, EG_ETH_LEN - 1), EG_R_LENGTH);
	ck_assert_uint_eq(f.ethertype, 0);
	ck_assert_int_eq(eg_frame_decode(&f, b, EG_ETH_LEN), EG_R_IP_HEADER);
	ck_assert_int_eq(eg_frame_decode(&f, b, EG_FRAME_MAX), EG_R_NONE);
	ck_assert_uint_eq(f.len, len);
	ck_assert_int_eq(eg_frame_decode(&f, b, EG_FRAME_MAX + 1), EG_R_LENGTH);
	ck_assert_int_eq(eg_frame_decode(&f, b, SIZE_MAX), EG_R_LENGTH);
	len = packet_udp4(b, &packet_guest, &packet_network, NULL, 0);
	eg_put16(b + PACKET_ETH + 2, EG_FRAME_MAX - EG_ETH_LEN);
	eg_put16(b + PACKET_L4_4 + 4, EG_FRAME_MAX - EG_ETH_LEN - EG_IP4_LEN);
	packet_fix(b, EG_FRAME_MAX);
	ck_assert_int_eq(eg_frame_decode(&f, b, EG_FRAME_MAX), EG_R_NONE);
	ck_assert_uint_eq(f.payload.n, EG_FRAME_MAX - EG_ETH_LEN - EG_IP4_LEN - EG_UDP_LEN);
}
END_TEST

/* Padding, or a stowaway behind what the IP header admits, is not in the frame. */
START_TEST(bytes_behind_the_ip_length_are_cut)
{
	uint8_t b[PACKET_MAX], *copy;
	size_t len = packet_base((enum packet_base)_i, b);
	struct eg_frame f;

	memset(b + len, 0x5a, 100);
	for (size_t more = 0; more <= 100; more++) {
		copy = guarded_copy(b, len + more);
		ck_assert_int_eq(eg_frame_decode(&f, copy, len + more), EG_R_NONE);
		ck_assert_uint_eq(f.len, len);
		ck_assert_ptr_eq(f.payload.p + f.payload.n, copy + len);
		guarded_free(copy, len + more);
	}
}
END_TEST

/* No proper beginning of a frame is a frame. */
START_TEST(no_cut_frame_decodes)
{
	uint8_t b[PACKET_MAX], *copy;
	size_t len = packet_base((enum packet_base)_i, b);
	struct eg_frame f;

	for (size_t m = 0; m < len; m++) {
		copy = guarded_copy(b, m);
		ck_assert_int_eq(eg_frame_decode(&f, copy, m),
				 m < EG_ETH_LEN ? EG_R_LENGTH : EG_R_IP_HEADER);
		ck_assert_uint_eq(f.len, m);
		guarded_free(copy, m);
	}
}
END_TEST

START_TEST(fields_are_read_from_where_they_stand)
{
	const struct eg_addr guest4 = eg_addr4(packet_guest.ip4);
	const struct eg_addr guest6 = eg_addr6(packet_guest.ip6);
	const struct eg_addr network4 = eg_addr4(packet_network.ip4);
	const struct eg_addr network6 = eg_addr6(packet_network.ip6);
	uint8_t b[PACKET_MAX];
	struct eg_frame f;
	bool six = _i == PACKET_TCP6 || _i == PACKET_UDP6 || _i == PACKET_ICMP6,
	     ports = _i <= PACKET_UDP6;
	bool tcp = _i == PACKET_TCP4 || _i == PACKET_TCP6;
	static const uint8_t protos[] = { 6, 6, 17, 17, 1, 58 };

	ck_assert_int_eq(eg_frame_decode(&f, b, packet_base((enum packet_base)_i, b)), EG_R_NONE);
	ck_assert_ptr_eq(f.bytes, b);
	ck_assert_uint_eq(f.ethertype, six ? 0x86dd : 0x0800);
	ck_assert_uint_eq(f.ip_version, six ? 6 : 4);
	ck_assert_uint_eq(f.proto, protos[_i]);
	ck_assert_uint_eq(f.ttl, 64);
	ck_assert(eg_addr_equal(&f.src, six ? &guest6 : &guest4));
	ck_assert(eg_addr_equal(&f.dst, six ? &network6 : &network4));
	ck_assert_mem_eq(eg_eth_src(&f), packet_guest.mac, 6);
	ck_assert_mem_eq(eg_eth_dst(&f), packet_network.mac, 6);
	ck_assert_uint_eq(f.l4_off, six ? PACKET_L4_6 : PACKET_L4_4);
	ck_assert_uint_eq(f.l4_len, PACKET_TEXT + (tcp ? 28 : 8));
	ck_assert_uint_eq(f.sport, ports ? PACKET_PORT : 0);
	ck_assert_uint_eq(f.dport, ports ? 443 : 0);
	ck_assert_uint_eq(f.payload.n, PACKET_TEXT);
	ck_assert_mem_eq(f.payload.p, packet_text, PACKET_TEXT);
	ck_assert_uint_eq(f.tcp.seq, tcp ? 0x01020304 : 0);
	ck_assert_uint_eq(f.tcp.ack, tcp ? 0x0a0b0c0d : 0);
	ck_assert_uint_eq(f.tcp.window, tcp ? 0xfaf0 : 0);
	ck_assert_uint_eq(f.tcp.flags, tcp ? 0x18 : 0);
	ck_assert_uint_eq(f.icmp.type, _i == PACKET_ICMP4 ? 8 : _i == PACKET_ICMP6 ? 128 : 0);
}
END_TEST

START_TEST(icmp_type_and_code_are_read)
{
	uint8_t b[PACKET_MAX];
	struct eg_frame f;
	size_t len;

	len = packet_icmp4(b, &packet_guest, &packet_network, 11, 1, 0, NULL, 0);
	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
	ck_assert_int_eq(f.icmp.type << 8 | f.icmp.code, 0x0b01);
	len = packet_icmp6(b, &packet_guest, &packet_network, 4, 2, 0, NULL, 0);
	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_NONE);
	ck_assert_int_eq(f.icmp.type << 8 | f.icmp.code, 0x0402);
}
END_TEST

/* A bare IP header is whole; what is missing is behind it. */
START_TEST(bare_ip_header_lacks_its_transport)
{
	uint8_t b[PACKET_MAX];
	struct eg_frame f;
	size_t len;

	len = packet_ip4(b, &packet_guest, &packet_network, 17, NULL, 0);
	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_L4_HEADER);
	len = packet_ip6(b, &packet_guest, &packet_network, 17, NULL, 0);
	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_L4_HEADER);
}
END_TEST

START_TEST(arp_decodes_to_no_ip)
{
	uint8_t b[PACKET_MAX];
	size_t len = packet_base(PACKET_ARP, b);
	struct eg_frame f;

	ck_assert_int_eq(eg_frame_decode(&f, b, len + 18), EG_R_NONE);
	ck_assert_uint_eq(f.len, len + 18);
	ck_assert_uint_eq(f.ethertype, 0x0806);
	ck_assert_uint_eq(f.ip_version | f.proto | f.ttl | f.l4_off | f.l4_len, 0);
	ck_assert_ptr_null(f.payload.p);
}
END_TEST

/* A record of a refused frame still shows who and where to, and nothing of what
 * was in F before. */
START_TEST(refused_frames_keep_what_was_read)
{
	const struct eg_addr guest = eg_addr4(packet_guest.ip4);
	uint8_t b[PACKET_MAX];
	struct eg_frame f;
	size_t len = packet_base(PACKET_TCP4, b);

	b[PACKET_L4_4 + 12] = 0x40;
	memset(&f, 0xa5, sizeof(f));
	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_L4_HEADER);
	ck_assert(eg_addr_equal(&f.src, &guest));
	ck_assert_uint_eq(f.sport, PACKET_PORT);
	ck_assert_uint_eq(f.dport, 443);
	ck_assert_uint_eq(f.tcp.flags, 0x18);
	ck_assert_uint_eq(f.payload.n, 0);
	ck_assert_uint_eq(f.icmp.type | f.icmp.code, 0);
	len = packet_base(PACKET_TCP4, b);
	b[PACKET_ETH + 6] = 0x20;
	packet_fix(b, len);
	memset(&f, 0xa5, sizeof(f));
	ck_assert_int_eq(eg_frame_decode(&f, b, len), EG_R_FRAGMENT);
	ck_assert(eg_addr_equal(&f.src, &guest));
	ck_assert_uint_eq(f.proto, 6);
	ck_assert_uint_eq(f.sport | f.dport | f.l4_off | f.l4_len | f.tcp.flags, 0);
}
END_TEST

/* What holds for every frame that decodes, whatever its bytes. */
static void check_invariants(const struct eg_frame *f, size_t len)
{
	size_t header = f->ip_version == 4 ? 34 : 54;

	ck_assert_uint_le(f->len, len);
	if (f->ethertype == EG_ETHERTYPE_ARP)
		return;
	ck_assert(f->ip_version == 4 || f->ip_version == 6);
	ck_assert_uint_eq(f->l4_off, header);
	ck_assert_uint_eq((size_t)f->l4_off + f->l4_len, f->len);
	ck_assert_ptr_eq(f->payload.p + f->payload.n, f->bytes + f->len);
	ck_assert_uint_ge(f->payload.n + 20, f->l4_len > 60 ? f->l4_len - 40u : 0u);
	ck_assert(f->ttl != 0);
	ck_assert_int_eq(eg_addr_is4(&f->src), f->ip_version == 4);
	ck_assert_int_eq(eg_addr_is4(&f->dst), f->ip_version == 4);
	ck_assert(f->proto == 6 || f->proto == 17 || f->proto == (f->ip_version == 4 ? 1 : 58));
}

/* Small generator of repeatable noise (xorshift). */
static uint32_t noise(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

START_TEST(noise_never_breaks_an_invariant)
{
	uint8_t b[PACKET_MAX];
	size_t len = packet_base((enum packet_base)_i, b), passed = 0;
	uint8_t *copy = guarded_copy(b, len);
	uint32_t seed = 0x2545f491u + (uint32_t)_i;
	struct eg_frame f;

	for (int round = 0; round < 5000; round++) {
		memcpy(copy, b, len);
		for (uint32_t n = noise(&seed) % 4; n; n--)
			copy[noise(&seed) % len] = (uint8_t)noise(&seed);
		if (noise(&seed) & 1)
			packet_fix(copy, len);
		if (eg_frame_decode(&f, copy, len) == EG_R_NONE) {
			check_invariants(&f, len);
			passed++;
		}
	}
	ck_assert_uint_gt(passed, 250);
	guarded_free(copy, len);
}
END_TEST

START_TEST(begun_frames_decode_to_what_was_asked)
{
	const struct eg_ends ends4 = { packet_guest.mac, packet_network.mac,
				       eg_addr4(packet_guest.ip4), eg_addr4(packet_network.ip4) };
	const struct eg_ends ends6 = { packet_guest.mac, packet_network.mac,
				       eg_addr6(packet_guest.ip6), eg_addr6(packet_network.ip6) };

	for (int six = 0; six < 2; six++) {
		const struct eg_ends *ends = six ? &ends6 : &ends4;
		uint8_t b[PACKET_MAX], want[PACKET_MAX];
		struct eg_writer w = eg_writer(b, sizeof(b));

		memset(b, 0xee, sizeof(b));
		eg_frame_begin(&w, ends, EG_PROTO_UDP, 8 + PACKET_TEXT);
		ck_assert_uint_eq(w.len, six ? PACKET_L4_6 : PACKET_L4_4);
		eg_give16(&w, PACKET_PORT);
		eg_give16(&w, 443);
		eg_give16(&w, 8 + PACKET_TEXT);
		eg_give16(&w, 0);
		eg_give(&w, packet_text, PACKET_TEXT);
		eg_checksum_fill(b, w.len);
		ck_assert_uint_eq(packet_base(six ? PACKET_UDP6 : PACKET_UDP4, want), w.len);
		eg_put16(want + PACKET_ETH + 4, six ? 8 + PACKET_TEXT : 0); /* identification */
		packet_fix(want, w.len);
		ck_assert_mem_eq(b, want, w.len);
	}
}
END_TEST

START_TEST(begin_stops_at_the_end_of_its_buffer)
{
	const struct eg_ends ends = { packet_guest.mac, packet_network.mac,
				      eg_addr6(packet_guest.ip6), eg_addr6(packet_network.ip6) };

	for (size_t room = 0; room < PACKET_L4_6; room++) {
		uint8_t *b = guarded_copy(NULL, room);
		struct eg_writer w = eg_writer(b, room);

		eg_frame_begin(&w, &ends, EG_PROTO_UDP, 8);
		ck_assert(w.bad);
		guarded_free(b, room);
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, frame_length_has_both_ends);
	tcase_add_loop_test(t, bytes_behind_the_ip_length_are_cut, PACKET_TCP4, PACKET_ARP);
	tcase_add_loop_test(t, no_cut_frame_decodes, PACKET_TCP4, PACKET_ARP);
	tcase_add_loop_test(t, fields_are_read_from_where_they_stand, PACKET_TCP4, PACKET_ARP);
	tcase_add_test(t, icmp_type_and_code_are_read);
	tcase_add_test(t, bare_ip_header_lacks_its_transport);
	tcase_add_test(t, arp_decodes_to_no_ip);
	tcase_add_test(t, refused_frames_keep_what_was_read);
	tcase_add_loop_test(t, noise_never_breaks_an_invariant, PACKET_TCP4, PACKET_BASES);
	tcase_add_test(t, begun_frames_decode_to_what_was_asked);
	tcase_add_test(t, begin_stops_at_the_end_of_its_buffer);
}

int main(void)
{
	Suite *s = suite_create("frame_fields");
	TCase *t = tcase_create("frame_fields");
	SRunner *r = srunner_create(s);
	int failed;

	add_tests(t);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

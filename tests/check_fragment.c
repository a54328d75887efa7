/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which parts make a datagram, and which never do. Each test runs for IPv4 and IPv6. */
#include "fragments.h"

/* Part I of the last take's datagram is piece P of WHOLE, and came at CAME. */
static void check_part(int version, size_t i, const struct piece *p, uint64_t came)
{
	static uint8_t want[EG_WHOLE_MAX];
	size_t len, want_len = make_part(want, version, ID, p, whole);
	uint64_t when;
	const uint8_t *part = eg_datagram_part(d, i, &len, &when);

	ck_assert_ptr_nonnull(part);
	ck_assert_uint_eq(len, want_len);
	ck_assert_mem_eq(part, want, len);
	ck_assert_uint_eq(when, came);
}

/* Order number N of 0, 1, 2 and 3. */
static void order(int n, size_t out[4])
{
	size_t left[4] = { 0, 1, 2, 3 };

	for (size_t i = 0; i < 4; i++) {
		size_t pick = (size_t)n % (4 - i);

		n /= (int)(4 - i);
		out[i] = left[pick];
		memmove(left + pick, left + pick + 1, (3 - pick) * sizeof(*left));
	}
}

START_TEST(every_order_of_parts_makes_the_same_whole)
{
	static const struct piece pieces[] = {
		{ 0, 64, true }, { 64, 8, true }, { 72, 1000, true }, { 1072, 13, false }
	};
	const int version = _i % 2 ? 6 : 4;
	size_t by[4];

	padding = (size_t)_i % 3 * 7;
	order(_i / 2, by);
	datagram_of(version, 1085);
	for (size_t i = 0; i < 4; i++) {
		now += 100;
		ck_assert_int_eq(offer_piece(version, ID, &pieces[by[i]], whole),
				 i < 3 ? EG_HOLD_KEPT : EG_HOLD_WHOLE);
		ck_assert_uint_eq(eg_datagram_parts(d), i < 3 ? i + 1 : 3);
		if (i < 3)
			check_not_whole();
	}
	check_whole();
	for (size_t i = 0; i < 3; i++)
		check_part(version, i, &pieces[by[i]], 1100 + 100 * i);
	ck_assert_int_eq(eg_datagram_dir(d), EG_FROM_GUEST);
}
END_TEST

START_TEST(there_is_no_part_behind_those_held)
{
	static const size_t none[] = { 1, EG_DATAGRAM_PARTS, EG_DATAGRAM_PARTS + 1, SIZE_MAX };
	uint64_t came = 1;
	size_t len = 1;

	datagram_of(_i, 100);
	ck_assert_int_eq(give(_i, 0, 8, true), EG_HOLD_KEPT);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ck_assert_ptr_null(eg_datagram_part(d, none[i], &len, &came));
		ck_assert_uint_eq(len | came, 0);
	}
}
END_TEST

enum { K = EG_HOLD_KEPT, W = EG_HOLD_WHOLE, R = EG_HOLD_REFUSED, STEPS = 6 };

/* What comes, and what is said to each; steps without bytes that say KEPT are none. */
struct row {
	const char *name;
	struct step {
		size_t off, n;
		bool more;
		int says;
	} steps[STEPS];
};

static void run_row(const struct row *r, int version)
{
	size_t held = 0;

	restart();
	datagram_of(version, 9000);
	for (size_t i = 0; i < STEPS; i++) {
		const struct step *s = &r->steps[i];
		int says;

		if (s->n == 0 && s->says == K)
			break;
		says = (int)give(version, s->off, s->n, s->more);
		ck_assert_msg(says == s->says, "%s, step %zu, IPv%d: says %d", r->name, i, version,
			      says);
		if (says == R && held == 0)
			ck_assert_msg(!d, "%s, step %zu", r->name, i);
		else
			ck_assert_uint_eq(eg_datagram_parts(d), held + (says == K));
		if (says != W && d)
			check_not_whole();
		held = says == K ? held + 1 : 0;
	}
}

#define RUN(rows)                                                                                  \
	do {                                                                                       \
		for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)                      \
			run_row(&(rows)[i], _i);                                                   \
	} while (0)

START_TEST(overlaps_refuse_the_datagram)
{
	static const struct row rows[] = {
		{ "exact repetition", { { 0, 64, true, K }, { 0, 64, true, R } } },
		{ "exact repetition of the last", { { 64, 9, false, K }, { 64, 9, false, R } } },
		{ "repetition of an earlier one",
		  { { 0, 64, true, K }, { 64, 64, true, K }, { 0, 64, true, R } } },
		{ "teardrop: within the first",
		  { { 0, 40, true, K }, { 24, 4, false, R }, { 40, 8, false, R } } },
		{ "teardrop: over the end of the first",
		  { { 0, 40, true, K }, { 32, 16, false, R }, { 40, 8, false, R } } },
		{ "over the start of a held one", { { 64, 64, true, K }, { 0, 72, true, R } } },
		{ "same start, shorter", { { 0, 64, true, K }, { 0, 8, true, R } } },
		{ "same start, longer", { { 0, 64, true, K }, { 0, 128, true, R } } },
		{ "same end", { { 0, 64, true, K }, { 56, 8, true, R } } },
		{ "around a held one", { { 64, 8, true, K }, { 0, 200, true, R } } },
		{ "within a held one", { { 0, 200, true, K }, { 64, 8, true, R } } },
		{ "over two that are held",
		  { { 0, 64, true, K }, { 64, 64, true, K }, { 56, 16, true, R } } },
		{ "by one byte of the last",
		  { { 64, 8, true, K }, { 56, 9, false, R }, { 0, 56, true, R } } },
		{ "first rewritten behind its first 8 bytes (RFC 3128)",
		  { { 0, 16, true, K }, { 8, 16, true, R }, { 24, 8, false, R } } },
		{ "tiny first, then its rest from 8 on twice (RFC 1858)",
		  { { 0, 8, true, K }, { 8, 24, true, K }, { 8, 32, false, R } } },
	};

	RUN(rows);
}
END_TEST

START_TEST(touching_parts_do_not_overlap)
{
	static const struct row rows[] = {
		{ "in order", { { 0, 64, true, K }, { 64, 8, true, K }, { 72, 1, false, W } } },
		{ "backwards", { { 72, 1, false, K }, { 64, 8, true, K }, { 0, 64, true, W } } },
		{ "a gap filled exactly",
		  { { 0, 64, true, K }, { 72, 8, false, K }, { 64, 8, true, W } } },
		{ "tiny first: a whole UDP header",
		  { { 0, 8, true, K }, { 8, 8, true, K }, { 16, 8, false, W } } },
		{ "tiny all the way",
		  { { 8, 8, true, K }, { 0, 8, true, K }, { 16, 1, false, W } } },
	};

	RUN(rows);
}
END_TEST

START_TEST(the_last_part_is_one_and_the_last)
{
	static const struct row rows[] = {
		{ "a second last behind", { { 64, 8, false, K }, { 72, 8, false, R } } },
		{ "a second last before", { { 64, 8, false, K }, { 56, 8, false, R } } },
		{ "one more behind the last", { { 64, 8, false, K }, { 72, 8, true, R } } },
		{ "one more far behind the last", { { 64, 8, false, K }, { 800, 8, true, R } } },
		{ "the last before one that is held", { { 72, 8, true, K }, { 64, 8, false, R } } },
		{ "the last far before one that is held",
		  { { 0, 8, true, K }, { 800, 8, true, K }, { 64, 8, false, R } } },
		{ "all there twice, but no last",
		  { { 0, 64, true, K }, { 64, 64, true, K }, { 128, 64, true, K } } },
		{ "as many bytes as the end says, not the right ones",
		  { { 0, 8, true, K }, { 32, 8, false, K }, { 16, 8, true, K } } },
	};

	RUN(rows);
}
END_TEST

START_TEST(no_part_is_malformed)
{
	static const struct row rows[] = {
		{ "without payload", { { 0, 0, true, R } } },
		{ "without payload, in the middle", { { 0, 8, true, K }, { 8, 0, true, R } } },
		{ "last without payload", { { 0, 8, true, K }, { 8, 0, false, R } } },
		{ "not the last, 1 byte", { { 0, 1, true, R } } },
		{ "not the last, 7 bytes", { { 8, 7, true, R } } },
		{ "not the last, 9 bytes, of a held one",
		  { { 0, 8, true, K }, { 8, 9, true, R }, { 8, 8, false, R } } },
		{ "not the last, 12 bytes", { { 0, 12, true, R } } },
	};

	RUN(rows);
}
END_TEST

/* RFC 8021; over IPv4 it is no fragment at all. */
START_TEST(atomic_fragments_are_refused)
{
	static const struct row rows[] = {
		{ "alone", { { 0, 64, false, R } } },
		{ "after another part", { { 64, 8, true, K }, { 0, 64, false, R } } },
		{ "before another part", { { 0, 64, false, R }, { 64, 8, false, R } } },
		{ "one byte", { { 0, 1, false, R } } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&rows[i], 6);
}
END_TEST

/* Ping of death: the last part ends where no length field can say it. */
START_TEST(no_datagram_is_longer_than_its_length_field)
{
	const size_t most = _i == 4 ? 65535 - 20 : 65535, at = most / 8 * 8;

	ck_assert_int_eq(give(_i, at, most - at, false), EG_HOLD_KEPT);
	restart();
	ck_assert_int_eq(give(_i, at, most - at + 1, false), EG_HOLD_REFUSED);
	restart();
	ck_assert_int_eq(give(_i, at - 8, 8, true), EG_HOLD_KEPT);
	restart();
	ck_assert_int_eq(give(_i, at, 8, true), EG_HOLD_REFUSED);
	restart();
	ck_assert_int_eq(give(_i, 65528, 8, false), EG_HOLD_REFUSED);
	restart();
	ck_assert_int_eq(give(_i, 65528, 8000, false), EG_HOLD_REFUSED);
	ck_assert_ptr_null(d);
}
END_TEST

START_TEST(the_longest_datagram_is_whole)
{
	const size_t most = _i == 4 ? 65535 - 20 : 65535;
	struct eg_frame f;
	size_t off, len;

	datagram_of(_i, most);
	for (off = 0; most - off > 8000; off += 8000)
		ck_assert_int_eq(give(_i, off, 8000, true), EG_HOLD_KEPT);
	ck_assert_int_eq(give(_i, off, most - off, false), EG_HOLD_WHOLE);
	check_whole();
	eg_datagram_whole(d, &len);
	ck_assert_int_eq(eg_frame_decode(&f, whole, len), EG_R_LENGTH);
	ck_assert_int_eq(eg_frame_decode_whole(&f, whole, len), EG_R_NONE);
	ck_assert_uint_eq(f.l4_len, most);
	ck_assert_uint_eq(f.payload.n, most - 8);
}
END_TEST

/* Only UDP is ever held: of no other protocol a single part. */
START_TEST(every_other_protocol_is_refused)
{
	static const struct piece p = { 0, 64, true };
	uint8_t b[PACKET_MAX];
	size_t len = make_part(b, _i, ID, &p, NULL);

	for (unsigned int proto = 0; proto < 256; proto++) {
		restart();
		b[_i == 4 ? V4_PROTO : V6_FRAG] = (uint8_t)proto;
		packet_fix(b, len);
		ck_assert_int_eq(offer(b, len, EG_FROM_GUEST),
				 proto == UDP ? EG_HOLD_KEPT : EG_HOLD_REFUSED);
		ck_assert_int_eq(d != NULL, proto == UDP);
	}
}
END_TEST

/* A refused part of another protocol is of another datagram. */
START_TEST(other_protocols_leave_udp_alone)
{
	static const struct piece p = { 64, 8, true };
	uint8_t b[PACKET_MAX];
	size_t len = make_part(b, _i, ID, &p, NULL);

	datagram_of(_i, 72);
	ck_assert_int_eq(give(_i, 0, 64, true), EG_HOLD_KEPT);
	b[_i == 4 ? V4_PROTO : V6_FRAG] = 6;
	packet_fix(b, len);
	ck_assert_int_eq(offer(b, len, EG_FROM_GUEST), EG_HOLD_REFUSED);
	ck_assert_int_eq(give(_i, 64, 8, false), EG_HOLD_WHOLE);
}
END_TEST

START_TEST(reserved_bits_of_the_fragment_header_are_clear)
{
	static const struct piece p = { 64, 8, true };
	uint8_t b[PACKET_MAX];
	size_t len = make_part(b, 6, ID, &p, NULL);

	for (int bit = 0; bit < 10; bit++) {
		size_t at = bit < 8 ? V6_FRAG + 1 : V6_FRAG + 3;
		uint8_t flip = (uint8_t)(bit < 8 ? 1 << bit : 2 << (bit - 8));

		restart();
		datagram_of(6, 200);
		ck_assert_int_eq(give(6, 0, 64, true), EG_HOLD_KEPT);
		b[at] ^= flip;
		ck_assert_int_eq(offer(b, len, EG_FROM_GUEST), EG_HOLD_REFUSED);
		ck_assert_uint_eq(eg_datagram_parts(d), 1);
		b[at] ^= flip;
	}
}
END_TEST

/* DF is odd in a part, but some stacks set it in all of them (RFC 6864 4); what
 * is judged has none, and the first part's other fields. */
START_TEST(the_whole_has_the_header_of_its_first_part)
{
	static const struct piece pieces[] = { { 0, 64, true }, { 64, 8, false } };
	uint8_t b[PACKET_MAX];

	datagram_of(4, 72);
	whole[PACKET_ETH + 1] = 0x10;
	whole[PACKET_ETH + 8] = 63;
	packet_fix(whole, whole_len);
	for (int i = 0; i < 2; i++) {
		bool first = i == _i;
		size_t len = make_part(b, 4, ID, &pieces[first ? 0 : 1], whole);

		b[V4_FLAGS] |= 0x40;
		b[PACKET_ETH + 1] = first ? 0x10 : 0x20;
		b[PACKET_ETH + 8] = first ? 63 : 1;
		packet_fix(b, len);
		ck_assert_int_eq(offer(b, len, EG_FROM_GUEST), i ? EG_HOLD_WHOLE : EG_HOLD_KEPT);
	}
	check_whole();
}
END_TEST

START_TEST(the_ip6_whole_has_the_header_of_its_first_part)
{
	static const struct piece pieces[] = { { 0, 64, true }, { 64, 8, false } };
	uint8_t b[PACKET_MAX];

	datagram_of(6, 72);
	whole[PACKET_ETH + 1] = 0x12;
	whole[PACKET_ETH + 7] = 3;
	for (int i = 0; i < 2; i++) {
		bool first = i == _i;
		size_t len = make_part(b, 6, ID, &pieces[first ? 0 : 1], whole);

		b[PACKET_ETH + 1] = first ? 0x12 : 0x34;
		b[PACKET_ETH + 7] = first ? 3 : 200;
		ck_assert_int_eq(offer(b, len, EG_FROM_GUEST), i ? EG_HOLD_WHOLE : EG_HOLD_KEPT);
	}
	check_whole();
}
END_TEST

/* A part whose frame, or whose IP length, ends early: at every byte. */
START_TEST(cut_parts_are_never_read_further)
{
	static const struct piece p = { 8, 24, true };
	const size_t head = _i == 4 ? PACKET_L4_4 : PACKET_L4_6 + 8;
	uint8_t b[PACKET_MAX];
	size_t len = make_part(b, _i, ID, &p, NULL);
	struct eg_frame f;

	for (size_t m = 0; m < len; m++) {
		uint8_t *copy = guarded_copy(b, m);

		ck_assert_int_ne(eg_frame_decode(&f, copy, m), EG_R_FRAGMENT);
		guarded_free(copy, m);
	}
	for (size_t m = head_of(_i); m <= len; m++) {
		bool right = m > head && (m - head) % 8 == 0;

		restart();
		eg_put16(b + PACKET_ETH + (_i == 4 ? 2 : 4),
			 (uint16_t)(m - (_i == 4 ? PACKET_ETH : PACKET_L4_6)));
		packet_fix(b, m);
		ck_assert_int_eq(offer(b, m, EG_FROM_GUEST),
				 right ? EG_HOLD_KEPT : EG_HOLD_REFUSED);
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_loop_test(t, every_order_of_parts_makes_the_same_whole, 0, 48);
	tcase_add_test(t, atomic_fragments_are_refused);
	tcase_add_test(t, reserved_bits_of_the_fragment_header_are_clear);
	tcase_add_loop_test(t, the_whole_has_the_header_of_its_first_part, 0, 2);
	tcase_add_loop_test(t, the_ip6_whole_has_the_header_of_its_first_part, 0, 2);
}

static void add_tests_of_both_versions(TCase *t)
{
	ADD_BOTH(t, there_is_no_part_behind_those_held);
	ADD_BOTH(t, overlaps_refuse_the_datagram);
	ADD_BOTH(t, touching_parts_do_not_overlap);
	ADD_BOTH(t, the_last_part_is_one_and_the_last);
	ADD_BOTH(t, no_part_is_malformed);
	ADD_BOTH(t, no_datagram_is_longer_than_its_length_field);
	ADD_BOTH(t, the_longest_datagram_is_whole);
	ADD_BOTH(t, every_other_protocol_is_refused);
	ADD_BOTH(t, other_protocols_leave_udp_alone);
	ADD_BOTH(t, cut_parts_are_never_read_further);
}

int main(void)
{
	Suite *s = suite_create("fragment");
	TCase *t = tcase_create("fragment");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	add_tests(t);
	add_tests_of_both_versions(t);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

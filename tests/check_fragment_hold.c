/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long parts are held, how many, and which of them ever meet. */
#include "fragments.h"

static enum eg_hold give_first(int version, uint32_t id)
{
	static const struct piece p = { 0, 8, true };

	return offer_piece(version, id, &p, NULL);
}

static enum eg_hold give_last(int version, uint32_t id)
{
	static const struct piece p = { 8, 8, false };

	return offer_piece(version, id, &p, NULL);
}

/* A part that makes any datagram of the guest's refused. */
static enum eg_hold spoil(int version, uint32_t id)
{
	static const struct piece p = { 0, 9, true };

	return offer_piece(version, id, &p, NULL);
}

/* The identification of D, from its first part; D is the guest's and of VERSION. */
static uint32_t id_of(const struct eg_datagram *datagram, int version)
{
	uint64_t came;
	size_t len;
	const uint8_t *part = eg_datagram_part(datagram, 0, &len, &came);

	return version == 4 ? eg_get16(part + PACKET_ETH + 4) : eg_get32(part + V6_FRAG + 4);
}

START_TEST(parts_are_limited_in_number)
{
	const size_t last = EG_DATAGRAM_PARTS - 1;

	datagram_of(_i, EG_DATAGRAM_PARTS * 8 - 3);
	for (size_t i = 0; i < last; i++)
		ck_assert_int_eq(give(_i, (last - 1 - i) * 8, 8, true), EG_HOLD_KEPT);
	ck_assert_int_eq(give(_i, last * 8, 5, false), EG_HOLD_WHOLE);
	check_whole();
	for (size_t i = 0; i <= last; i++)
		ck_assert_int_eq(give(_i, (last - i) * 8, 8, true), EG_HOLD_KEPT);
	ck_assert_int_eq(give(_i, (last + 1) * 8, 5, false), EG_HOLD_REFUSED);
	ck_assert_uint_eq(eg_datagram_parts(d), EG_DATAGRAM_PARTS);
	check_not_whole();
}
END_TEST

/* As many bytes as a slot can ever be asked to keep, and its neighbour unharmed. */
START_TEST(the_most_bytes_fit)
{
	const size_t most = _i == 4 ? 65512 : 65528;
	const struct piece tail = { 64, 8, false };
	size_t off = 0;

	padding = 3;
	ck_assert_int_eq(give(_i, most, 1, false), EG_HOLD_KEPT);
	whole_len = make_datagram(whole, _i, 9, 72);
	ck_assert_int_eq(offer_piece(_i, 9, &(struct piece){ 0, 64, true }, whole), EG_HOLD_KEPT);
	for (size_t i = 0; i < EG_DATAGRAM_PARTS - 2; i++, off += 1016)
		ck_assert_int_eq(give(_i, off, 1016, true), EG_HOLD_KEPT);
	/* The rest but for 8 bytes, so that it is not whole. */
	ck_assert_int_eq(give(_i, off, most - off - 8, true), EG_HOLD_KEPT);
	ck_assert_uint_eq(eg_datagram_parts(d), EG_DATAGRAM_PARTS);
	ck_assert_int_eq(offer_piece(_i, 9, &tail, whole), EG_HOLD_WHOLE);
	check_whole();
	ck_assert_int_eq(give(_i, most - 8, 8, true), EG_HOLD_REFUSED);
}
END_TEST

START_TEST(unfinished_datagrams_expire_once)
{
	struct eg_datagram *e;
	uint64_t came;
	size_t len;

	ck_assert_ptr_null(eg_fragments_expired(hold, now));
	ck_assert_int_eq(give_first(_i, 1), EG_HOLD_KEPT);
	now += EG_DATAGRAM_TIMEOUT - 1;
	ck_assert_ptr_null(eg_fragments_expired(hold, now));
	ck_assert_int_eq(offer_piece(_i, 1, &(struct piece){ 64, 8, true }, NULL), EG_HOLD_KEPT);
	now++;
	e = eg_fragments_expired(hold, now);
	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(eg_datagram_parts(e), 2);
	ck_assert_uint_eq(id_of(e, _i), 1);
	ck_assert_ptr_nonnull(eg_datagram_part(e, 1, &len, &came));
	ck_assert_uint_eq(came, 1000 + EG_DATAGRAM_TIMEOUT - 1);
	ck_assert_ptr_null(eg_datagram_whole(e, &len));
	ck_assert_ptr_null(eg_fragments_expired(hold, now));
	ck_assert_ptr_null(eg_fragments_expired(hold, UINT64_MAX));
}
END_TEST

START_TEST(the_oldest_expires_first)
{
	uint8_t b[PACKET_MAX];
	size_t len = make_part(b, _i, 77, &(struct piece){ 0, 8, true }, NULL);
	struct eg_datagram *e;

	/* A slot in front becomes free, so that order of slots is not order of time. */
	ck_assert_int_eq(give_first(_i, 1), EG_HOLD_KEPT);
	now++;
	ck_assert_int_eq(give_first(_i, 2), EG_HOLD_KEPT);
	now++;
	ck_assert_int_eq(offer(b, len, EG_FROM_NETWORK), EG_HOLD_KEPT);
	ck_assert_int_eq(give_last(_i, 1), EG_HOLD_WHOLE);
	now++;
	ck_assert_int_eq(give_first(_i, 3), EG_HOLD_KEPT);
	now = 1001 + EG_DATAGRAM_TIMEOUT;
	e = eg_fragments_expired(hold, now);
	ck_assert_uint_eq(id_of(e, _i), 2);
	ck_assert_int_eq(eg_datagram_dir(e), EG_FROM_GUEST);
	ck_assert_ptr_null(eg_fragments_expired(hold, now));
	now += 10;
	e = eg_fragments_expired(hold, now);
	ck_assert_uint_eq(id_of(e, _i), 77);
	ck_assert_int_eq(eg_datagram_dir(e), EG_FROM_NETWORK);
	ck_assert_uint_eq(id_of(eg_fragments_expired(hold, now), _i), 3);
	ck_assert_ptr_null(eg_fragments_expired(hold, now));
}
END_TEST

/* What left the hold in another way does not expire. */
START_TEST(finished_and_refused_datagrams_do_not_expire)
{
	give_first(_i, 1);
	ck_assert_int_eq(give_last(_i, 1), EG_HOLD_WHOLE);
	give_first(_i, 2);
	ck_assert_int_eq(spoil(_i, 2), EG_HOLD_REFUSED);
	ck_assert_int_eq(spoil(_i, 3), EG_HOLD_REFUSED);
	ck_assert_ptr_null(eg_fragments_expired(hold, UINT64_MAX));
}
END_TEST

START_TEST(no_part_joins_an_expired_datagram)
{
	give_first(_i, 1);
	now += EG_DATAGRAM_TIMEOUT;
	ck_assert_int_eq(give_last(_i, 1), EG_HOLD_KEPT);
	ck_assert_uint_eq(eg_datagram_parts(d), 1);
	ck_assert_uint_eq(eg_datagram_parts(eg_fragments_expired(hold, now)), 1);
	ck_assert_ptr_null(eg_fragments_expired(hold, now));
	ck_assert_int_eq(give_first(_i, 1), EG_HOLD_WHOLE);
	give_first(_i, 2);
	now += EG_DATAGRAM_TIMEOUT - 1;
	ck_assert_int_eq(give_last(_i, 2), EG_HOLD_WHOLE);
}
END_TEST

START_TEST(an_identification_may_be_used_again)
{
	for (int i = 0; i < 3 * EG_DATAGRAMS_MAX; i++) {
		whole_len = make_datagram(whole, _i, ID, 24 + 16 * (size_t)(i % 3));
		ck_assert_int_eq(give(_i, whole_len - head_of(_i) - 8, 8, false), EG_HOLD_KEPT);
		ck_assert_int_eq(give(_i, 0, whole_len - head_of(_i) - 8, true), EG_HOLD_WHOLE);
		ck_assert_uint_eq(eg_datagram_parts(d), 1);
		check_whole();
	}
}
END_TEST

START_TEST(refused_stays_refused_until_it_times_out)
{
	ck_assert_int_eq(give_first(_i, 1), EG_HOLD_KEPT);
	now += 100;
	ck_assert_int_eq(spoil(_i, 1), EG_HOLD_REFUSED);
	ck_assert_uint_eq(eg_datagram_parts(d), 1);
	ck_assert_uint_eq(id_of(d, _i), 1);
	ck_assert_int_eq(give_last(_i, 1), EG_HOLD_REFUSED);
	ck_assert_ptr_null(d);
	now += EG_DATAGRAM_TIMEOUT - 1;
	ck_assert_int_eq(give_last(_i, 1), EG_HOLD_REFUSED);
	ck_assert_int_eq(give_first(_i, 1), EG_HOLD_REFUSED);
	now++;
	ck_assert_int_eq(give_last(_i, 1), EG_HOLD_KEPT);
	ck_assert_int_eq(give_first(_i, 1), EG_HOLD_WHOLE);
}
END_TEST

START_TEST(a_full_hold_refuses_the_new_and_keeps_the_old)
{
	for (uint32_t i = 0; i < EG_DATAGRAMS_MAX; i++)
		ck_assert_int_eq(give_first(_i, i), EG_HOLD_KEPT);
	ck_assert_int_eq(give_first(_i, 100), EG_HOLD_REFUSED);
	ck_assert_ptr_null(d);
	ck_assert_int_eq(give_last(_i, 5), EG_HOLD_WHOLE);
	ck_assert_int_eq(give_last(_i, 100), EG_HOLD_REFUSED);
	ck_assert_int_eq(give_first(_i, 101), EG_HOLD_KEPT);
	ck_assert_int_eq(give_first(_i, 102), EG_HOLD_REFUSED);
	ck_assert_int_eq(spoil(_i, 7), EG_HOLD_REFUSED);
	ck_assert_int_eq(give_first(_i, 103), EG_HOLD_KEPT);
	for (uint32_t i = 0; i < EG_DATAGRAMS_MAX; i++)
		ck_assert_int_eq(give_last(_i, i), i == 7   ? EG_HOLD_REFUSED
						   : i == 5 ? EG_HOLD_KEPT
							    : EG_HOLD_WHOLE);
}
END_TEST

START_TEST(a_full_hold_has_room_once_its_datagrams_expired)
{
	for (uint32_t i = 0; i < EG_DATAGRAMS_MAX; i++)
		give_first(_i, i);
	now += EG_DATAGRAM_TIMEOUT;
	for (uint32_t i = 0; i < EG_DATAGRAMS_MAX; i++)
		ck_assert_uint_eq(id_of(eg_fragments_expired(hold, now), _i), i);
	ck_assert_ptr_null(eg_fragments_expired(hold, now));
	for (uint32_t i = 0; i < EG_DATAGRAMS_MAX; i++)
		ck_assert_int_eq(give_first(_i, 100 + i), EG_HOLD_KEPT);
}
END_TEST

/* A guest that fills its own direction leaves the other free. */
START_TEST(each_direction_has_room_of_its_own)
{
	uint8_t b[PACKET_MAX];

	for (uint32_t i = 0; i <= EG_DATAGRAMS_MAX; i++)
		give_first(_i, i);
	for (uint32_t i = 0; i <= EG_DATAGRAMS_MAX; i++) {
		size_t len = make_part(b, _i, i, &(struct piece){ 0, 8, true }, NULL);

		ck_assert_int_eq(offer(b, len, EG_FROM_NETWORK),
				 i < EG_DATAGRAMS_MAX ? EG_HOLD_KEPT : EG_HOLD_REFUSED);
	}
}
END_TEST

START_TEST(the_oldest_tombstone_makes_room)
{
	for (uint32_t i = 0; i < EG_TOMBSTONES; i++)
		ck_assert_int_eq(spoil(_i, i), EG_HOLD_REFUSED);
	for (uint32_t i = 0; i < EG_TOMBSTONES; i++)
		ck_assert_int_eq(give_first(_i, i), EG_HOLD_REFUSED);
	/* Nor have those parts, refused by their tombstones, taken one more. */
	ck_assert_int_eq(give_first(_i, 0), EG_HOLD_REFUSED);
	ck_assert_int_eq(spoil(_i, 1000), EG_HOLD_REFUSED);
	ck_assert_int_eq(give_first(_i, 0), EG_HOLD_KEPT);
	for (uint32_t i = 1; i < EG_TOMBSTONES; i++)
		ck_assert_int_eq(give_first(_i, i), EG_HOLD_REFUSED);
	ck_assert_int_eq(give_first(_i, 1000), EG_HOLD_REFUSED);
}
END_TEST

/* A flood of refused datagrams takes no room from those that are clean. */
START_TEST(tombstones_take_no_slots)
{
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_int_eq(spoil(_i, 5000 + i), EG_HOLD_REFUSED);
	for (uint32_t i = 0; i < EG_DATAGRAMS_MAX; i++)
		ck_assert_int_eq(give_first(_i, i), EG_HOLD_KEPT);
}
END_TEST

/* Else a guest that forges the network's addresses could put the head of its
 * choice on what the network sends. */
START_TEST(directions_never_meet)
{
	uint8_t first[PACKET_MAX], last[PACKET_MAX];
	size_t n = make_part(first, _i, ID, &(struct piece){ 0, 8, true }, NULL);
	size_t m = make_part(last, _i, ID, &(struct piece){ 8, 8, false }, NULL);

	ck_assert_int_eq(offer(first, n, EG_FROM_GUEST), EG_HOLD_KEPT);
	ck_assert_int_eq(offer(last, m, EG_FROM_NETWORK), EG_HOLD_KEPT);
	ck_assert_int_eq(eg_datagram_dir(d), EG_FROM_NETWORK);
	ck_assert_int_eq(offer(first, n, EG_FROM_GUEST), EG_HOLD_REFUSED);
	ck_assert_int_eq(offer(first, n, EG_FROM_NETWORK), EG_HOLD_WHOLE);
}
END_TEST

/* Every byte of MACs, addresses and identification tells datagrams apart. */
START_TEST(parts_of_different_datagrams_never_meet)
{
	const size_t ip = _i == 4 ? PACKET_ETH + 12 : PACKET_ETH + 8;
	const size_t id = _i == 4 ? PACKET_ETH + 4 : V6_FRAG + 4, width = _i == 4 ? 2 : 4;
	uint8_t b[PACKET_MAX];
	size_t len = make_part(b, _i, ID, &(struct piece){ 8, 8, false }, NULL), tried = 0;

	for (size_t at = 0; at < len; at++) {
		bool mac = at < 12, address = at >= ip && at < head_of(_i);

		if (!mac && !address && !(at >= id && at < id + width))
			continue;
		restart();
		ck_assert_int_eq(give_first(_i, ID), EG_HOLD_KEPT);
		b[at] ^= 0x10;
		packet_fix(b, len);
		ck_assert_int_eq(offer(b, len, EG_FROM_GUEST), EG_HOLD_KEPT);
		ck_assert_uint_eq(eg_datagram_parts(d), 1);
		b[at] ^= 0x10;
		tried++;
	}
	ck_assert_uint_eq(tried, 12 + (_i == 4 ? 8 + 2 : 32 + 4));
	packet_fix(b, len);
	ck_assert_int_eq(offer(b, len, EG_FROM_GUEST), EG_HOLD_WHOLE);
}
END_TEST

/* The same addresses and identification in the other version of IP, as far as
 * such addresses decode at all. */
START_TEST(versions_never_meet)
{
	uint8_t b[PACKET_MAX];
	size_t len = make_part(b, 6, ID, &(struct piece){ 8, 8, false }, NULL);

	memset(b + PACKET_ETH + 8, 0, 32);
	memset(b + PACKET_ETH + 18, 0xff, 2);
	memset(b + PACKET_ETH + 34, 0xff, 2);
	memcpy(b + PACKET_ETH + 20, packet_guest.ip4, 4);
	memcpy(b + PACKET_ETH + 36, packet_network.ip4, 4);
	ck_assert_int_eq(give_first(4, ID), EG_HOLD_KEPT);
	ck_assert_int_eq(offer(b, len, EG_FROM_GUEST), EG_HOLD_KEPT);
	ck_assert_uint_eq(eg_datagram_parts(d), 1);
	ck_assert_int_eq(give_last(4, ID), EG_HOLD_WHOLE);
}
END_TEST

START_TEST(interleaved_datagrams_come_out_each_by_itself)
{
	static uint8_t all[EG_DATAGRAMS_MAX][PACKET_MAX];
	size_t len[EG_DATAGRAMS_MAX];

	for (uint32_t i = 0; i < EG_DATAGRAMS_MAX; i++)
		len[i] = make_datagram(all[i], i % 2 ? 6 : 4, i, 80 + i);
	for (uint32_t step = 0; step < 3; step++)
		for (uint32_t i = 0; i < EG_DATAGRAMS_MAX; i++) {
			const size_t at = (i + step) % 3 * 32;
			const struct piece p = { at, at < 64 ? 32 : 16 + i, at < 64 };

			ck_assert_int_eq(offer_piece(i % 2 ? 6 : 4, i, &p, all[i]),
					 step < 2 ? EG_HOLD_KEPT : EG_HOLD_WHOLE);
			if (step < 2)
				continue;
			memcpy(whole, all[i], len[i]);
			whole_len = len[i];
			check_whole();
		}
}
END_TEST

START_TEST(longer_than_any_datagram_does_not_decode)
{
	static uint8_t b[EG_WHOLE_MAX + 1];
	struct eg_frame f;
	size_t len = make_datagram(b, _i, ID, 8);

	ck_assert_int_eq(eg_frame_decode_whole(&f, b, EG_ETH_LEN - 1), EG_R_LENGTH);
	ck_assert_int_eq(eg_frame_decode_whole(&f, b, len), EG_R_NONE);
	ck_assert_int_eq(eg_frame_decode(&f, b, EG_FRAME_MAX), EG_R_NONE);
	ck_assert_int_eq(eg_frame_decode(&f, b, EG_FRAME_MAX + 1), EG_R_LENGTH);
	ck_assert_int_eq(eg_frame_decode_whole(&f, b, EG_FRAME_MAX + 1), EG_R_NONE);
	ck_assert_int_eq(eg_frame_decode_whole(&f, b, EG_WHOLE_MAX), EG_R_NONE);
	ck_assert_uint_eq(f.len, len);
	ck_assert_int_eq(eg_frame_decode_whole(&f, b, EG_WHOLE_MAX + 1), EG_R_LENGTH);
	ck_assert_uint_eq(f.ethertype, 0);
	ck_assert_int_eq(eg_frame_decode_whole(&f, b, SIZE_MAX), EG_R_LENGTH);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	eg_fragments_free(NULL);
}
END_TEST

static void add_tests(TCase *t)
{
	ADD_BOTH(t, parts_are_limited_in_number);
	ADD_BOTH(t, the_most_bytes_fit);
	ADD_BOTH(t, unfinished_datagrams_expire_once);
	ADD_BOTH(t, the_oldest_expires_first);
	ADD_BOTH(t, finished_and_refused_datagrams_do_not_expire);
	ADD_BOTH(t, no_part_joins_an_expired_datagram);
	ADD_BOTH(t, an_identification_may_be_used_again);
	ADD_BOTH(t, refused_stays_refused_until_it_times_out);
	ADD_BOTH(t, a_full_hold_refuses_the_new_and_keeps_the_old);
	ADD_BOTH(t, a_full_hold_has_room_once_its_datagrams_expired);
	ADD_BOTH(t, each_direction_has_room_of_its_own);
	ADD_BOTH(t, the_oldest_tombstone_makes_room);
	ADD_BOTH(t, tombstones_take_no_slots);
	ADD_BOTH(t, directions_never_meet);
	ADD_BOTH(t, parts_of_different_datagrams_never_meet);
	ADD_BOTH(t, longer_than_any_datagram_does_not_decode);
	tcase_add_test(t, versions_never_meet);
	tcase_add_test(t, interleaved_datagrams_come_out_each_by_itself);
	tcase_add_test(t, freeing_nothing_is_fine);
}

int main(void)
{
	Suite *s = suite_create("fragment_hold");
	TCase *t = tcase_create("fragment_hold");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	add_tests(t);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

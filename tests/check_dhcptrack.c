/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dhcptrack.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum {
	NOW = 1000,
	STATIONS = EG_DHCPTRACK_STATIONS,
	EXCHANGES = EG_DHCPTRACK_EXCHANGES,
	TIMEOUT = EG_DHCPTRACK_TIMEOUT,
};

static struct eg_dhcptrack track;

static void setup(void)
{
	track = (struct eg_dhcptrack){ 0 };
}

struct mac {
	uint8_t b[6];
};

/* Station I; they differ in their last bytes alone, some in the first. */
static struct mac station(size_t i)
{
	return (struct mac){ { (uint8_t)(2 + 4 * (i % 2)), 0, 0, 0, (uint8_t)(i >> 8),
			       (uint8_t)i } };
}

static bool ask(size_t i, uint32_t xid, uint64_t now)
{
	return eg_dhcptrack_ask(&track, station(i).b, xid, false, now);
}

static const struct eg_dhcp_exchange *find(size_t i, uint32_t xid, uint64_t now)
{
	return eg_dhcptrack_find(&track, station(i).b, xid, now);
}

static void answered(size_t i, uint32_t xid, uint64_t now)
{
	eg_dhcptrack_answered(&track, station(i).b, xid, now);
}

START_TEST(every_station_has_its_own_answer)
{
	for (size_t i = 0; i < STATIONS; i++)
		ck_assert(ask(i, 1000 + (uint32_t)i, NOW));
	for (size_t i = 0; i < STATIONS; i++)
		ck_assert_uint_eq(find(i, 1000 + (uint32_t)i, NOW)->xid, 1000 + i);
	ck_assert_ptr_null(find(0, 1000 + STATIONS, NOW));
	ck_assert_ptr_null(find(0, 0, NOW));
}
END_TEST

START_TEST(nobody_who_waits_gives_way_to_another)
{
	for (size_t i = 0; i < STATIONS; i++)
		ck_assert(ask(i, 7, NOW + i));
	ck_assert(!ask(STATIONS, 8, NOW + STATIONS));
	/* Neither to ever new xids of one. */
	for (uint32_t xid = 100; xid < 1000; xid++)
		ck_assert(ask(3, xid, NOW + STATIONS));
	for (size_t i = 0; i < STATIONS; i++) {
		const struct eg_dhcp_exchange *e = find(i, 7, NOW + STATIONS);

		ck_assert(i == 3 || e->until == NOW + i + TIMEOUT);
	}
	ck_assert(!ask(STATIONS, 8, NOW + TIMEOUT - 1));
	ck_assert(ask(STATIONS, 8, NOW + TIMEOUT)); /* in the place of station 0 */
	ck_assert(!ask(STATIONS + 1, 8, NOW + TIMEOUT));
}
END_TEST

START_TEST(who_has_its_answer_gives_way)
{
	for (size_t i = 0; i < STATIONS; i++)
		ck_assert(ask(i, (uint32_t)i, NOW));
	ck_assert(ask(9, 5000, NOW));
	answered(9, 9, NOW);
	ck_assert(!find(9, 9, NOW)->waits); /* and yet it is found */
	ck_assert(!ask(STATIONS, 8, NOW));  /* station 9 waits for 5000 */
	answered(9, 5000, NOW);
	ck_assert(ask(STATIONS, 6000, NOW));
	ck_assert_ptr_null(find(9, 5000, NOW));
	ck_assert_uint_eq(find(STATIONS, 6000, NOW)->xid, 6000);
	ck_assert(!ask(STATIONS + 1, 8, NOW));
}
END_TEST

START_TEST(same_xid_of_two_is_apart)
{
	ck_assert(eg_dhcptrack_ask(&track, station(0).b, 5, false, NOW));
	ck_assert(eg_dhcptrack_ask(&track, station(1).b, 5, true, NOW));
	ck_assert(!find(0, 5, NOW)->bootp);
	ck_assert(find(1, 5, NOW)->bootp);
	answered(1, 5, NOW);
	ck_assert(find(0, 5, NOW)->waits);
	ck_assert(!find(1, 5, NOW)->waits);
	/* For a third it is one of these, and the third's word ends none. */
	ck_assert_ptr_nonnull(find(2, 5, NOW));
	answered(2, 5, NOW);
	ck_assert(find(0, 5, NOW)->waits);
}
END_TEST

START_TEST(asking_again_starts_the_clock_anew)
{
	ck_assert(ask(0, 5, NOW));
	ck_assert_ptr_nonnull(find(0, 5, NOW + TIMEOUT - 1));
	ck_assert_ptr_null(find(0, 5, NOW + TIMEOUT));
	ck_assert(ask(0, 5, NOW + TIMEOUT - 1));
	ck_assert_ptr_nonnull(find(0, 5, NOW + 2 * TIMEOUT - 2));
	ck_assert_ptr_null(find(0, 5, NOW + 2 * TIMEOUT - 1));
	answered(0, 5, NOW + TIMEOUT);
	ck_assert(ask(0, 5, NOW + TIMEOUT)); /* REQUEST after OFFER, renewal after ACK */
	ck_assert(find(0, 5, NOW + TIMEOUT)->waits);
}
END_TEST

START_TEST(station_loses_its_own_oldest)
{
	for (uint32_t i = 0; i < EXCHANGES; i++)
		ck_assert(ask(0, i, NOW + i));
	ck_assert(ask(0, 0, NOW + 50)); /* the first is now the youngest */
	answered(0, 2, NOW + 50);
	ck_assert(ask(0, 100, NOW + 60)); /* in the place of what was answered */
	ck_assert_ptr_null(find(0, 2, NOW + 60));
	ck_assert(ask(0, 101, NOW + 70));
	ck_assert_ptr_null(find(0, 1, NOW + 70));
	ck_assert_ptr_nonnull(find(0, 0, NOW + 70));
	ck_assert_ptr_nonnull(find(0, 3, NOW + 70));
	ck_assert_ptr_nonnull(find(0, 100, NOW + 70));
}
END_TEST

START_TEST(nothing_is_found_where_nobody_asked)
{
	const uint8_t zero[6] = { 0 };

	ck_assert_ptr_null(eg_dhcptrack_find(&track, zero, 0, 0));
	ck_assert_ptr_null(eg_dhcptrack_find(&track, zero, 0, NOW));
	eg_dhcptrack_answered(&track, zero, 0, NOW);
	ck_assert_ptr_null(eg_dhcptrack_find(&track, zero, 0, NOW));
}
END_TEST

/* What a place of another that has gone held is not its successor's. */
START_TEST(place_is_taken_empty)
{
	for (size_t i = 0; i < STATIONS; i++) {
		ck_assert(ask(i, 1, NOW));
		ck_assert(ask(i, 2, NOW));
		answered(i, 1, NOW);
		answered(i, 2, NOW);
	}
	for (size_t i = 0; i < STATIONS; i++)
		ck_assert(ask(STATIONS + i, 3, NOW));
	ck_assert_ptr_null(find(0, 1, NOW));
	ck_assert_ptr_null(find(STATIONS, 2, NOW));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dhcptrack");
	TCase *c = tcase_create("dhcptrack");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, every_station_has_its_own_answer);
	tcase_add_test(c, nobody_who_waits_gives_way_to_another);
	tcase_add_test(c, who_has_its_answer_gives_way);
	tcase_add_test(c, same_xid_of_two_is_apart);
	tcase_add_test(c, asking_again_starts_the_clock_anew);
	tcase_add_test(c, station_loses_its_own_oldest);
	tcase_add_test(c, nothing_is_found_where_nobody_asked);
	tcase_add_test(c, place_is_taken_empty);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

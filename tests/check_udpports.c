/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "udpports.h"

#include <check.h>
#include <stdlib.h>

enum { MOST = EG_UDPPORTS_ADDRESSES };

static struct eg_udpports *t;

static void setup(void)
{
	t = eg_udpports_new();
	ck_assert_ptr_nonnull(t);
}

static void teardown(void)
{
	eg_udpports_free(t);
}

/* 10.0.I.J for I * 256 + J. */
static const struct eg_addr *number(size_t n)
{
	static struct eg_addr a;
	const uint8_t bytes[4] = { 10, 0, (uint8_t)(n >> 8), (uint8_t)n };

	a = eg_addr4(bytes);
	return &a;
}

START_TEST(port_belongs_to_who_opened_with_it_first)
{
	ck_assert(!eg_udpports_is_guests(t, number(1), 5000));
	ck_assert(eg_udpports_guest_opens(t, number(1), 5000));
	eg_udpports_network_opened(t, number(1), 5000);
	ck_assert(eg_udpports_is_guests(t, number(1), 5000));
	eg_udpports_network_opened(t, number(1), 5001);
	ck_assert(eg_udpports_guest_opens(t, number(1), 5001));
	ck_assert(!eg_udpports_is_guests(t, number(1), 5001));
}
END_TEST

START_TEST(port_of_one_address_is_no_others)
{
	uint8_t six[16] = { 0xfd, [15] = 1 };
	const struct eg_addr a6 = eg_addr6(six);

	eg_udpports_network_opened(t, number(1), 5000);
	ck_assert(eg_udpports_guest_opens(t, number(2), 5000));
	ck_assert(eg_udpports_guest_opens(t, &a6, 5001));
	ck_assert(eg_udpports_is_guests(t, number(2), 5000));
	ck_assert(!eg_udpports_is_guests(t, number(1), 5000));
	ck_assert(eg_udpports_is_guests(t, &a6, 5001));
	ck_assert(!eg_udpports_is_guests(t, number(2), 5001));
}
END_TEST

START_TEST(every_port_has_a_place_of_its_own)
{
	for (uint32_t p = 0; p < 65536; p += 2)
		ck_assert(eg_udpports_guest_opens(t, number(1), (uint16_t)p));
	for (uint32_t p = 0; p < 65536; p++)
		ck_assert_int_eq(eg_udpports_is_guests(t, number(1), (uint16_t)p), p % 2 == 0);
}
END_TEST

START_TEST(full_table_is_closed_to_the_guest_alone)
{
	for (size_t i = 0; i < MOST; i++)
		ck_assert(eg_udpports_guest_opens(t, number(i), 1));
	ck_assert(!eg_udpports_guest_opens(t, number(MOST), 1));
	eg_udpports_network_opened(t, number(MOST), 1);
	ck_assert(!eg_udpports_is_guests(t, number(MOST), 1));
	ck_assert(!eg_udpports_guest_opens(t, number(MOST), 2));
	ck_assert(eg_udpports_guest_opens(t, number(MOST - 1), 2));
	ck_assert(eg_udpports_is_guests(t, number(0), 1));
}
END_TEST

START_TEST(network_takes_half_of_the_table)
{
	for (size_t i = 0; i < 2 * MOST; i++)
		eg_udpports_network_opened(t, number(i), 1);
	for (size_t i = 0; i < MOST / 2; i++)
		ck_assert(eg_udpports_guest_opens(t, number(MOST + i), 1));
	ck_assert(!eg_udpports_guest_opens(t, number(2 * MOST), 1));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("udpports");
	TCase *c = tcase_create("udpports");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, port_belongs_to_who_opened_with_it_first);
	tcase_add_test(c, port_of_one_address_is_no_others);
	tcase_add_test(c, every_port_has_a_place_of_its_own);
	tcase_add_test(c, full_table_is_closed_to_the_guest_alone);
	tcase_add_test(c, network_takes_half_of_the_table);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

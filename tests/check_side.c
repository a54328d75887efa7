/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which side sent a packet: known, or not known, and never guessed. */
#include "side.h"

#include <check.h>
#include <stdlib.h>

static const uint8_t guest[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0xab };
static const uint8_t network[6] = { 0x52, 0x55, 0x0a, 0, 2, 2 };
static struct eg_side side;
static uint8_t frame[60];

/* A frame from SENDER, N bytes of it, of which the capture says DIR. */
static struct eg_input_packet from(const uint8_t sender[6], size_t n, enum eg_input_dir dir)
{
	memcpy(frame + 6, sender, 6);
	return (struct eg_input_packet){ .dir = dir, .bytes = { .p = frame, .n = n } };
}

static void setup(void)
{
	memset(&side, 0, sizeof(side));
}

static const struct {
	const char *text;
	bool good;
} addresses[] = {
	{ "52:54:00:12:34:ab", true },  { "52-54-00-12-34-AB", true },
	{ "52:54:00:12:34:a", false },  { "52:54:00:12:34:abc", false },
	{ "52:54:00:12:34-ab", false }, { "52.54.00.12.34.ab", false },
	{ "52:54:00:12:34:ag", false }, { "53:54:00:12:34:ab", false },
	{ "ff:ff:ff:ff:ff:ff", false }, { "00:00:00:00:00:00", false },
	{ "5254:00:12:34:ab:", false }, { "", false },
};

START_TEST(address_is_one_stations)
{
	uint8_t mac[6];
	const char *text = addresses[_i].text;

	ck_assert_int_eq(eg_side_parse(mac, text, strlen(text)), addresses[_i].good);
	if (addresses[_i].good)
		ck_assert_mem_eq(mac, guest, sizeof(guest));
}
END_TEST

START_TEST(address_is_shown_as_it_is_read)
{
	char text[EG_SIDE_TEXT_MAX];

	ck_assert_str_eq(eg_side_text(guest, text), "52:54:00:12:34:ab");
}
END_TEST

START_TEST(without_an_address_the_capture_says)
{
	for (int dir = EG_INPUT_UNKNOWN; dir <= EG_INPUT_FROM_GUEST; dir++) {
		struct eg_input_packet p = from(guest, 60, (enum eg_input_dir)dir);

		ck_assert_int_eq(eg_side_of(&side, &p), dir);
	}
}
END_TEST

START_TEST(with_an_address_the_sender_says)
{
	struct eg_input_packet p = from(guest, 60, EG_INPUT_TO_GUEST);

	side.has_guest = true;
	memcpy(side.guest, guest, sizeof(guest));
	ck_assert_int_eq(eg_side_of(&side, &p), EG_INPUT_FROM_GUEST);
	ck_assert_uint_eq(side.of_guest, 1);
	p = from(network, 60, EG_INPUT_FROM_GUEST);
	ck_assert_int_eq(eg_side_of(&side, &p), EG_INPUT_TO_GUEST);
	ck_assert_uint_eq(side.of_guest, 1);
	/* Too short for a sender. */
	p = from(guest, 11, EG_INPUT_FROM_GUEST);
	ck_assert_int_eq(eg_side_of(&side, &p), EG_INPUT_FROM_GUEST);
	p = from(guest, 11, EG_INPUT_UNKNOWN);
	ck_assert_int_eq(eg_side_of(&side, &p), EG_INPUT_TO_GUEST);
	ck_assert_uint_eq(side.of_guest, 1);
}
END_TEST

START_TEST(senders_are_counted_and_bounded)
{
	uint8_t other[6] = { 2 };
	struct eg_input_packet p = from(network, 60, EG_INPUT_UNKNOWN);

	eg_side_count(&side, &p);
	for (int i = 0; i < 2; i++) {
		p = from(guest, 60, EG_INPUT_UNKNOWN);
		eg_side_count(&side, &p);
	}
	p = from(guest, 11, EG_INPUT_UNKNOWN);
	eg_side_count(&side, &p);
	for (unsigned int i = 0; i < 2 * EG_SIDE_SENDERS_MAX; i++) {
		other[4] = (uint8_t)(i >> 8);
		other[5] = (uint8_t)i;
		p = from(other, 60, EG_INPUT_UNKNOWN);
		eg_side_count(&side, &p);
	}
	ck_assert_uint_eq(side.sender_count, EG_SIDE_SENDERS_MAX);
	eg_side_sort(&side);
	ck_assert_mem_eq(side.senders[0].mac, guest, sizeof(guest));
	ck_assert_uint_eq(side.senders[0].frames, 2);
	/* Of equals the lower address first. */
	ck_assert_int_eq(side.senders[1].mac[0], 2);
	ck_assert_int_eq(side.senders[1].mac[5], 0);
	ck_assert_mem_eq(side.senders[EG_SIDE_SENDERS_MAX - 1].mac, network, sizeof(network));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("side");
	TCase *c = tcase_create("side");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_loop_test(c, address_is_one_stations, 0,
			    sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_test(c, address_is_shown_as_it_is_read);
	tcase_add_test(c, without_an_address_the_capture_says);
	tcase_add_test(c, with_an_address_the_sender_says);
	tcase_add_test(c, senders_are_counted_and_bounded);
	suite_add_tcase(s, c);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

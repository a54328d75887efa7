/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dhcp_frames.h"
#include "packet.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* What a guest may say of itself where it is trusted to: N options that are there, what leaves of
 * them, and what of its request list does. */
static const struct {
	const char *trusted; /* numbers, ended by 0 */
	const char *options;
	size_t n;
	enum eg_reason want;
	const char *leaves; /* after the type */
	size_t len;
} trust_rows[] = {
#define LIST "\1\3\6\17\32\34\63\66\72\73\167\171"
	{ "", TEXT("\65\1\1\14\3abc\377"), EG_R_NONE, TEXT("\67\14" LIST "\377") },
	{ "\14", TEXT("\65\1\1\14\3abc\75\2\1\2\377"), EG_R_NONE,
	  TEXT("\14\3abc\67\14" LIST "\377") },
	/* In the order of their numbers. */
	{ "\75\14", TEXT("\75\2\1\2\65\1\1\14\3abc\377"), EG_R_NONE,
	  TEXT("\14\3abc\75\2\1\2\67\14" LIST "\377") },
	{ "\14", TEXT("\65\1\1\14\0\377"), EG_R_NONE, TEXT("\14\0\67\14" LIST "\377") },
	/* Of its list: what is trusted, in the order of the numbers, once. */
	{ "\52\102", TEXT("\65\1\1\67\5\102\1\103\52\52\377"), EG_R_NONE,
	  TEXT("\67\16" LIST "\52\102\377") },
	{ "\52\102", TEXT("\65\1\1\67\1\102\67\1\52\377"), EG_R_NONE,
	  TEXT("\67\16" LIST "\52\102\377") },
	{ "\52\3", TEXT("\65\1\1\67\1\3\377"), EG_R_NONE, TEXT("\67\14" LIST "\377") },
	{ "\52", TEXT("\65\1\1\377"), EG_R_NONE, TEXT("\67\14" LIST "\377") },
	/* Read in one way only. */
	{ "\14", TEXT("\65\1\1\14\3abc\14\3abc\377"), EG_R_DHCP, TEXT("") },
	{ "\14", TEXT("\65\1\1\14\3ab"), EG_R_DHCP, TEXT("") },
	/* No request list where the type has none; BOOTP has none. */
	{ "\75", TEXT("\65\1\7\75\2\1\2\67\1\75\377"), EG_R_NONE, TEXT("\75\2\1\2\377") },
};

static void trust(const char *numbers)
{
	trusted = (struct eg_dhcp_options){ 0 };
	for (; *numbers; numbers++)
		eg_dhcp_options_add(&trusted, (uint8_t)*numbers);
}

START_TEST(what_is_trusted_leaves)
{
	for (size_t i = 0; i < COUNT(trust_rows); i++) {
		uint8_t buf[PACKET_MAX];
		size_t n = dhcp_by_hand(buf, trust_rows[i].options, trust_rows[i].n,
					(struct dhcp_patch){ 0, 0 });
		struct result r;

		trust(trust_rows[i].trusted);
		r = judge(&fresh, EG_FROM_GUEST, buf, n);
		ck_assert_msg(r.reason == trust_rows[i].want, "row %zu", i);
		if (r.reason == EG_R_NONE)
			ck_assert_msg(memcmp(r.out + AT_MSG + AT_OPTIONS + 3, trust_rows[i].leaves,
					     trust_rows[i].len) == 0,
				      "row %zu", i);
	}
	trust("\14"); /* of BOOTP's, too */
	for (size_t i = 0; i < 2; i++) {
		uint8_t buf[PACKET_MAX];
		size_t n = dhcp_by_hand(buf, "\14\3abc\377", 6, (struct dhcp_patch){ 0, 0 });
		struct result r = judge(&fresh, EG_FROM_GUEST, buf, n);

		ck_assert_int_eq(r.reason, EG_R_NONE);
		ck_assert_mem_eq(r.out + AT_MSG + AT_OPTIONS, i ? "\377" : "\14\3abc\377",
				 i ? 1 : 6);
		trust("");
	}
}
END_TEST

/* Two options of LEN and 250 bytes: 576 bytes are as much as every server takes. */
START_TEST(what_is_trusted_is_bounded)
{
	trust("\14\74");
	for (size_t len = 0; len < 256; len++) {
		uint8_t options[600] = { 53, 1, 1, 12, 250 }, buf[PACKET_MAX];
		size_t at = 5 + 250, left = 240 + 3 + 252 + 2 + len + 14 + 1;
		struct result r;
		size_t n;

		options[at++] = 60;
		options[at++] = (uint8_t)len;
		at += len;
		options[at++] = 255;
		n = dhcp_by_hand(buf, options, at, (struct dhcp_patch){ 0, 0 });
		r = judge(&fresh, EG_FROM_GUEST, buf, n);
		ck_assert_int_eq(r.reason, left <= 576 - 28 ? EG_R_NONE : EG_R_DHCP);
		if (r.reason == EG_R_NONE)
			ck_assert_uint_eq(r.out_len, AT_MSG + left);
	}
	trust("");
}
END_TEST

/* A number is read to its last character, or is none. */
static const struct {
	const char *text;
	int number; /* or -1 */
} number_rows[] = {
	{ "1", 1 },     { "12", 12 },   { "51", 51 },
	{ "49", 49 },   { "56", 56 },   { "61", 61 },
	{ "252", 252 }, { "254", 254 }, { "", -1 },
	{ "0", -1 },    { "255", -1 },  { "256", -1 },
	{ "268", -1 },  { "50", -1 },   { "52", -1 },
	{ "53", -1 },   { "54", -1 },   { "55", -1 },
	{ "012", -1 },  { "0x0c", -1 }, { "12 ", -1 },
	{ " 12", -1 },  { "+12", -1 },  { "-1", -1 },
	{ "1-3", -1 },  { "12;", -1 },  { "ntp", -1 },
	{ "2540", -1 }, { "1.", -1 },   { "18446744073709551628", -1 },
	{ "12\n", -1 },
};

START_TEST(numbers_are_read_exactly)
{
	for (size_t i = 0; i < COUNT(number_rows); i++) {
		struct eg_dhcp_options o = { { 0 } };
		const char *text = number_rows[i].text;
		int wanted = number_rows[i].number;

		ck_assert_msg(!eg_dhcp_options_read(&o, text, strlen(text)) == (wanted >= 0), "%s",
			      text);
		for (int n = 0; n < 256; n++)
			ck_assert(eg_dhcp_options_have(&o, (uint8_t)n) == (n == wanted));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dhcp_trusted");
	TCase *c = tcase_create("dhcp_trusted");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, what_is_trusted_leaves);
	tcase_add_test(c, what_is_trusted_is_bounded);
	tcase_add_test(c, numbers_are_read_exactly);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

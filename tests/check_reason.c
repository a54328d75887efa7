/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reason.h"

#include "policy.h"
#include "words.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Words are an interface: people filter captures by them. This list is written by
 * hand on purpose; a row that is renamed or taken out fails here. */
static const struct {
	enum eg_reason r;
	const char *word;
} released[] = {
	{ EG_R_NONE, "none" },
	{ EG_R_LENGTH, "frame-length" },
	{ EG_R_ETHERTYPE, "ethertype" },
	{ EG_R_ETH_ADDRESS, "eth-address" },
	{ EG_R_ARP, "arp" },
	{ EG_R_IP_HEADER, "ip-header" },
	{ EG_R_IP_OPTIONS, "ip-options" },
	{ EG_R_IP_ADDRESS, "ip-address" },
	{ EG_R_IP_PROTOCOL, "ip-protocol" },
	{ EG_R_FRAGMENT, "fragment" },
	{ EG_R_L4_HEADER, "l4-header" },
	{ EG_R_CHECKSUM, "checksum" },
	{ EG_R_GROUP, "group" },
	{ EG_R_TCP_NEW, "tcp-new" },
	{ EG_R_TCP_NO_FLOW, "tcp-no-flow" },
	{ EG_R_TCP_FLAGS, "tcp-flags" },
	{ EG_R_TCP_STATE, "tcp-state" },
	{ EG_R_TCP_WINDOW, "tcp-window" },
	{ EG_R_UDP_NEW, "udp-new" },
	{ EG_R_UDP_PORT, "udp-port" },
	{ EG_R_TARGET_BLOCK, "target-block" },
	{ EG_R_ICMP, "icmp" },
	{ EG_R_ND, "nd" },
	{ EG_R_DHCP, "dhcp" },
	{ EG_R_DNS_SERVER, "dns-server" },
	{ EG_R_DNS_MALFORMED, "dns-malformed" },
	{ EG_R_DNS_NAME, "dns-name" },
	{ EG_R_DNS_BLOCK, "dns-block" },
	{ EG_R_DNS_TYPE, "dns-type" },
	{ EG_R_DNS_ANSWER, "dns-answer" },
	{ EG_R_DNS_BUSY, "dns-busy" },
	{ EG_R_DNS_LIMIT, "dns-limit" },
	{ EG_R_FLOWS_FULL, "flows-full" },
	{ EG_R_DHCP_BUSY, "dhcp-busy" },
};

START_TEST(released_words_never_change)
{
	for (size_t i = 0; i < sizeof(released) / sizeof(released[0]); i++)
		ck_assert_str_eq(eg_reason_word(released[i].r), released[i].word);
}
END_TEST

/* A capture must be able to tell any two apart. */
START_TEST(words_and_texts_are_distinct)
{
	for (unsigned int i = 0; i < EG_REASON_COUNT; i++)
		for (unsigned int j = i + 1; j < EG_REASON_COUNT; j++) {
			ck_assert_str_ne(eg_reason_word(i), eg_reason_word(j));
			ck_assert_str_ne(eg_reason_text(i), eg_reason_text(j));
		}
}
END_TEST

/* Safe in JSON, in a file name and on a command line without quoting. */
START_TEST(words_are_lower_case_with_hyphens)
{
	for (unsigned int i = 0; i < EG_REASON_COUNT; i++) {
		const char *w = eg_reason_word(i);

		ck_assert_uint_gt(strlen(w), 0);
		ck_assert_uint_eq(strspn(w, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(w));
	}
}
END_TEST

START_TEST(texts_are_one_printable_line)
{
	for (unsigned int i = 0; i < EG_REASON_COUNT; i++) {
		const char *t = eg_reason_text(i);

		ck_assert_uint_gt(strlen(t), 0);
		for (; *t; t++)
			ck_assert_msg(*t >= ' ' && *t <= '~' && *t != '"' && *t != '\\',
				      "reason %u", i);
	}
}
END_TEST

START_TEST(text_explains_its_own_word)
{
	ck_assert_str_eq(eg_reason_text(EG_R_NONE), "not blocked");
	ck_assert_str_eq(eg_reason_text(EG_R_ETHERTYPE),
			 "neither ARP, IPv4 nor IPv6: VLAN tags, LLC and the rest");
}
END_TEST

/* Who reads a record looks there for what to change. */
START_TEST(rule_is_a_word_of_the_policy_or_default)
{
	struct eg_words *w = calloc(1, sizeof(*w));

	w->policy = eg_policy_new();
	w->in_vnl = true;
	ck_assert_str_eq(eg_reason_rule(EG_R_DNS_NAME), "resolve");
	ck_assert_str_eq(eg_reason_rule(EG_R_TCP_NEW), "allow");
	ck_assert_str_eq(eg_reason_rule(EG_R_TARGET_BLOCK), "block");
	ck_assert_str_eq(eg_reason_rule(EG_R_DNS_BLOCK), "block");
	for (unsigned int i = 0; i < EG_REASON_COUNT; i++) {
		if (strcmp(eg_reason_rule(i), "default") == 0)
			continue;
		ck_assert_int_ne(eg_words_apply(w, eg_reason_rule(i), NULL), 0);
		ck_assert_msg(!strstr(w->error, "unknown"), "%s", w->error);
	}
	eg_policy_free(w->policy);
	free(w);
}
END_TEST

START_TEST(out_of_range_reads_as_none)
{
	const int wrong[] = { EG_REASON_COUNT, EG_REASON_COUNT + 1, 255, 1 << 30, -1 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_str_eq(eg_reason_word((enum eg_reason)wrong[i]), "none");
		ck_assert_str_eq(eg_reason_text((enum eg_reason)wrong[i]), "not blocked");
		ck_assert_str_eq(eg_reason_rule((enum eg_reason)wrong[i]), "default");
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reason");
	TCase *t = tcase_create("reason");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, released_words_never_change);
	tcase_add_test(t, words_and_texts_are_distinct);
	tcase_add_test(t, words_are_lower_case_with_hyphens);
	tcase_add_test(t, texts_are_one_printable_line);
	tcase_add_test(t, text_explains_its_own_word);
	tcase_add_test(t, rule_is_a_word_of_the_policy_or_default);
	tcase_add_test(t, out_of_range_reads_as_none);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of record types in dns.c. */
#include "dns.h"

#include "packet.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(type_knows_names_and_numbers)
{
	static const struct {
		const char *text;
		uint16_t type;
	} rows[] = {
		{ "A", 1 },
		{ "a", 1 },
		{ "AAAA", 28 },
		{ "aaaa", 28 },
		{ "AaAa", 28 },
		{ "NS", 2 },
		{ "CNAME", 5 },
		{ "SOA", 6 },
		{ "PTR", 12 },
		{ "HINFO", 13 },
		{ "hinfo", 13 },
		{ "MX", 15 },
		{ "TXT", 16 },
		{ "RP", 17 },
		{ "LOC", 29 },
		{ "SRV", 33 },
		{ "NAPTR", 35 },
		{ "CERT", 37 },
		{ "DNAME", 39 },
		{ "DS", 43 },
		{ "SSHFP", 44 },
		{ "RRSIG", 46 },
		{ "NSEC", 47 },
		{ "DNSKEY", 48 },
		{ "NSEC3", 50 },
		{ "NSEC3PARAM", 51 },
		{ "TLSA", 52 },
		{ "SMIMEA", 53 },
		{ "CDS", 59 },
		{ "CDNSKEY", 60 },
		{ "OPENPGPKEY", 61 },
		{ "CSYNC", 62 },
		{ "ZONEMD", 63 },
		{ "SVCB", 64 },
		{ "HTTPS", 65 },
		{ "https", 65 },
		{ "SPF", 99 },
		{ "URI", 256 },
		{ "CAA", 257 },
		{ "TYPE1", 1 },
		{ "type65", 65 },
		{ "Type28", 28 },
		{ "TYPE127", 127 },
		{ "TYPE256", 256 },
		{ "TYPE65280", 65280 },
		{ "TYPE65535", 65535 },
		{ "TYPE40", 40 },
		{ "TYPE42", 42 },
		/* None at all. */
		{ "", 0 },
		{ "AA", 0 },
		{ "AAA", 0 },
		{ "AAAAA", 0 },
		{ "B", 0 },
		{ "A ", 0 },
		{ " A", 0 },
		{ "A,AAAA", 0 },
		{ "1", 0 },
		{ "28", 0 },
		{ "TYPE", 0 },
		{ "TYPE0", 0 },
		{ "TYPE01", 0 },
		{ "TYPE065", 0 },
		{ "TYPE-1", 0 },
		{ "TYPE+1", 0 },
		{ "TYPE 1", 0 },
		{ "TYPE1 ", 0 },
		{ "TYPE1x", 0 },
		{ "TYPE0x1", 0 },
		{ "TYPE65536", 0 },
		{ "TYPE65537", 0 },
		{ "TYPE99999", 0 },
		{ "TYPE100000", 0 },
		{ "TYPE4294967297", 0 },
		{ "TIPE1", 0 },
		{ "TYP1", 0 },
		{ "xTYPE1", 0 },
		{ "HTTP", 0 },
		{ "HTTPSS", 0 },
		{ "*", 0 },
		{ "M\xd8", 0 },
		{ "[", 0 },
		{ "{", 0 },
		{ "@", 0 },
		{ "!", 0 },
		{ "TYPE1/", 0 },
		{ "TYPE1:", 0 },
		/* Meta types and pseudo-records. */
		{ "OPT", 0 },
		{ "ANY", 0 },
		{ "AXFR", 0 },
		{ "IXFR", 0 },
		{ "TSIG", 0 },
		{ "TKEY", 0 },
		{ "TYPE41", 0 },
		{ "TYPE128", 0 },
		{ "TYPE249", 0 },
		{ "TYPE250", 0 },
		{ "TYPE252", 0 },
		{ "TYPE255", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].text);
		char *copy = guarded_copy(rows[i].text, n);
		uint16_t type = eg_dns_type(copy, n);

		guarded_free(copy, n);
		ck_assert_msg(type == rows[i].type, "'%s' is %u", rows[i].text, type);
	}
	ck_assert_uint_eq(eg_dns_type("A\0", 2), 0);
}
END_TEST

START_TEST(type_of_every_number_but_those_that_ask_for_several)
{
	for (unsigned number = 0; number <= 70000; number++) {
		bool ok = number > 0 && number <= 65535 && number != 41 &&
			  !(number >= 128 && number <= 255);
		char text[16];
		size_t n = (size_t)snprintf(text, sizeof(text), "Type%u", number);

		ck_assert_msg(eg_dns_type(text, n) == (ok ? number : 0), "%s", text);
	}
}
END_TEST

/* What is shown of a type is what a policy says to allow it, and its name where it has one. */
START_TEST(type_is_shown_as_it_is_read)
{
	char text[EG_DNS_TYPE_TEXT_MAX];

	for (unsigned number = 1; number <= 65535; number++) {
		uint16_t read;

		ck_assert_ptr_eq(eg_dns_type_text((uint16_t)number, text), text);
		read = eg_dns_type(text, strlen(text));
		ck_assert_msg(read == number || read == 0, "%u is %s", number, text);
	}
	ck_assert_str_eq(eg_dns_type_text(28, text), "AAAA");
	ck_assert_str_eq(eg_dns_type_text(61, text), "OPENPGPKEY");
	ck_assert_str_eq(eg_dns_type_text(251, text), "IXFR");
	ck_assert_str_eq(eg_dns_type_text(252, text), "AXFR");
	ck_assert_str_eq(eg_dns_type_text(255, text), "ANY");
	ck_assert_str_eq(eg_dns_type_text(41, text), "TYPE41");
	ck_assert_str_eq(eg_dns_type_text(65535, text), "TYPE65535");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dns_types");
	TCase *t = tcase_create("types");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, type_knows_names_and_numbers);
	tcase_add_test(t, type_of_every_number_but_those_that_ask_for_several);
	tcase_add_test(t, type_is_shown_as_it_is_read);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

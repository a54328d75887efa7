/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flow.h"
#include "maker.h"
#include "resolver.h"

#include <errno.h>
#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define X10      "xxxxxxxxxx"
#define X60      X10 X10 X10 X10 X10 X10

/* Errors: what is said, up to the last of it, which is refused. */

#define NEITHER(v) "log: '" v "': a file name that ends neither in .pcapng nor in .pcap"
#define NO_SIZE(v) "log-size: '" v "': no size from 64k to 1024G"

static const struct wrong {
	struct {
		const char *word;
		const char *value;
	} said[3];
	const char *error; /* ends in a colon and a blank: the rest is another module's */
} wrongs[] = {
	/* Words are exact. */
	{ { { "reslove", "a.b" } }, "unknown word 'reslove'" },
	{ { { "resolv", "a.b" } }, "unknown word 'resolv'" },
	{ { { "r", "a.b" } }, "unknown word 'r'" },
	{ { { "resolves", "a.b" } }, "unknown word 'resolves'" },
	{ { { "Resolve", "a.b" } }, "unknown word 'Resolve'" },
	{ { { " resolve", "a.b" } }, "unknown word ' resolve'" },
	{ { { "resolve ", "a.b" } }, "unknown word 'resolve '" },
	{ { { "dns-type", "A" } }, "unknown word 'dns-type'" },
	{ { { "", "x" } }, "unknown word ''" },
	{ { { "nosuch", NULL } }, "unknown word 'nosuch'" },
	/* Words that may come are no words yet. */
	{ { { "mod", "monitor" } }, "unknown word 'mod'" },
	{ { { "ctl", "x" } }, "unknown word 'ctl'" },
	{ { { "ctl", "x" } }, "unknown word 'ctl'" },
	/* Nothing harmful gets into an error, nor too much. */
	{ { { "a\nb", "x" } }, "unknown word 'a\\x0ab'" },
	{ { { "\x1b[31m", "x" } }, "unknown word '\\x1b[31m'" },
	{ { { "\xc3\xa4\x7f\x80\xff", "x" } }, "unknown word '\\xc3\\xa4\\x7f\\x80\\xff'" },
	{ { { "it's\\x", "x" } }, "unknown word 'it\\x27s\\x5cx'" },
	{ { { "%s%n", "x" } }, "unknown word '%s%n'" },
	{ { { X60, "x" } }, "unknown word '" X60 "'" },
	{ { { X60 "y", "x" } }, "unknown word '" X60 "...'" },
	{ { { X60 X60 X60 X60 X60 X60, "x" } }, "unknown word '" X60 "...'" },
	{ { { X10 X10 X10 X10 X10 "xxxxxx\n", "x" } },
	  "unknown word '" X10 X10 X10 X10 X10 "xxxxxx\\x0a'" },
	{ { { X10 X10 X10 X10 X10 "xxxxxxx\n", "x" } },
	  "unknown word '" X10 X10 X10 X10 X10 "xxxxxxx...'" },
	/* A value is needed, if only an empty list. */
	{ { { "resolve", NULL } }, "resolve: without a value" },
	{ { { "dns", NULL } }, "dns: without a value" },
	{ { { "dns-types", NULL } }, "dns-types: without a value" },
	{ { { "dhcp-options", NULL } }, "dhcp-options: without a value" },
	{ { { "policy", NULL } }, "policy: without a value" },
	{ { { "action", NULL } }, "action: without a value" },
	{ { { "log", NULL } }, "log: without a value" },
	{ { { "flows", NULL } }, "flows: without a value" },
	{ { { "vm", NULL } }, "vm: without a value" },
	{ { { "policy", "" } }, "policy: an empty value" },
	{ { { "action", "" } }, "action: an empty value" },
	{ { { "log", "" } }, "log: an empty value" },
	{ { { "events", "" } }, "events: an empty value" },
	{ { { "events", "unix:" } }, "events: 'unix:': no path behind unix:" },
	{ { { "events", "a\n" } }, "events: 'a\\x0a': not printable ASCII" },
	{ { { "flows", "" } }, "flows: an empty value" },
	{ { { "vm", "" } }, "vm: an empty value" },
	/* A single value is said once, the same one too. */
	{ { { "policy", "a" }, { "policy", "b" } }, "policy: said twice" },
	{ { { "action", "drop" }, { "action", "drop" } }, "action: said twice" },
	{ { { "log", "a.pcap" }, { "log", "b.pcap" } }, "log: said twice" },
	{ { { "events", "a" }, { "events", "b" } }, "events: said twice" },
	{ { { "flows", "1" }, { "vm", "x" }, { "flows", "1" } }, "flows: said twice" },
	{ { { "vm", "x" }, { "vm", "y" } }, "vm: said twice" },
	/* Names: the whole list counts, and no name is every name. */
	{ { { "resolve", "*" } }, "resolve: '*': would be every name" },
	{ { { "resolve", "a.b *" } }, "resolve: '*': would be every name" },
	{ { { "resolve", "*." } }, "resolve: '*.': would be every name" },
	{ { { "resolve", "*.." } }, "resolve: '*..': would be every name" },
	{ { { "resolve", "*..." } }, "resolve: '*...': " },
	{ { { "resolve", "*.*" } }, "resolve: '*.*': " },
	{ { { "resolve", "**" } }, "resolve: '**': " },
	{ { { "resolve", "*.*.a.b" } }, "resolve: '*.*.a.b': " },
	{ { { "resolve", "a.*.b" } }, "resolve: 'a.*.b': " },
	{ { { "resolve", "*a.b" } }, "resolve: '*a.b': " },
	{ { { "resolve", "a.*" } }, "resolve: 'a.*': " },
	{ { { "resolve", "." } }, "resolve: '.': " },
	{ { { "resolve", ".." } }, "resolve: '..': " },
	{ { { "resolve", ".a.b" } }, "resolve: '.a.b': " },
	{ { { "resolve", "a..b" } }, "resolve: 'a..b': " },
	{ { { "resolve", "a.b c/d" } }, "resolve: 'c/d': " },
	{ { { "resolve", "a.b;c.d" } }, "resolve: 'a.b;c.d': " },
	{ { { "resolve", "a.b\nc.d" } }, "resolve: 'a.b\\x0ac.d': " },
	{ { { "resolve", "m\xc3\xbcller.example" } }, "resolve: 'm\\xc3\\xbcller.example': " },
	{ { { "resolve", "\"a.b\"" } }, "resolve: '\"a.b\"': " },
	{ { { "resolve", "a.b:443" } }, "resolve: 'a.b:443': " },
	{ { { "resolve", "1.2.3.4" } }, "resolve: '1.2.3.4': an address where a name belongs" },
	{ { { "resolve", "a.b fd00::1" } }, "resolve: 'fd00::1': an address where a name belongs" },
	{ { { "resolve", "*.1.2.3.4" } }, "resolve: '*.1.2.3.4': an address where a name belongs" },
	{ { { "resolve", "1.2.3" } }, "resolve: '1.2.3': " },
	{ { { "resolve", X60 "xxxx.b" } }, "resolve: '" X60 "...': " },
	/* Targets: check_targetlist has the rest. */
	{ { { "allow", NULL } }, "allow: without a value" },
	{ { { "block", NULL } }, "block: without a value" },
	{ { { "allow", "10.1.2.3:80 a.b 10.1.2.4:80" } },
	  "allow: 'a.b': only addresses can be connected to" },
	{ { { "allow", "10.1.2.3:80,0" } }, "allow: '0': no port from 1 to 65535" },
	{ { { "allow", "10.1.2.3:80" }, { "allow", "443" } },
	  "allow: '443': ports without an address in front" },
	{ { { "allow", "10.1.2.3:80\x01" } },
	  "allow: '10.1.2.3:80\\x01': no port from 1 to 65535" },
	{ { { "block", "*" } }, "block: '*': would be every name" },
	{ { { "block", "10.1.2.3/33" } }, "block: '10.1.2.3/33': no prefix length from 0 to 32" },
	/* Addresses of resolvers. */
	{ { { "dns", "dns.example.org" } },
	  "dns: 'dns.example.org': neither an IPv4 nor an IPv6 address" },
	{ { { "dns", "10.0.2.3 10.0.2.256" } },
	  "dns: '10.0.2.256': neither an IPv4 nor an IPv6 address" },
	{ { { "dns", "10.0.2.3:53" } }, "dns: '10.0.2.3:53': neither an IPv4 nor an IPv6 address" },
	{ { { "dns", "0.0.0.0" } }, "dns: '0.0.0.0': the unspecified address" },
	{ { { "dns", "::" } }, "dns: '::': the unspecified address" },
	{ { { "dns", "127.0.0.1" } }, "dns: '127.0.0.1': a loopback or reserved address" },
	{ { { "dns", "::1" } }, "dns: '::1': a loopback or reserved address" },
	{ { { "dns", "224.0.0.251" } }, "dns: '224.0.0.251': a multicast or broadcast address" },
	{ { { "dns", "ff02::fb" } }, "dns: 'ff02::fb': a multicast or broadcast address" },
	{ { { "dns", "255.255.255.255" } },
	  "dns: '255.255.255.255': a multicast or broadcast address" },
	{ { { "dns", "::ffff:10.0.2.3" } }, "dns: '::ffff:10.0.2.3': an IPv4-mapped address" },
	{ { { "dns", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8" },
	    { "dns", "fd00::1 fd00::2 fd00::3 fd00::4 fd00::5 fd00::6 fd00::7 fd00::8" },
	    { "dns", "10.0.0.1 10.0.0.9" } },
	  "dns: '10.0.0.9': more than 16 addresses" },
	/* DHCP options: check_dhcp_trusted has the rest. */
	{ { { "dhcp-options", "42 x" } },
	  "dhcp-options: 'x': no number of an option from 1 to 254" },
	{ { { "dhcp-options", "60,255" } },
	  "dhcp-options: '255': no number of an option from 1 to 254" },
	{ { { "dhcp-options", "12 53" } },
	  "dhcp-options: '53': an option that is judged, and is not to be trusted" },
	{ { { "dhcp-option", "12" } }, "unknown word 'dhcp-option'" },
	/* Record types. */
	{ { { "dns-types", "NOSUCH" } },
	  "dns-types: 'NOSUCH': no record type that can be allowed" },
	{ { { "dns-types", "A ANY" } }, "dns-types: 'ANY': no record type that can be allowed" },
	{ { { "dns-types", "OPT" } }, "dns-types: 'OPT': no record type that can be allowed" },
	{ { { "dns-types", "A;AAAA" } },
	  "dns-types: 'A;AAAA': no record type that can be allowed" },
	{ { { "dns-types",
	      "TYPE1001 TYPE1002 TYPE1003 TYPE1004 TYPE1005 TYPE1006 TYPE1007 TYPE1008 TYPE1009 "
	      "TYPE1010 TYPE1011 TYPE1012 TYPE1013 TYPE1014 TYPE1015 TYPE1016" },
	    { "dns-types",
	      "TYPE1017 TYPE1018 TYPE1019 TYPE1020 TYPE1021 TYPE1022 TYPE1023 TYPE1024 TYPE1025 "
	      "TYPE1026 TYPE1027 TYPE1028 TYPE1029 TYPE1030 TYPE1031 TYPE1032 TYPE1001" },
	    { "dns-types", "TYPE1033" } },
	  "dns-types: 'TYPE1033': more than 32 types" },
	/* Single values, to their last byte. */
	{ { { "action", "Reject" } }, "action: 'Reject': neither reject nor drop" },
	{ { { "mode", "observe" } }, "mode: 'observe': neither enforce nor monitor" },
	{ { { "action", "rej" } }, "action: 'rej': neither reject nor drop" },
	{ { { "action", "drop " } }, "action: 'drop ': neither reject nor drop" },
	{ { { "action", "accept" } }, "action: 'accept': neither reject nor drop" },
	{ { { "log", "x.pcapNG" } }, NEITHER("x.pcapNG") },
	{ { { "log", "x.PCAP" } }, NEITHER("x.PCAP") },
	{ { { "log", "x.pcap " } }, NEITHER("x.pcap ") },
	{ { { "log", "x.pcapn" } }, NEITHER("x.pcapn") },
	{ { { "log", "x.pcapng." } }, NEITHER("x.pcapng.") },
	{ { { "log", "x" } }, NEITHER("x") },
	{ { { "log", "pcap" } }, NEITHER("pcap") },
	{ { { "log", ".pcap" } }, NEITHER(".pcap") },
	{ { { "log", ".pcapng" } }, NEITHER(".pcapng") },
	{ { { "log", "a\nb.pcap" } }, "log: 'a\\x0ab.pcap': not printable ASCII" },
	{ { { "log", "a\tb.pcap" } }, "log: 'a\\x09b.pcap': not printable ASCII" },
	{ { { "log", "\xc3\xa4.pcap" } }, "log: '\\xc3\\xa4.pcap': not printable ASCII" },
	{ { { "flows", "0" } }, "flows: '0': no decimal number from 1 to 16777216" },
	{ { { "flows", "-1" } }, "flows: '-1': no decimal number from 1 to 16777216" },
	{ { { "flows", "+1" } }, "flows: '+1': no decimal number from 1 to 16777216" },
	{ { { "flows", "1k" } }, "flows: '1k': no decimal number from 1 to 16777216" },
	{ { { "flows", "1 " } }, "flows: '1 ': no decimal number from 1 to 16777216" },
	{ { { "flows", "1.0" } }, "flows: '1.0': no decimal number from 1 to 16777216" },
	{ { { "flows", "010" } }, "flows: '010': no decimal number from 1 to 16777216" },
	{ { { "flows", "0x10" } }, "flows: '0x10': no decimal number from 1 to 16777216" },
	{ { { "dns-limit", "1000001" } },
	  "dns-limit: '1000001': no decimal number from 0 to 1000000" },
	{ { { "dns-limit", "00" } }, "dns-limit: '00': no decimal number from 0 to 1000000" },
	{ { { "dns-limit", "no" } }, "dns-limit: 'no': no decimal number from 0 to 1000000" },
	{ { { "flows", "16777217" } }, "flows: '16777217': no decimal number from 1 to 16777216" },
	{ { { "flows", "4294967297" } },
	  "flows: '4294967297': no decimal number from 1 to 16777216" },
	{ { { "flows", "18446744073709551617" } },
	  "flows: '18446744073709551617': no decimal number from 1 to 16777216" },
	{ { { "log-size", "65535" } }, NO_SIZE("65535") },
	{ { { "log-size", "63k" } }, NO_SIZE("63k") },
	{ { { "log-size", "0" } }, NO_SIZE("0") },
	{ { { "log-size", "k" } }, NO_SIZE("k") },
	{ { { "log-size", "0128k" } }, NO_SIZE("0128k") },
	{ { { "log-size", "0x80000" } }, NO_SIZE("0x80000") },
	{ { { "log-size", "64K" } }, NO_SIZE("64K") },
	{ { { "log-size", "64kB" } }, NO_SIZE("64kB") },
	{ { { "log-size", "64m" } }, NO_SIZE("64m") },
	{ { { "log-size", "64 M" } }, NO_SIZE("64 M") },
	{ { { "log-size", "1.5M" } }, NO_SIZE("1.5M") },
	{ { { "log-size", "-1M" } }, NO_SIZE("-1M") },
	{ { { "log-size", "1Mk" } }, NO_SIZE("1Mk") },
	{ { { "log-size", "1025G" } }, NO_SIZE("1025G") },
	{ { { "log-size", "1099511627777" } }, NO_SIZE("1099511627777") },
	{ { { "log-size", "17179869185G" } }, NO_SIZE("17179869185G") },
	{ { { "log-size", "18446744073709617152" } }, NO_SIZE("18446744073709617152") },
	{ { { "log-size", "1M" }, { "log-size", "1M" } }, "log-size: said twice" },
	{ { { "log-files", "1000" } }, "log-files: '1000': no decimal number from 0 to 999" },
	{ { { "log-files", "-1" } }, "log-files: '-1': no decimal number from 0 to 999" },
	{ { { "log-files", "00" } }, "log-files: '00': no decimal number from 0 to 999" },
	{ { { "log-sample", "1000001" } },
	  "log-sample: '1000001': no decimal number from 0 to 1000000" },
	{ { { "log-sample", "5k" } }, "log-sample: '5k': no decimal number from 0 to 1000000" },
	{ { { "vm", X60 "1234" } }, "vm: '" X60 "...': more than 63 characters" },
	{ { { "vm", "a\x7f" } }, "vm: 'a\\x7f': not printable ASCII" },
	{ { { "vm", "a\tb" } }, "vm: 'a\\x09b': not printable ASCII" },
	{ { { "vm", "\xc3\xa4" } }, "vm: '\\xc3\\xa4': not printable ASCII" },
	{ { { "policy", "/etc/\x01" } }, "policy: '/etc/\\x01': not printable ASCII" },
};

START_TEST(wrong_word_or_value_is_refused_by_name)
{
	const struct wrong *x = &wrongs[_i];
	size_t last = 0;
	size_t n = strlen(x->error);

	while (last + 1 < COUNT(x->said) && x->said[last + 1].word)
		last++;
	for (size_t i = 0; i < last; i++)
		ck_assert_int_eq(eg_words_apply(w, x->said[i].word, x->said[i].value), 0);
	ck_assert_int_eq(eg_words_apply(w, x->said[last].word, x->said[last].value), -EINVAL);
	check_error_is_harmless();
	if (strcmp(x->error + n - 2, ": ") == 0)
		ck_assert_msg(strncmp(w->error, x->error, n) == 0 && w->error[n], "%s", w->error);
	else
		ck_assert_str_eq(w->error, x->error);
}
END_TEST

START_TEST(error_names_the_value_at_fault_and_not_its_neighbours)
{
	ck_assert_int_eq(eg_words_apply(w, "dns", "10.0.0.1,nope,10.0.0.2"), -EINVAL);
	check_error("dns: 'nope': neither an IPv4 nor an IPv6 address");
}
END_TEST

/* Names */

START_TEST(names_are_listed_exactly_or_below)
{
	ck_assert_int_eq(eg_words_apply(w, "resolve", "Example.ORG. *.Deep.example.NET."), 0);
	ck_assert(may("example.org"));
	ck_assert(!may("a.example.org"));
	ck_assert(!may("org"));
	ck_assert(!may("example.net"));
	ck_assert(!may("deep.example.net"));
	ck_assert(may("a.deep.example.net"));
	ck_assert(may("a.b.c.deep.example.net"));
	ck_assert(!may("adeep.example.net"));
	ck_assert_uint_eq(eg_nameset_count(w->policy->resolve), 2);
}
END_TEST

START_TEST(list_is_split_at_blanks_tabs_and_commas)
{
	static const char *const lists[] = {
		"a.x b.x c.x",    "a.x\tb.x\tc.x",     "a.x,b.x,c.x",    "a.x, b.x ,c.x",
		" a.x  b.x c.x ", ",a.x,,b.x\t,c.x,,", "\ta.x,b.x\tc.x",
	};

	for (size_t i = 0; i < COUNT(lists); i++) {
		restart();
		ck_assert_msg(eg_words_apply(w, "resolve", lists[i]) == 0, "%s", w->error);
		ck_assert(may("a.x") && may("b.x") && may("c.x"));
		ck_assert_uint_eq(eg_nameset_count(w->policy->resolve), 3);
	}
}
END_TEST

START_TEST(list_of_names_grows_each_time)
{
	ck_assert_int_eq(eg_words_apply(w, "resolve", "a.x"), 0);
	ck_assert_int_eq(eg_words_apply(w, "resolve", "b.x a.x"), 0);
	ck_assert_int_eq(apply_line("resolve c.x"), 0);
	ck_assert_int_eq(eg_words_apply(w, "resolve", ""), 0);
	ck_assert(may("a.x") && may("b.x") && may("c.x"));
	ck_assert_uint_eq(eg_nameset_count(w->policy->resolve), 3);
}
END_TEST

START_TEST(empty_list_denies)
{
	static const char *const empty[] = { "", " ", ",", "\t, ,", " \t" };

	for (size_t i = 0; i < COUNT(empty); i++) {
		restart();
		ck_assert_int_eq(eg_words_apply(w, "resolve", empty[i]), 0);
		ck_assert_int_eq(eg_words_apply(w, "dns", empty[i]), 0);
		ck_assert_int_eq(eg_words_apply(w, "dns-types", empty[i]), 0);
		ck_assert_int_eq(eg_words_apply(w, "allow", empty[i]), 0);
		ck_assert_int_eq(eg_words_apply(w, "block", empty[i]), 0);
		ck_assert_uint_eq(eg_nameset_count(w->policy->resolve), 0);
		ck_assert_uint_eq(eg_targets_count(w->policy->allow), 0);
		ck_assert_uint_eq(eg_targets_count(w->policy->block), 0);
		ck_assert_uint_eq(w->policy->resolver_count, 0);
		ck_assert_uint_eq(w->policy->dns_type_count, 0);
	}
}
END_TEST

/* Targets */

static bool may_open(const char *text, uint8_t proto, uint16_t port)
{
	struct eg_addr a;

	ck_assert_int_ne(eg_address_read(&a, text, strlen(text)), 0);
	return eg_policy_open(w->policy, &a, proto, port, EG_R_TCP_NEW) == EG_R_NONE;
}

START_TEST(allowed_targets_grow_each_time_and_blocked_ones_win)
{
	ck_assert_int_eq(eg_words_apply(w, "allow", "10.1.0.0/16:80,443/tcp"), 0);
	ck_assert_int_eq(eg_words_apply(w, "block", "10.1.2.0/24"), 0);
	ck_assert_int_eq(apply_line("allow [2001:db8::7]:53/udp 10.2.0.1:5000-5010"), 0);
	ck_assert_int_eq(apply_line("block 10.2.0.1:5005/udp x.example"), 0);
	ck_assert(may_open("10.1.1.1", EG_PROTO_TCP, 80));
	ck_assert(may_open("10.1.1.1", EG_PROTO_TCP, 443));
	ck_assert(!may_open("10.1.1.1", EG_PROTO_UDP, 80));
	ck_assert(!may_open("10.1.2.1", EG_PROTO_TCP, 80));
	ck_assert(may_open("2001:db8::7", EG_PROTO_UDP, 53));
	ck_assert(!may_open("2001:db8::7", EG_PROTO_TCP, 53));
	ck_assert(may_open("10.2.0.1", EG_PROTO_TCP, 5005));
	ck_assert(!may_open("10.2.0.1", EG_PROTO_UDP, 5005));
	ck_assert(may_open("10.2.0.1", EG_PROTO_UDP, 5006));
	ck_assert(!may("x.example"));
}
END_TEST

START_TEST(blocked_names_are_taken_out_of_those_that_resolve)
{
	ck_assert_int_eq(eg_words_apply(w, "block", "*.bad.example.org worse.example.org"), 0);
	ck_assert_int_eq(eg_words_apply(w, "resolve", "*.example.org"), 0);
	ck_assert(may("good.example.org") && may("bad.example.org"));
	ck_assert(!may("a.bad.example.org") && !may("worse.example.org"));
}
END_TEST

/* Resolvers and types */

START_TEST(first_resolvers_replace_the_default_and_later_ones_add)
{
	ck_assert(is_resolver4(10, 0, 2, 3));
	ck_assert_int_eq(eg_words_apply(w, "dns", "10.0.0.1"), 0);
	ck_assert_uint_eq(w->policy->resolver_count, 1);
	ck_assert(is_resolver4(10, 0, 0, 1) && !is_resolver4(10, 0, 2, 3));
	ck_assert_int_eq(eg_words_apply(w, "dns", "10.0.0.2,10.0.0.3"), 0);
	ck_assert_uint_eq(w->policy->resolver_count, 3);
	ck_assert(is_resolver4(10, 0, 0, 1) && is_resolver4(10, 0, 0, 3));
}
END_TEST

START_TEST(empty_list_of_resolvers_replaces_the_default_once)
{
	ck_assert_int_eq(eg_words_apply(w, "dns", ""), 0);
	ck_assert_uint_eq(w->policy->resolver_count, 0);
	ck_assert_int_eq(eg_words_apply(w, "dns", "10.0.0.1"), 0);
	ck_assert_int_eq(eg_words_apply(w, "dns", ""), 0);
	ck_assert_uint_eq(w->policy->resolver_count, 1);
}
END_TEST

START_TEST(same_resolver_is_stored_once)
{
	ck_assert_int_eq(eg_words_apply(w, "dns", "fd00::1 FD00:0::1 10.0.0.1 10.0.0.1"), 0);
	ck_assert_int_eq(eg_words_apply(w, "dns", "fd00::0:1"), 0);
	ck_assert_uint_eq(w->policy->resolver_count, 2);
}
END_TEST

/* Sixteen fill the list; those that are in it may be said again. */
START_TEST(all_room_for_resolvers_can_be_used)
{
	char text[32];

	for (int i = 0; i < 2 * EG_RESOLVERS_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.0.%d", i % EG_RESOLVERS_MAX + 1);
		ck_assert_int_eq(eg_words_apply(w, "dns", text), 0);
	}
	ck_assert_uint_eq(w->policy->resolver_count, EG_RESOLVERS_MAX);
	ck_assert(is_resolver4(10, 0, 0, 1) && is_resolver4(10, 0, 0, EG_RESOLVERS_MAX));
}
END_TEST

START_TEST(first_types_replace_the_default_and_later_ones_add)
{
	ck_assert_int_eq(eg_words_apply(w, "dns-types", "AAAA"), 0);
	ck_assert(!eg_policy_has_dns_type(w->policy, 1));
	ck_assert_int_eq(eg_words_apply(w, "dns-types", "type65 MX,aaaa"), 0);
	ck_assert_uint_eq(w->policy->dns_type_count, 3);
	ck_assert(eg_policy_has_dns_type(w->policy, 28));
	ck_assert(eg_policy_has_dns_type(w->policy, 65));
	ck_assert(eg_policy_has_dns_type(w->policy, 15));
}
END_TEST

START_TEST(options_of_dhcp_grow_each_time)
{
	ck_assert_int_eq(eg_words_apply(w, "dhcp-options", ""), 0);
	ck_assert_int_eq(eg_words_apply(w, "dhcp-options", "12 61,252"), 0);
	ck_assert_int_eq(eg_words_apply(w, "dhcp-options", "61 1"), 0);
	for (int i = 0; i < 256; i++)
		ck_assert_int_eq(eg_dhcp_options_have(&w->policy->dhcp_options, (uint8_t)i),
				 i == 1 || i == 12 || i == 61 || i == 252);
}
END_TEST

START_TEST(all_room_for_types_can_be_used)
{
	char text[32];

	for (int i = 0; i < 2 * EG_DNS_TYPES_MAX; i++) {
		snprintf(text, sizeof(text), "TYPE%d", 1000 + i % EG_DNS_TYPES_MAX);
		ck_assert_msg(eg_words_apply(w, "dns-types", text) == 0, "%s", w->error);
	}
	ck_assert_uint_eq(w->policy->dns_type_count, EG_DNS_TYPES_MAX);
	ck_assert(eg_policy_has_dns_type(w->policy, 1000));
	ck_assert(eg_policy_has_dns_type(w->policy, 1000 + EG_DNS_TYPES_MAX - 1));
}
END_TEST

/* Single values */

START_TEST(action_is_reject_or_drop)
{
	ck_assert_int_eq(eg_words_apply(w, "action", "drop"), 0);
	ck_assert_int_eq(w->policy->action, EG_DROP);
	restart();
	w->policy->action = EG_DROP;
	ck_assert_int_eq(eg_words_apply(w, "action", "reject"), 0);
	ck_assert_int_eq(w->policy->action, EG_REJECT);
}
END_TEST

START_TEST(mode_is_enforce_or_monitor)
{
	ck_assert_int_eq(w->policy->mode, EG_ENFORCE);
	ck_assert_int_eq(eg_words_apply(w, "mode", "monitor"), 0);
	ck_assert_int_eq(w->policy->mode, EG_MONITOR);
	restart();
	ck_assert_int_eq(eg_words_apply(w, "mode", "enforce"), 0);
	ck_assert_int_eq(w->policy->mode, EG_ENFORCE);
}
END_TEST

START_TEST(flows_are_taken_up_to_their_limits)
{
	static const struct {
		const char *text;
		size_t flows;
	} rows[] = {
		{ "1", 1 },
		{ "9", 9 },
		{ "10", 10 },
		{ "65535", 65535 },
		{ "16777216", EG_FLOWS_MAX },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		restart();
		ck_assert_int_eq(eg_words_apply(w, "flows", rows[i].text), 0);
		ck_assert_uint_eq(w->policy->flows, rows[i].flows);
	}
}
END_TEST

START_TEST(dns_limit_is_taken_up_to_its_limits)
{
	ck_assert_int_eq(eg_words_apply(w, "dns-limit", "0"), 0);
	ck_assert_uint_eq(w->policy->dns_limit, 0);
	restart();
	ck_assert_int_eq(eg_words_apply(w, "dns-limit", "1000000"), 0);
	ck_assert_uint_eq(w->policy->dns_limit, 1000000);
}
END_TEST

START_TEST(log_is_a_path_as_it_was_said)
{
	static const char *const paths[] = { "/var/log/my vm, #1='\"\\.pcap", "x.pcapng",
					     "a.pcap" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		restart();
		ck_assert_int_eq(eg_words_apply(w, "log", paths[i]), 0);
		ck_assert_str_eq(w->policy->log, paths[i]);
	}
}
END_TEST

START_TEST(events_go_to_a_file_or_a_socket)
{
	static const char *const values[] = { "x.json", "unix:/run/x", "unix", "/a b/unix:" };

	ck_assert_ptr_null(w->policy->events);
	for (size_t i = 0; i < COUNT(values); i++) {
		restart();
		ck_assert_int_eq(eg_words_apply(w, "events", values[i]), 0);
		ck_assert_str_eq(w->policy->events, values[i]);
	}
}
END_TEST

START_TEST(log_size_is_bytes_or_multiples_of_1024)
{
	static const struct {
		const char *text;
		uint64_t size;
	} rows[] = {
		{ "65536", 65536 },
		{ "65537", 65537 },
		{ "64k", 65536 },
		{ "100k", 102400 },
		{ "1M", 1 << 20 },
		{ "2G", UINT64_C(2) << 30 },
		{ "1024G", UINT64_C(1) << 40 },
		{ "1099511627776", UINT64_C(1) << 40 },
	};

	ck_assert_uint_eq(w->policy->log_size, 64 << 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		restart();
		ck_assert_int_eq(eg_words_apply(w, "log-size", rows[i].text), 0);
		ck_assert_uint_eq(w->policy->log_size, rows[i].size);
	}
}
END_TEST

START_TEST(log_files_and_sample_are_taken_up_to_their_limits)
{
	ck_assert_uint_eq(w->policy->log_files, 3);
	ck_assert_uint_eq(w->policy->log_sample, 50);
	ck_assert_int_eq(eg_words_apply(w, "log-files", "0"), 0);
	ck_assert_int_eq(eg_words_apply(w, "log-sample", "0"), 0);
	ck_assert_uint_eq(w->policy->log_files, 0);
	ck_assert_uint_eq(w->policy->log_sample, 0);
	restart();
	ck_assert_int_eq(eg_words_apply(w, "log-files", "999"), 0);
	ck_assert_int_eq(eg_words_apply(w, "log-sample", "1000000"), 0);
	ck_assert_uint_eq(w->policy->log_files, 999);
	ck_assert_uint_eq(w->policy->log_sample, 1000000);
}
END_TEST

START_TEST(vm_is_a_label_of_up_to_63_characters)
{
	ck_assert_int_eq(eg_words_apply(w, "vm", X60 "123"), 0);
	ck_assert_str_eq(w->policy->vm, X60 "123");
	restart();
	ck_assert_int_eq(eg_words_apply(w, "vm", "~ !"), 0);
	ck_assert_str_eq(w->policy->vm, "~ !");
}
END_TEST

START_TEST(policy_file_is_named_in_the_vnl_only)
{
	ck_assert_int_eq(eg_words_apply(w, "policy", "/etc/vde/a b.egress"), 0);
	ck_assert_str_eq(w->policy_file, "/etc/vde/a b.egress");
	restart();
	w->in_vnl = false;
	ck_assert_int_eq(apply_line("policy /etc/x"), -EINVAL);
	check_error("policy: '/etc/x': only the VNL can name a policy file");
	ck_assert_str_eq(w->policy_file, "");
}
END_TEST

START_TEST(policy_file_of_any_length_fits_or_is_refused)
{
	char path[sizeof(w->policy_file) + 1];

	memset(path, 'p', sizeof(path));
	path[sizeof(w->policy_file)] = '\0';
	ck_assert_int_eq(eg_words_apply(w, "policy", path), -EINVAL);
	check_error("policy: 'pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp...': "
		    "more than 4095 characters");
	restart();
	path[sizeof(w->policy_file) - 1] = '\0';
	ck_assert_int_eq(eg_words_apply(w, "policy", path), 0);
	ck_assert_str_eq(w->policy_file, path);
}
END_TEST

START_TEST(single_value_in_vnl_and_file_is_said_twice)
{
	ck_assert_int_eq(eg_words_apply(w, "action", "drop"), 0);
	w->in_vnl = false;
	ck_assert_int_eq(apply_line("action drop"), -EINVAL);
	check_error("action: said twice");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("words");
	TCase *t = tcase_create("words");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, wrong_word_or_value_is_refused_by_name, 0, COUNT(wrongs));
	tcase_add_test(t, error_names_the_value_at_fault_and_not_its_neighbours);
	tcase_add_test(t, names_are_listed_exactly_or_below);
	tcase_add_test(t, list_is_split_at_blanks_tabs_and_commas);
	tcase_add_test(t, list_of_names_grows_each_time);
	tcase_add_test(t, empty_list_denies);
	tcase_add_test(t, allowed_targets_grow_each_time_and_blocked_ones_win);
	tcase_add_test(t, blocked_names_are_taken_out_of_those_that_resolve);
	tcase_add_test(t, first_resolvers_replace_the_default_and_later_ones_add);
	tcase_add_test(t, empty_list_of_resolvers_replaces_the_default_once);
	tcase_add_test(t, same_resolver_is_stored_once);
	tcase_add_test(t, all_room_for_resolvers_can_be_used);
	tcase_add_test(t, first_types_replace_the_default_and_later_ones_add);
	tcase_add_test(t, options_of_dhcp_grow_each_time);
	tcase_add_test(t, all_room_for_types_can_be_used);
	tcase_add_test(t, action_is_reject_or_drop);
	tcase_add_test(t, mode_is_enforce_or_monitor);
	tcase_add_test(t, flows_are_taken_up_to_their_limits);
	tcase_add_test(t, dns_limit_is_taken_up_to_its_limits);
	tcase_add_test(t, log_is_a_path_as_it_was_said);
	tcase_add_test(t, events_go_to_a_file_or_a_socket);
	tcase_add_test(t, log_size_is_bytes_or_multiples_of_1024);
	tcase_add_test(t, log_files_and_sample_are_taken_up_to_their_limits);
	tcase_add_test(t, vm_is_a_label_of_up_to_63_characters);
	tcase_add_test(t, policy_file_is_named_in_the_vnl_only);
	tcase_add_test(t, policy_file_of_any_length_fits_or_is_refused);
	tcase_add_test(t, single_value_in_vnl_and_file_is_said_twice);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct eg_finding f;
static struct eg_event *e;
static char address[EG_ADDR_TEXT_MAX];

static void teardown(void)
{
	eg_event_free(e);
	e = NULL;
}

static void setup(void)
{
	e = NULL;
}

static void parse(const char *line)
{
	teardown();
	ck_assert(eg_event_parse(&e, &f, line, strlen(line)));
}

static void span_is(struct eg_span span, const char *expected)
{
	ck_assert_uint_eq(span.n, strlen(expected));
	if (span.n)
		ck_assert_mem_eq(span.p, expected, span.n);
}

START_TEST(blocked_frame_is_read)
{
	parse("{\"timestamp\":\"2026-11-24T11:03:54.123456+0000\",\"event_type\":\"drop\",\"vm\":"
	      "\"build-7\","
	      "\"src_ip\":\"10.0.2.15\",\"src_port\":40000,\"dest_ip\":\"192.0.2.1\",\"dest_port\":"
	      "443,"
	      "\"proto\":\"TCP\",\"direction\":\"to_server\",\"reason\":\"tcp-new\",\"rule\":"
	      "\"default\","
	      "\"drop\":{\"len\":74},\"verdict\":{\"action\":\"drop\",\"reject\":[\"tcp-reset\"]},"
	      "\"pcap_cnt\":17}");
	ck_assert_int_eq(f.kind, EG_FINDING_BLOCKED);
	ck_assert_uint_eq(f.when, UINT64_C(1795518234123456000));
	span_is(f.guest, "build-7");
	span_is(f.reason, "tcp-new");
	ck_assert_uint_eq(f.proto, 6);
	ck_assert_str_eq(eg_addr_text(&f.src, address), "10.0.2.15");
	ck_assert_str_eq(eg_addr_text(&f.dst, address), "192.0.2.1");
	ck_assert_uint_eq(f.dport, 443);
	ck_assert_int_eq(f.dir, EG_INPUT_FROM_GUEST);
	ck_assert_uint_eq(f.number, 17);
	ck_assert(f.answered);
}
END_TEST

static const struct {
	const char *type, *action;
	enum eg_finding_kind kind;
} verdicts[] = {
	{ "drop", "drop", EG_FINDING_BLOCKED }, { "drop", "alert", EG_FINDING_WOULD },
	{ "drop", "pass", EG_FINDING_QUERY },   { "dns", "drop", EG_FINDING_BLOCKED },
	{ "dns", "alert", EG_FINDING_WOULD },   { "dns", "pass", EG_FINDING_QUERY },
	{ "dns", "other", EG_FINDING_NOTHING }, { "http", "drop", EG_FINDING_NOTHING },
};

START_TEST(verdict_says_what_became_of_it)
{
	char line[256];

	snprintf(line, sizeof(line),
		 "{\"event_type\":\"%s\",\"dns\":{\"rrname\":\"x.example.org\",\"rrtype\":\"A\"},"
		 "\"verdict\":{\"action\":\"%s\"}}",
		 verdicts[_i].type, verdicts[_i].action);
	parse(line);
	ck_assert_int_eq(f.kind, verdicts[_i].kind);
	ck_assert(!f.answered);
	if (f.kind == EG_FINDING_NOTHING)
		return;
	span_is(f.name, "x.example.org");
	span_is(f.qtype, "A");
}
END_TEST

START_TEST(what_passed_and_asks_nothing_is_no_query)
{
	parse("{\"event_type\":\"drop\",\"verdict\":{\"action\":\"pass\"}}");
	ck_assert_int_eq(f.kind, EG_FINDING_NOTHING);
}
END_TEST

/*
 * Another program's: lines as Suricata writes them, of several versions.
 */

#define WHO                                                                                        \
	"\"timestamp\":\"2026-11-24T11:03:54.123456+0000\",\"flow_id\":1664754203457130,"          \
	"\"in_iface\":\"eth0\",\"src_ip\":\"10.16.1.11\",\"src_port\":10470,\"dest_ip\":"          \
	"\"192.0.2.8\",\"dest_port\":53,\"proto\":\"UDP\",\"pkt_src\":\"wire/pcap\","

#define QUESTION "\"rrname\":\"x.example.org\",\"rrtype\":\"A\""

static const struct {
	const char *rest;
	enum eg_finding_kind kind;
	bool named, answered;
} foreigners[] = {
	/* DNS: version 1 and 2, and 3 */
	{ "\"event_type\":\"dns\",\"dns\":{\"type\":\"query\",\"id\":0," QUESTION
	  ",\"tx_id\":0,\"opcode\":0}}",
	  EG_FINDING_QUERY, true, false },
	{ "\"event_type\":\"dns\",\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":0," QUESTION
	  ",\"rcode\":\"NOERROR\",\"answers\":[{" QUESTION ",\"rdata\":\"192.0.2.1\"}]}}",
	  EG_FINDING_NOTHING, true, false },
	{ "\"event_type\":\"dns\",\"dns\":{\"version\":3,\"type\":\"request\",\"tx_id\":0,\"id\":1,"
	  "\"flags\":\"100\",\"rd\":true,\"opcode\":0,\"rcode\":\"NOERROR\",\"queries\":[{" QUESTION
	  "}]}}",
	  EG_FINDING_QUERY, true, false },
	{ "\"event_type\":\"dns\",\"dns\":{\"version\":3,\"type\":\"response\",\"id\":1,"
	  "\"queries\":[{" QUESTION "}],\"answers\":[{" QUESTION "}]}}",
	  EG_FINDING_NOTHING, true, false },
	{ "\"event_type\":\"dns\",\"dns\":{\"version\":3,\"type\":\"request\",\"queries\":[]}}",
	  EG_FINDING_QUERY, false, false },
	/* alerts */
	{ "\"event_type\":\"alert\",\"alert\":{\"action\":\"blocked\",\"signature_id\":1},"
	  "\"verdict\":{\"action\":\"drop\",\"reject-target\":\"to_client\",\"reject\":[\"tcp-"
	  "reset\"]},"
	  "\"dns\":{\"query\":[{\"type\":\"query\"," QUESTION "}]}}",
	  EG_FINDING_BLOCKED, true, true },
	{ "\"event_type\":\"alert\",\"alert\":{\"action\":\"allowed\"},\"verdict\":{\"action\":"
	  "\"drop\"},"
	  "\"dns\":{\"version\":3,\"queries\":[{" QUESTION "}]}}",
	  EG_FINDING_BLOCKED, true, false },
	{ "\"event_type\":\"alert\",\"alert\":{\"action\":\"blocked\"}}", EG_FINDING_BLOCKED, false,
	  false },
	{ "\"event_type\":\"alert\",\"alert\":{\"action\":\"allowed\"},\"verdict\":{\"action\":"
	  "\"alert\"}}",
	  EG_FINDING_NOTHING, false, false },
	{ "\"event_type\":\"alert\",\"alert\":{\"action\":\"blocked\"},\"verdict\":{\"action\":"
	  "\"pass\"}}",
	  EG_FINDING_NOTHING, false, false },
	{ "\"event_type\":\"alert\",\"alert\":{\"action\":\"allowed\"}}", EG_FINDING_NOTHING, false,
	  false },
	/* drops, before and from version 7 on */
	{ "\"event_type\":\"drop\",\"drop\":{\"len\":60,\"ttl\":64,\"reason\":\"rules\"}}",
	  EG_FINDING_BLOCKED, false, false },
	{ "\"event_type\":\"drop\",\"drop\":{\"len\":60},\"verdict\":{\"action\":\"drop\"}}",
	  EG_FINDING_BLOCKED, false, false },
	/* what says nothing of it */
	{ "\"event_type\":\"anomaly\",\"anomaly\":{\"type\":\"decode\",\"event\":"
	  "\"decoder.udp.pkt_too_small\"}}",
	  EG_FINDING_NOTHING, false, false },
	{ "\"event_type\":\"tls\",\"tls\":{\"sni\":\"x.example.org\"}}", EG_FINDING_NOTHING, false,
	  false },
	{ "\"event_type\":\"stats\",\"stats\":{\"uptime\":8,\"decoder\":{\"pkts\":5},\"ips\":"
	  "{\"blocked\":3}}}",
	  EG_FINDING_NOTHING, false, false },
};

START_TEST(foreign_event_is_read_where_it_has_a_meaning)
{
	char line[1024];

	snprintf(line, sizeof(line), "{" WHO "%s", foreigners[_i].rest);
	parse(line);
	ck_assert_int_eq(f.kind, foreigners[_i].kind);
	ck_assert(f.foreign);
	ck_assert_int_eq(f.answered, foreigners[_i].answered);
	ck_assert_uint_eq(f.when, UINT64_C(1795518234123456000));
	ck_assert_uint_eq(f.dport, 53);
	if (f.kind == EG_FINDING_NOTHING)
		return;
	span_is(f.name, foreigners[_i].named ? "x.example.org" : "");
	span_is(f.qtype, foreigners[_i].named ? "A" : "");
}
END_TEST

START_TEST(our_events_are_not_foreign)
{
	parse("{\"event_type\":\"drop\",\"vm\":\"a\",\"reason\":\"tcp-new\",\"verdict\":{"
	      "\"action\":"
	      "\"drop\"}}");
	ck_assert(!f.foreign);
	parse("{\"event_type\":\"engine\",\"vm\":\"a\",\"engine\":{\"message\":\"start\"}}");
	ck_assert(!f.foreign);
	ck_assert_int_eq(f.kind, EG_FINDING_ASIDE);
}
END_TEST

START_TEST(flows_are_read)
{
	parse("{\"event_type\":\"flow_start\",\"src_ip\":\"10.0.2.2\",\"dest_ip\":\"10.0.2.15\","
	      "\"dest_port\":22,"
	      "\"proto\":\"TCP\",\"flow\":{\"bytes_toserver\":0}}");
	ck_assert_int_eq(f.kind, EG_FINDING_OPENED);
	ck_assert_uint_eq(f.dport, 22);
	parse("{\"event_type\":\"flow\",\"flow\":{\"bytes_toserver\":10,\"bytes_toclient\":20,"
	      "\"start\":\"1970-01-01T00:00:01.000000+0000\",\"end\":\"1970-01-01T00:00:03.000000+"
	      "0000\"}}");
	ck_assert_int_eq(f.kind, EG_FINDING_ENDED);
	ck_assert_uint_eq(f.bytes[0], 10);
	ck_assert_uint_eq(f.bytes[1], 20);
	ck_assert_uint_eq(f.first, 1000000000);
	ck_assert_uint_eq(f.last, 3000000000);
}
END_TEST

static const struct {
	const char *of;
	enum eg_finding_kind kind;
} suppressed[] = {
	{ "\"of\":\"blocked\",", EG_FINDING_SUPPRESSED },
	{ "", EG_FINDING_SUPPRESSED },
	{ "\"of\":\"query\",", EG_FINDING_QUERY },
	{ "\"of\":\"flow_start\",", EG_FINDING_OPENED },
	{ "\"of\":\"flow\",", EG_FINDING_ASIDE },
};

START_TEST(suppressed_events_are_read)
{
	char line[256];

	snprintf(line, sizeof(line),
		 "{\"event_type\":\"suppressed\",\"dest_ip\":\"192.0.2.1\",\"dest_port\":53,"
		 "\"proto\":\"UDP\","
		 "\"suppressed\":{%s\"count\":7,\"first\":\"1970-01-01T00:00:01Z\","
		 "\"last\":\"1970-01-01T00:00:02Z\"}}",
		 suppressed[_i].of);
	parse(line);
	ck_assert_int_eq(f.kind, suppressed[_i].kind);
	ck_assert_uint_eq(f.count, 7);
	ck_assert_uint_eq(f.first, 1000000000);
	ck_assert_uint_eq(f.last, 2000000000);
	ck_assert_uint_eq(f.dport, 53);
}
END_TEST

START_TEST(losses_and_counters_are_read)
{
	parse("{\"event_type\":\"lost\",\"lost\":{\"count\":3}}");
	ck_assert_int_eq(f.kind, EG_FINDING_LOST);
	ck_assert_uint_eq(f.count, 3);
	parse("{\"event_type\":\"stats\",\"stats\":{\"uptime\":60,\"passed\":{\"guest\":1,"
	      "\"network\":2},"
	      "\"blocked\":{\"tcp-new\":3,\"udp-new\":4,\"x\":-5,\"y\":\"z\"},\"recorded\":5,"
	      "\"suppressed\":6,\"lost\":7}}");
	ck_assert_int_eq(f.kind, EG_FINDING_STATS);
	ck_assert_uint_eq(f.stats.uptime, 60);
	ck_assert_uint_eq(f.stats.passed_guest, 1);
	ck_assert_uint_eq(f.stats.passed_network, 2);
	ck_assert_uint_eq(f.stats.blocked, 7);
	ck_assert_uint_eq(f.stats.recorded, 5);
	ck_assert_uint_eq(f.stats.suppressed, 6);
	ck_assert_uint_eq(f.stats.lost, 7);
}
END_TEST

/* What has another type, or a number that makes no sense, is as if it were not there. */
START_TEST(values_of_other_types_are_left_out)
{
	parse("{\"timestamp\":5,\"event_type\":\"drop\",\"vm\":null,\"src_ip\":[],\"dest_ip\":"
	      "\"nowhere\","
	      "\"src_port\":\"40000\",\"dest_port\":65536,\"proto\":{},\"reason\":true,\"pcap_"
	      "cnt\":-1,"
	      "\"verdict\":{\"action\":\"drop\",\"reject\":\"no\"},\"dns\":[]}");
	ck_assert_int_eq(f.kind, EG_FINDING_BLOCKED);
	ck_assert_uint_eq(f.when, EG_MOMENT_NONE);
	ck_assert(!f.has_src && !f.has_dst && !f.answered);
	ck_assert_uint_eq(f.sport, 0);
	ck_assert_uint_eq(f.dport, 0);
	ck_assert_uint_eq(f.number, 0);
	ck_assert_uint_eq(f.proto, EG_PROTO_NONE);
	span_is(f.reason, "");
	span_is(f.guest, "");
	parse("{\"event_type\":\"drop\",\"verdict\":\"drop\"}");
	ck_assert_int_eq(f.kind, EG_FINDING_NOTHING);
	parse("{}");
	ck_assert_int_eq(f.kind, EG_FINDING_NOTHING);
}
END_TEST

START_TEST(names_may_have_any_byte_in_them)
{
	parse("{\"event_type\":\"dns\",\"dns\":{\"rrname\":\"a\\u0000\\u001b\\u202e\"},"
	      "\"verdict\":{\"action\":\"drop\"}}");
	ck_assert_uint_eq(f.name.n, 6);
	ck_assert_mem_eq(f.name.p, "a\0\x1b\xe2\x80\xae", 6);
}
END_TEST

static const char *const bads[] = { "",         "{",     "[]",         "5",
				    "{\"a\":}", "{} {}", "{\"a\":1}x", "{\"a\":\"\xff\"}" };

START_TEST(what_is_no_object_is_refused)
{
	ck_assert(!eg_event_parse(&e, &f, bads[_i], strlen(bads[_i])));
	ck_assert_ptr_null(e);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event");
	TCase *c = tcase_create("event");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, blocked_frame_is_read);
	tcase_add_loop_test(c, verdict_says_what_became_of_it, 0,
			    sizeof(verdicts) / sizeof(verdicts[0]));
	tcase_add_test(c, what_passed_and_asks_nothing_is_no_query);
	tcase_add_loop_test(c, foreign_event_is_read_where_it_has_a_meaning, 0,
			    sizeof(foreigners) / sizeof(foreigners[0]));
	tcase_add_test(c, our_events_are_not_foreign);
	tcase_add_test(c, flows_are_read);
	tcase_add_loop_test(c, suppressed_events_are_read, 0,
			    sizeof(suppressed) / sizeof(suppressed[0]));
	tcase_add_test(c, losses_and_counters_are_read);
	tcase_add_test(c, values_of_other_types_are_left_out);
	tcase_add_test(c, names_may_have_any_byte_in_them);
	tcase_add_loop_test(c, what_is_no_object_is_refused, 0, sizeof(bads) / sizeof(bads[0]));
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the pipeline tells of, besides what it blocks: flows and queries that passed. */
#include "checksum.h"
#include "packet.h"
#include "pipeline.h"
#include "words.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

/* A report, and what it pointed to. */
struct told {
	struct eg_report r;
	struct eg_flow flow;
	uint8_t frame[PACKET_MAX];
};

static const struct packet_end resolver = { .mac = { 0x52, 0x55, 0x0a, 0, 2, 3 },
					    .ip4 = { 10, 0, 2, 3 },
					    .port = 53 };
static struct told told[MOST];
static size_t count;
static struct eg_policy *policy;
static struct eg_pipeline *pipeline;
static struct eg_outcome out;
static uint8_t frame[PACKET_MAX];

static void note(void *ctx, const struct eg_report *r)
{
	struct told *t = &told[count++];

	ck_assert_ptr_eq(ctx, &count);
	ck_assert_uint_le(count, MOST);
	t->r = *r;
	if (r->flow)
		t->flow = *r->flow;
	if (r->frame)
		memcpy(t->frame, r->frame, r->len);
}

static void setup(void)
{
	struct eg_words *w = calloc(1, sizeof(*w));
	const struct eg_seed seed = { 1, 2 };

	count = 0;
	policy = w->policy = eg_policy_new();
	ck_assert_int_eq(eg_words_apply(w, "resolve", "allowed.test"), 0);
	free(w);
	pipeline = eg_pipeline_new(policy, &seed, note, &count);
	ck_assert_ptr_nonnull(pipeline);
}

static void teardown(void)
{
	eg_pipeline_free(pipeline);
	eg_policy_free(policy);
}

static void pass(enum eg_dir dir, size_t n, uint64_t now)
{
	if (dir == EG_FROM_GUEST)
		eg_pipeline_from_guest(pipeline, frame, n, now, &out);
	else
		eg_pipeline_from_network(pipeline, frame, n, now, &out);
	ck_assert_str_eq(eg_reason_word(out.reason), "none");
}

static size_t tcp(bool guest, uint8_t flags, uint32_t seq, uint32_t ack)
{
	const struct packet_tcp t = { .seq = seq, .ack = ack, .flags = flags, .window = 65535 };

	return packet_tcp4(frame, guest ? &packet_guest : &packet_network,
			   guest ? &packet_network : &packet_guest, &t, NULL, 0);
}

static void arp(uint64_t now)
{
	pass(EG_FROM_GUEST, packet_arp(frame, &packet_guest, &packet_network, 1), now);
}

START_TEST(closed_connection_is_told_with_its_bytes)
{
	pass(EG_FROM_NETWORK, tcp(false, 2, 100, 0), 5000);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(told[0].r.kind, EG_REPORT_FLOW_START);
	ck_assert_int_eq(told[0].r.dir, EG_FROM_NETWORK);
	ck_assert_uint_eq(told[0].flow.key.guest_port, PACKET_PORT);
	ck_assert_uint_eq(told[0].flow.key.network_port, 443);
	pass(EG_FROM_GUEST, tcp(true, 18, 900, 101), 5000);
	pass(EG_FROM_NETWORK, tcp(false, 16, 101, 901), 5000);
	pass(EG_FROM_NETWORK, tcp(false, 4, 101, 0), 9000);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(told[1].r.kind, EG_REPORT_FLOW_END);
	ck_assert_uint_eq(eg_total_get(&told[1].flow.bytes[EG_FROM_NETWORK]), 3 * 54);
	ck_assert_uint_eq(eg_total_get(&told[1].flow.bytes[EG_FROM_GUEST]), 54);
	ck_assert_uint_eq(told[1].flow.opened, 5);
	ck_assert_int_eq(told[1].flow.tcp.state, EG_TCP_CLOSED);
}
END_TEST

START_TEST(expired_flow_is_told_though_nobody_asks_for_it)
{
	uint64_t end = 1000 + EG_UDP_TIMEOUT;

	pass(EG_FROM_NETWORK, packet_udp4(frame, &packet_network, &packet_guest, "x", 1), 1000);
	ck_assert_int_eq(told[0].r.kind, EG_REPORT_FLOW_START);
	arp(end - 1);
	ck_assert_uint_eq(count, 1);
	arp(end + 999);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(told[1].r.kind, EG_REPORT_FLOW_END);
	ck_assert_uint_eq(eg_total_get(&told[1].flow.bytes[EG_FROM_NETWORK]), 43);
	ck_assert_uint_eq(told[1].flow.expires, end);
}
END_TEST

START_TEST(flows_that_live_at_the_end_are_told)
{
	pass(EG_FROM_NETWORK, tcp(false, 2, 100, 0), 5000);
	eg_pipeline_end(pipeline, 6000);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(told[1].r.kind, EG_REPORT_FLOW_END);
	ck_assert_int_eq(told[1].flow.tcp.state, EG_TCP_SYN_SENT);
}
END_TEST

static const uint8_t question[] = { 0xab, 0xcd, 1,   0,   0,   1,   0,   0,   0,   0,
				    0,    0,    7,   'A', 'l', 'l', 'o', 'w', 'e', 'd',
				    4,    't',  'e', 's', 't', 0,   0,   1,   0,   1 };

START_TEST(query_that_passes_is_told_as_it_came)
{
	size_t n = packet_udp4(frame, &packet_guest, &resolver, question, sizeof(question));

	pass(EG_FROM_GUEST, n, 1);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(told[0].r.kind, EG_REPORT_QUERY);
	ck_assert_uint_eq(told[0].r.len, n);
	ck_assert_mem_eq(told[0].frame, frame, n);
}
END_TEST

/* One segment of the guest's to the resolver. */
static void stream(uint8_t flags, uint32_t seq, uint32_t ack, const void *data, size_t n)
{
	const struct packet_tcp t = { .seq = seq, .ack = ack, .flags = flags, .window = 65535 };

	pass(EG_FROM_GUEST, packet_tcp4(frame, &packet_guest, &resolver, &t, data, n), 1);
}

START_TEST(query_over_tcp_is_told_whole_however_it_was_cut)
{
	uint8_t msg[2 + sizeof(question)] = { 0, sizeof(question) };
	const struct packet_tcp synack = { .seq = 7, .ack = 101, .flags = 18, .window = 65535 };
	struct eg_frame f;

	memcpy(msg + 2, question, sizeof(question));
	stream(2, 100, 0, NULL, 0);
	pass(EG_FROM_NETWORK, packet_tcp4(frame, &resolver, &packet_guest, &synack, NULL, 0), 1);
	stream(16, 101, 8, NULL, 0);
	stream(24, 101, 8, msg, 9);
	ck_assert_uint_eq(count, 1); /* the connection */
	stream(24, 110, 8, msg + 9, sizeof(msg) - 9);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(told[1].r.kind, EG_REPORT_QUERY);
	ck_assert_int_eq(eg_frame_decode(&f, told[1].frame, told[1].r.len), EG_R_NONE);
	ck_assert_uint_eq(f.dport, 53);
	ck_assert_uint_eq(f.payload.n, sizeof(msg));
	msg[2 + 13] = 'a'; /* it leaves folded */
	ck_assert_mem_eq(f.payload.p, msg, sizeof(msg));
}
END_TEST

/* Append to MSG, of N bytes, a query over TCP for a name of 8 letters below .test, the first FIRST.
 * Returns the new length. */
static size_t ask(uint8_t *msg, size_t n, uint8_t first)
{
	static const uint8_t length[2] = { 0, sizeof(question) };

	memcpy(msg + n, length, 2);
	memcpy(msg + n + 2, question, sizeof(question));
	msg[n + 2 + 13] = first;
	return n + 2 + sizeof(question);
}

static void open_stream(void)
{
	const struct packet_tcp synack = { .seq = 7, .ack = 101, .flags = 18, .window = 65535 };

	stream(2, 100, 0, NULL, 0);
	pass(EG_FROM_NETWORK, packet_tcp4(frame, &resolver, &packet_guest, &synack, NULL, 0), 1);
	stream(16, 101, 8, NULL, 0);
	ck_assert_uint_eq(count, 1);
}

static void segment(uint32_t seq, const uint8_t *data, size_t n)
{
	const struct packet_tcp t = { .seq = seq, .ack = 8, .flags = 24, .window = 65535 };
	size_t len = packet_tcp4(frame, &packet_guest, &resolver, &t, data, n);

	eg_pipeline_from_guest(pipeline, frame, len, 1, &out);
}

/* Report I is of MSG, N bytes, that begin with number SEQ, whole in a segment. */
static void is_told(size_t i, enum eg_reason reason, uint32_t seq, const uint8_t *msg, size_t n)
{
	struct eg_frame f;

	ck_assert_int_eq(told[i].r.kind, EG_REPORT_BLOCKED);
	ck_assert_str_eq(eg_reason_word(told[i].r.reason), eg_reason_word(reason));
	ck_assert_int_eq(eg_frame_decode(&f, told[i].frame, told[i].r.len), EG_R_NONE);
	ck_assert(eg_checksum_right(&f));
	ck_assert_uint_eq(f.tcp.seq, seq);
	ck_assert_uint_eq(f.sport, PACKET_PORT);
	ck_assert_uint_eq(f.payload.n, n);
	ck_assert_mem_eq(f.payload.p, msg, n);
}

static uint64_t blocked(void)
{
	const struct eg_counters *c = eg_pipeline_counters(pipeline);
	uint64_t n = 0;

	for (int r = 0; r < EG_REASON_COUNT; r++)
		n += c->blocked[EG_FROM_GUEST][r];
	return n;
}

enum { MESSAGE = 2 + sizeof(question) };

START_TEST(each_refused_query_of_a_segment_is_told)
{
	static const char letters[] = "bcdefA";
	uint8_t msg[6 * MESSAGE];
	size_t n = 0;

	for (int i = 0; i < 6; i++)
		n = ask(msg, n, (uint8_t)letters[i]);
	open_stream();
	segment(101, msg, n);
	ck_assert_int_eq(out.verdict, EG_BLOCK);
	ck_assert_uint_eq(count, 7);
	for (size_t i = 0; i < 4; i++)
		is_told(i + 1, EG_R_DNS_NAME, 101 + (uint32_t)(i * MESSAGE), msg + i * MESSAGE,
			MESSAGE);
	ck_assert_int_eq(told[5].r.kind, EG_REPORT_QUERY);
	is_told(6, EG_R_DNS_NAME, 101 + 4 * MESSAGE, msg + 4 * (size_t)MESSAGE, MESSAGE);
	ck_assert_uint_eq(blocked(), 5);
	ck_assert_uint_eq(eg_pipeline_counters(pipeline)->further, 4);
	ck_assert_uint_eq(eg_pipeline_counters(pipeline)->passed[EG_FROM_GUEST], 2);
}
END_TEST

/* The answer is told of with the last of them. */
START_TEST(refused_queries_have_their_own_reasons_and_one_answer)
{
	uint8_t msg[3 * MESSAGE];
	size_t n = ask(msg, 0, 'b');

	n = ask(msg, n, 'A');
	msg[n - 3] = 16; /* TXT */
	n = ask(msg, n, 'c');
	open_stream();
	segment(101, msg, n);
	ck_assert_uint_eq(count, 4);
	is_told(1, EG_R_DNS_NAME, 101, msg, MESSAGE);
	is_told(2, EG_R_DNS_TYPE, 101 + MESSAGE, msg + MESSAGE, MESSAGE);
	is_told(3, EG_R_DNS_NAME, 101 + 2 * MESSAGE, msg + 2 * (size_t)MESSAGE, MESSAGE);
	ck_assert_int_eq(told[1].r.answer, EG_ANSWER_NXDOMAIN);
	ck_assert_int_eq(told[2].r.answer, EG_ANSWER_NOERROR);
	ck_assert_int_eq(told[3].r.answer, EG_ANSWER_NXDOMAIN);
	ck_assert_uint_eq(told[1].r.reply_len, 0);
	ck_assert_uint_gt(told[3].r.reply_len, 0);
	ck_assert_uint_eq(told[3].r.reply_len, out.reply_len);
	ck_assert_int_eq(out.reason, told[3].r.reason);
	ck_assert_uint_eq(blocked(), 3);
}
END_TEST

START_TEST(refused_query_is_told_whole_however_it_was_cut)
{
	uint8_t msg[MESSAGE];

	ask(msg, 0, 'B');
	policy->mode = _i ? EG_MONITOR : EG_ENFORCE;
	open_stream();
	segment(101, msg, 1);
	segment(102, msg + 1, 11);
	ck_assert_uint_eq(count, 1);
	segment(113, msg + 12, MESSAGE - 12);
	ck_assert_uint_eq(count, 2);
	is_told(1, EG_R_DNS_NAME, 101, msg, MESSAGE); /* in its letters */
	ck_assert_int_eq(told[1].r.passed, _i);
	ck_assert_uint_eq(blocked(), 1);
	ck_assert_uint_eq(eg_pipeline_counters(pipeline)->further, 0);
}
END_TEST

START_TEST(refused_query_alone_in_a_segment_is_told_as_it_came)
{
	uint8_t msg[MESSAGE];

	ask(msg, 0, 'B');
	open_stream();
	segment(101, msg, MESSAGE);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(told[1].r.len, 54 + MESSAGE);
	ck_assert_mem_eq(told[1].frame, frame, 54 + MESSAGE);
}
END_TEST

/* Each that would be blocked, and each that passes by a rule after one. */
START_TEST(monitor_tells_of_each_query_of_a_segment)
{
	uint8_t msg[3 * MESSAGE];
	size_t n = ask(msg, 0, 'b');

	n = ask(msg, n, 'A');
	n = ask(msg, n, 'c');
	policy->mode = EG_MONITOR;
	open_stream();
	segment(101, msg, n);
	ck_assert_int_eq(out.verdict, EG_PASS);
	ck_assert_uint_eq(count, 4);
	ck_assert_int_eq(told[1].r.kind, EG_REPORT_QUERY);
	is_told(2, EG_R_DNS_NAME, 101, msg, MESSAGE);
	is_told(3, EG_R_DNS_NAME, 101 + 2 * MESSAGE, msg + 2 * (size_t)MESSAGE, MESSAGE);
	ck_assert(told[2].r.passed && told[3].r.passed);
	ck_assert_uint_eq(blocked(), 2);
}
END_TEST

/* A message at fault ends the connection, and hides none that was refused before it. */
START_TEST(refused_query_before_a_fault_is_told)
{
	uint8_t msg[2 * MESSAGE];
	size_t n = ask(msg, 0, 'b');

	n = ask(msg, n, 'A');
	msg[MESSAGE + 2 + 2] = 0x81; /* an answer */
	open_stream();
	segment(101, msg, MESSAGE + 1);
	ck_assert_uint_eq(count, 2);
	segment(102 + MESSAGE, msg + MESSAGE + 1, MESSAGE - 1);
	ck_assert_int_eq(told[2].r.kind, EG_REPORT_FLOW_END);
	is_told(1, EG_R_DNS_NAME, 101, msg, MESSAGE);
	is_told(3, EG_R_DNS_MALFORMED, 101 + MESSAGE, msg + MESSAGE, MESSAGE);
	ck_assert_int_eq(told[1].r.answer, EG_ANSWER_NXDOMAIN);
	ck_assert_uint_eq(blocked(), 2);
}
END_TEST

START_TEST(refused_query_and_a_fault_in_a_segment_are_both_told)
{
	uint8_t msg[2 * MESSAGE];
	size_t n = ask(msg, 0, 'b');

	n = ask(msg, n, 'A');
	msg[MESSAGE + 2 + 2] = 0x81; /* an answer */
	open_stream();
	segment(101, msg, n);
	is_told(1, EG_R_DNS_NAME, 101, msg, MESSAGE);
	is_told(3, EG_R_DNS_MALFORMED, 101 + MESSAGE, msg + MESSAGE, MESSAGE);
	ck_assert_int_eq(told[1].r.answer, EG_ANSWER_NONE); /* the connection is reset */
	ck_assert_int_eq(out.reason, EG_R_DNS_MALFORMED);
	ck_assert_uint_eq(blocked(), 2);
}
END_TEST

START_TEST(blocked_frame_is_told_with_its_answer)
{
	const struct packet_end far = packet_at(&packet_network, 80);
	const struct packet_tcp syn = { .seq = 1, .flags = 2, .window = 100 };
	size_t n = packet_tcp4(frame, &packet_guest, &far, &syn, NULL, 0);

	eg_pipeline_from_guest(pipeline, frame, n, 1, &out);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(told[0].r.kind, EG_REPORT_BLOCKED);
	ck_assert_int_eq(told[0].r.reason, EG_R_TCP_NEW);
	ck_assert_int_eq(told[0].r.answer, EG_ANSWER_RST);
	ck_assert_uint_eq(told[0].r.reply_len, out.reply_len);
	ck_assert_uint_gt(out.reply_len, 0);
	policy->action = EG_DROP;
	eg_pipeline_from_guest(pipeline, frame, n, 1, &out);
	ck_assert_int_eq(told[1].r.answer, EG_ANSWER_NONE);
	ck_assert_uint_eq(told[1].r.reply_len, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pipeline_reports");
	TCase *c = tcase_create("reports");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, closed_connection_is_told_with_its_bytes);
	tcase_add_test(c, expired_flow_is_told_though_nobody_asks_for_it);
	tcase_add_test(c, flows_that_live_at_the_end_are_told);
	tcase_add_test(c, query_that_passes_is_told_as_it_came);
	tcase_add_test(c, query_over_tcp_is_told_whole_however_it_was_cut);
	tcase_add_test(c, each_refused_query_of_a_segment_is_told);
	tcase_add_test(c, refused_queries_have_their_own_reasons_and_one_answer);
	tcase_add_loop_test(c, refused_query_is_told_whole_however_it_was_cut, 0, 2);
	tcase_add_test(c, refused_query_alone_in_a_segment_is_told_as_it_came);
	tcase_add_test(c, monitor_tells_of_each_query_of_a_segment);
	tcase_add_test(c, refused_query_before_a_fault_is_told);
	tcase_add_test(c, refused_query_and_a_fault_in_a_segment_are_both_told);
	tcase_add_test(c, blocked_frame_is_told_with_its_answer);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the pipeline tells of, besides what it blocks: flows and queries that passed. */
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
	tcase_add_test(c, blocked_frame_is_told_with_its_answer);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

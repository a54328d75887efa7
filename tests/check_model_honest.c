/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No honest exchange is lost, whatever else goes on: many conversations at once, frames that
 * come twice, and strangers between them whose frames never pass.
 */
#include "world.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 12, STEPS = 6000, TALKS = 24, STRANGERS = 60000 };

static struct world_random rnd;
static struct eg_pipeline *pipeline;
static struct eg_policy *policy;
static uint64_t now;

static struct eg_outcome out;
static uint8_t copy[PACKET_MAX];

static enum eg_verdict judge(const struct world_frame *f)
{
	memcpy(copy, f->bytes, f->len);
	if (f->dir == EG_FROM_GUEST)
		eg_pipeline_from_guest(pipeline, copy, f->len, now, &out);
	else
		eg_pipeline_from_network(pipeline, copy, f->len, now, &out);
	return out.verdict;
}

/* The network has no connection any more about which the filter asks. */
static void network_forgot(void)
{
	static uint8_t own[EG_FRAME_MAX], rst[PACKET_MAX];
	struct eg_outcome o;
	struct eg_frame f;
	size_t n;

	while ((n = eg_pipeline_take_injected(pipeline, EG_FROM_NETWORK, own)) > 0)
		;
	while ((n = eg_pipeline_take_injected(pipeline, EG_FROM_GUEST, own)) > 0) {
		ck_assert_int_eq(eg_frame_decode(&f, own, n), EG_R_NONE);
		if (f.dport != 53 || f.tcp.flags != EG_TCP_ACK)
			continue;
		n = world_reset(rst, &f);
		eg_pipeline_from_network(pipeline, rst, n, now, &o);
		ck_assert_int_eq(o.verdict, EG_PASS);
	}
}

/* Frames of an attacker in the guest: to where nobody opened anything. */
static void stranger(void)
{
	static struct world_frame f;
	const struct packet_end from =
		packet_at(&packet_guest, (uint16_t)(STRANGERS + world_below(&rnd, 5000)));
	const struct packet_end to =
		packet_at(&packet_network, (uint16_t)(1 + world_below(&rnd, 60000)));
	const struct packet_tcp t = { .seq = world_random(&rnd),
				      .ack = world_random(&rnd),
				      .window = 1000,
				      .flags = (uint8_t)world_below(&rnd, 64) };

	f.dir = EG_FROM_GUEST;
	f.len = world_below(&rnd, 2) ? packet_tcp4(f.bytes, &from, &to, &t, "x", 1)
				     : packet_udp6(f.bytes, &from, &to, "x", 1);
	ck_assert_int_eq(judge(&f), EG_BLOCK);
}

/* An answer reaches the client as the answer to its own query. */
static void check_answer(const struct world_talk *t)
{
	size_t l4 = t->v6 ? PACKET_L4_6 : PACKET_L4_4;

	ck_assert_uint_eq(eg_get16(out.out + l4 + 2), t->guest.port);
	ck_assert_uint_eq(eg_get16(out.out + l4 + 8), (uint16_t)t->id);
	ck_assert_int_eq(out.out[l4 + 8 + 13], world_letter(t));
}

/* What is said again, where hosts do so: data, and the datagrams of flows. */
static bool may_repeat(const struct world_talk *t, const struct world_frame *f)
{
	if (t->kind == WORLD_UDP || t->kind == WORLD_OUT_UDP || t->kind == WORLD_NEIGHBOUR)
		return true;
	return (t->kind == WORLD_TCP || t->kind == WORLD_OUT_TCP) && t->step == 3 && t->more > 0 &&
	       f->len > 200;
}

/* Every kind at once. */
static void begin(struct world_talk *talks, int i)
{
	static const enum world_kind kinds[] = { WORLD_TCP,     WORLD_UDP,      WORLD_LARGE,
						 WORLD_DNS,     WORLD_STREAM,   WORLD_OUT_TCP,
						 WORLD_OUT_UDP, WORLD_NEIGHBOUR, WORLD_DHCP };
	enum world_kind kind = kinds[world_below(&rnd, 9)];

	world_begin(&talks[i], &rnd, kind, (uint16_t)(5000 + i), (uint16_t)(20000 + i));
	/* A port is the host's or the guest's to open with. */
	talks[i].guest.port = (uint16_t)((kind == WORLD_OUT_UDP ? 7000 : 5000) + i);
}

static void step(struct world_talk *talks)
{
	static struct world_frame f;
	int i = (int)world_below(&rnd, TALKS);
	struct world_talk *t = &talks[i];
	const char *kind;

	now += world_below(&rnd, 50);
	if (!world_next(t, &rnd, &f)) {
		/* A port is used again after the pause that its owner makes. */
		now += world_below(&rnd, 5) ? 0 : 100;
		begin(talks, i);
		return;
	}
	kind = f.dir == EG_FROM_GUEST ? "guest" : "network";
	ck_assert_msg(judge(&f) == (f.hold ? EG_HOLD : EG_PASS),
		      "talk of kind %d, step %d, more %d, from the %s: %s", (int)t->kind, t->step,
		      t->more, kind, eg_reason_word(out.reason));
	network_forgot();
	if (f.dir == EG_FROM_GUEST)
		world_left(t, out.out, out.out_len);
	else if (t->kind == WORLD_DNS)
		check_answer(t);
	if (may_repeat(t, &f) && world_below(&rnd, 10) == 0)
		ck_assert_msg(judge(&f) == EG_PASS, "said again: %s", eg_reason_word(out.reason));
}

START_TEST(honest_exchange_is_not_lost)
{
	static struct world_talk talks[TALKS];

	rnd.state = (uint64_t)_i * 104729 + 1;
	pipeline = world_pipeline(&policy, 4096, (uint64_t)_i);
	now = 1000;
	for (int i = 0; i < TALKS; i++)
		begin(talks, i);
	for (int i = 0; i < STEPS; i++) {
		step(talks);
		if (world_below(&rnd, 3) == 0)
			stranger();
	}
	eg_pipeline_free(pipeline);
	eg_policy_free(policy);
}
END_TEST

/* What was open when the table filled up goes on to its end. */
START_TEST(full_table_ends_nothing)
{
	static struct world_talk talks[TALKS];
	static struct world_frame f;
	int refused = 0, over = 0;

	rnd.state = (uint64_t)_i + 77;
	pipeline = world_pipeline(&policy, TALKS, (uint64_t)_i);
	now = 1000;
	for (int i = 0; i < TALKS; i++) {
		world_begin(&talks[i], &rnd, WORLD_TCP, (uint16_t)(5000 + i), 50000);
		ck_assert(world_next(&talks[i], &rnd, &f));
		ck_assert_int_eq(judge(&f), EG_PASS);
	}
	for (int i = 0; i < 4000; i++) {
		struct world_talk *t = &talks[world_below(&rnd, TALKS)], late;

		world_begin(&late, &rnd, WORLD_UDP, (uint16_t)(6000 + i), 50000);
		if (over == 0 && world_next(&late, &rnd, &f))
			refused += judge(&f) == EG_BLOCK && out.reason == EG_R_FLOWS_FULL;
		if (world_next(t, &rnd, &f))
			ck_assert_msg(judge(&f) == EG_PASS, "%s", eg_reason_word(out.reason));
		else
			over++;
		over += t->more < 0;
	}
	ck_assert_int_gt(refused, 3);
	ck_assert_int_ge(over, TALKS);
	eg_pipeline_free(pipeline);
	eg_policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("model_honest");
	TCase *c = tcase_create("honest");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(c, honest_exchange_is_not_lost, 0, SEEDS);
	tcase_add_loop_test(c, full_table_ends_nothing, 0, SEEDS);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the filter passes, in long random sequences of both directions, the model passes
 * too. Conversations that began honestly go wrong at any place: frames come twice, late,
 * from the wrong end, with other numbers, flags, ports and lengths, and with any byte changed.
 */
#include "model.h"
#include "world.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 100, STEPS = 8000, TALKS = 8, OLD = 16, FLOWS = 6 };

static struct world_random rnd;
static struct world_talk talks[TALKS];
static struct world_frame old[OLD]; /* frames of before, to be said again */
static struct eg_pipeline *pipeline;
static struct eg_policy *policy;
static struct model *model;
static uint64_t now;
static unsigned long passed[2], blocked, held;

static uint32_t below(uint32_t n)
{
	return world_below(&rnd, n);
}

static void renew(struct world_talk *t)
{
	enum world_kind kind = (enum world_kind)below(WORLD_KINDS);

	/* Few ports, so that conversations get into each other's way. */
	world_begin(t, &rnd, kind, (uint16_t)(5000 + below(3)), (uint16_t)(50000 + below(3)));
}

/* Time mostly goes on in small steps; now and then something expires. */
static void pass_time(void)
{
	static const uint32_t steps[] = { 14999,  15000,   60000,    120000,  299999,
					  300000, 3600000, 86399999, 86400000 };

	if (below(100) == 0)
		now += steps[below(sizeof(steps) / sizeof(steps[0]))];
	else
		now += below(20);
}

static size_t l4_of(const struct world_frame *f)
{
	return f->bytes[12] == 0x86 ? PACKET_L4_6 : PACKET_L4_4;
}

/* A number near V, or any. */
static uint32_t near(uint32_t v)
{
	static const int64_t steps[] = { -70000, -60001, -60000, -1200, -2,    -1,   1,
					 2,      1200,   60000,  60001, 64000, 70000 };

	if (below(4) == 0)
		return world_random(&rnd);
	return (uint32_t)(v + steps[below(sizeof(steps) / sizeof(steps[0]))]);
}

/* Change a field of the transport header. */
static void change_header(struct world_frame *f)
{
	static const uint8_t flags[] = { 0, 1, 2, 4, 16, 17, 18, 20, 24, 25, 41, 63 };
	uint8_t *l4 = f->bytes + l4_of(f);

	if (f->len < l4_of(f) + 20)
		return;
	switch (below(5)) {
	case 0:
		eg_put32(l4 + 4, near(eg_get32(l4 + 4)));
		break;
	case 1:
		eg_put32(l4 + 8, near(eg_get32(l4 + 8)));
		break;
	case 2:
		l4[13] = flags[below(sizeof(flags))];
		break;
	case 3:
		eg_put16(l4, (uint16_t)(eg_get16(l4) + below(3)));
		break;
	default:
		eg_put16(l4 + 14, (uint16_t)world_random(&rnd));
	}
}

/* Send F to another station. */
static void change_target(struct world_frame *f)
{
	bool six = f->bytes[12] == 0x86;
	const struct packet_end *to = below(2) ? &packet_network : &packet_guest;

	if (f->len < l4_of(f))
		return;
	if (below(3) == 0) { /* to its neighbour */
		f->bytes[l4_of(f) - 1] ^= (uint8_t)(1 + below(3));
		return;
	}
	memcpy(f->bytes, to->mac, 6);
	memcpy(f->bytes + PACKET_ETH + (six ? 24 : 16), six ? to->ip6 : to->ip4, six ? 16 : 4);
	f->bytes[l4_of(f) - 1] ^= (uint8_t)below(4);
}

/* Make the first label of a query longer by a letter in front. */
static void change_name(struct world_frame *f)
{
	uint8_t *l4 = f->bytes + l4_of(f), *ip = f->bytes + PACKET_ETH;
	uint8_t *total = ip + (f->bytes[12] == 0x86 ? 4 : 2);
	size_t at = l4_of(f) + 8 + 12;

	if (f->len < at + 8 || eg_get16(l4 + 2) != 53 || f->len + 1 > PACKET_MAX)
		return;
	memmove(f->bytes + at + 2, f->bytes + at + 1, f->len - at - 1);
	f->bytes[at]++;
	f->bytes[at + 1] = 'x';
	eg_put16(l4 + 4, (uint16_t)(eg_get16(l4 + 4) + 1));
	eg_put16(total, (uint16_t)(eg_get16(total) + 1));
	f->len++;
}

/* Turn F into what the other end might send. */
static void turn_round(struct world_frame *f)
{
	uint8_t *b = f->bytes, swap[16];
	size_t at = PACKET_ETH + (b[12] == 0x86 ? 8 : 12), n = b[12] == 0x86 ? 16 : 4;
	uint8_t *l4 = b + l4_of(f);

	f->dir = f->dir == EG_FROM_GUEST ? EG_FROM_NETWORK : EG_FROM_GUEST;
	if (f->len < l4_of(f) + 4 || below(4) == 0)
		return;
	memcpy(swap, b, 6);
	memcpy(b, b + 6, 6);
	memcpy(b + 6, swap, 6);
	memcpy(swap, b + at, n);
	memcpy(b + at, b + at + n, n);
	memcpy(b + at + n, swap, n);
	memcpy(swap, l4, 2);
	memcpy(l4, l4 + 2, 2);
	memcpy(l4 + 2, swap, 2);
}

static void change_bytes(struct world_frame *f)
{
	for (uint32_t i = 1 + below(3); i > 0; i--) {
		size_t room = below(2) && f->len > 80 ? 80 : f->len;

		f->bytes[below((uint32_t)room)] ^= (uint8_t)(1u << below(8));
	}
}

/* Make F longer or shorter than it says. */
static void change_length(struct world_frame *f)
{
	if (below(2))
		f->len = below((uint32_t)f->len + 1);
	else if (f->len + 40 < PACKET_MAX)
		f->len += 1 + below(40);
}

static void spoil(struct world_frame *f)
{
	switch (below(14)) {
	case 0:
		change_bytes(f);
		break;
	case 1:
		change_length(f);
		break;
	case 2:
	case 3:
	case 4:
		change_header(f);
		break;
	case 5:
		turn_round(f);
		break;
	case 6:
		change_target(f);
		break;
	case 7:
		change_name(f);
		break;
	default:
		return; /* as it is */
	}
	if (below(8))
		packet_fix(f->bytes, f->len);
}

static void check_parts(const struct eg_outcome *o, bool guest)
{
	const uint8_t *parts[64];
	size_t lens[64], count = eg_datagram_parts(o->parts);
	uint64_t came;

	ck_assert_uint_lt(count, 63);
	for (size_t i = 0; i < count; i++)
		parts[i] = eg_datagram_part(o->parts, i, &lens[i], &came);
	parts[count] = o->out;
	lens[count] = o->out_len;
	ck_assert_msg(model_may_parts(model, guest, parts, lens, count + 1, now), "at %llu: %s",
		      (unsigned long long)now, model_why(model));
}

/* The length of F as its sender meant it where it is a resolver's, over TCP: what the guest gets of
 * it may be shorter, as an answer of the filter's comes first. Else 0. */
static size_t said_in_stream(const struct world_frame *f)
{
	bool six = f->bytes[12] == 0x86;
	const uint8_t *ip = f->bytes + PACKET_ETH;

	if (f->dir == EG_FROM_GUEST || ip[six ? 6 : 9] != 6 || eg_get16(f->bytes + l4_of(f)) != 53)
		return 0;
	return PACKET_ETH + (six ? 40u + eg_get16(ip + 4) : eg_get16(ip + 2));
}

/* Let the filter judge F, and the model what passes. */
static void judge(struct world_talk *t, const struct world_frame *f)
{
	static uint8_t copy[PACKET_MAX];
	bool guest = f->dir == EG_FROM_GUEST;
	struct eg_outcome o;

	memcpy(copy, f->bytes, f->len);
	if (guest)
		eg_pipeline_from_guest(pipeline, copy, f->len, now, &o);
	else
		eg_pipeline_from_network(pipeline, copy, f->len, now, &o);
	held += o.verdict == EG_HOLD;
	blocked += o.verdict == EG_BLOCK;
	passed[f->dir] += o.verdict == EG_PASS || o.verdict == EG_JOIN;
	if (!o.out)
		return;
	if (guest && t)
		world_left(t, o.out, o.out_len);
	if (o.parts)
		check_parts(&o, guest);
	else
		ck_assert_msg(model_may(model, guest, guest ? o.out : f->bytes,
					said_in_stream(f) ? said_in_stream(f) : o.out_len, now),
			      "at %llu, from the %s: %s (%s)", (unsigned long long)now,
			      guest ? "guest" : "network", model_why(model),
			      eg_reason_word(o.reason));
}

static void step(void)
{
	static struct world_frame f;
	struct world_talk *t = &talks[below(TALKS)];

	pass_time();
	if (below(6) == 0) {
		f = old[below(OLD)];
		t = NULL;
	} else if (!world_next(t, &rnd, &f)) {
		renew(t);
		return;
	} else {
		old[below(OLD)] = f;
	}
	if (f.len == 0)
		return;
	spoil(&f);
	judge(t, &f);
}

START_TEST(what_passes_may_pass)
{
	rnd.state = (uint64_t)_i * 7919;
	pipeline = world_pipeline(&policy, _i % 2 ? FLOWS : 1000, (uint64_t)_i);
	model = model_new(WORLD_NAME, true);
	now = 1000;
	memset(old, 0, sizeof(old));
	passed[0] = passed[1] = blocked = held = 0;
	for (int i = 0; i < TALKS; i++)
		renew(&talks[i]);
	for (int i = 0; i < STEPS; i++)
		step();
	/* Had nothing passed, nothing would have been shown. */
	ck_assert_uint_gt(passed[EG_FROM_GUEST], STEPS / 60);
	ck_assert_uint_gt(passed[EG_FROM_NETWORK], STEPS / 50);
	ck_assert_uint_gt(blocked, STEPS / 20);
	ck_assert_uint_gt(held, STEPS / 200);
	model_free(model);
	eg_pipeline_free(pipeline);
	eg_policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("model");
	TCase *c = tcase_create("model");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(c, what_passes_may_pass, 0, SEEDS);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One pipeline and a sequence of frames in both directions: what it says of each must hang
 * together, and its counters must add up. */
#include "fuzz.h"
#include "packet.h"
#include "question.h"
#include "steps.h"

#include "checksum.h"
#include "pipeline.h"
#include "words.h"

static struct eg_policy *policies[STEP_OPTIONS];
static uint64_t told;

static void blocked(void *ctx, const struct eg_report *b)
{
	(void)ctx;
	if (b->kind != EG_REPORT_BLOCKED)
		return;
	FUZZ_MUST(b->reason > EG_R_NONE && b->reason < EG_REASON_COUNT);
	FUZZ_MUST(b->dir == EG_FROM_GUEST || b->dir == EG_FROM_NETWORK);
	FUZZ_MUST(b->len == 0 || b->frame);
	told++;
}

static void check_parts(const struct eg_outcome *o)
{
	for (size_t i = 0; o->parts && i < eg_datagram_parts(o->parts); i++) {
		size_t n;
		uint64_t came;

		FUZZ_MUST(eg_datagram_part(o->parts, i, &n, &came) && n <= EG_FRAME_MAX);
	}
}

/* IN is what was judged, N bytes. */
static void check_outcome(const struct eg_outcome *o, const uint8_t *in, size_t n, bool guest)
{
	struct eg_frame f;

	FUZZ_MUST((o->verdict == EG_BLOCK) == (o->reason != EG_R_NONE));
	FUZZ_MUST(o->reason < EG_REASON_COUNT && o->reply_len <= EG_REPLY_MAX);
	FUZZ_MUST(!o->reply_len || (guest && o->verdict == EG_BLOCK));
	FUZZ_MUST(!o->parts || o->verdict == EG_PASS);
	FUZZ_MUST((o->out != NULL) == (o->out_len > 0));
	FUZZ_MUST(o->verdict != EG_PASS || o->out);
	check_parts(o);
	if (o->reply_len)
		FUZZ_MUST(eg_frame_decode(&f, o->reply, o->reply_len) == EG_R_NONE);
	if (!o->out)
		return;
	/* Rebuilt here, or the frame, or the pipeline's copy without urgent data. */
	FUZZ_MUST(o->out_len <= (o->out == o->rebuilt ? (size_t)EG_REBUILT_MAX : n));
	FUZZ_MUST(o->out == o->rebuilt || o->out == in || guest);
	if (!o->parts) {
		enum eg_reason r = eg_frame_decode(&f, o->out, o->out_len);

		FUZZ_MUST(r == EG_R_NONE && (f.len == o->out_len));
	}
}

/* What it sends of its own is clean, and ends. */
static void check_own(struct eg_pipeline *p)
{
	static uint8_t own[EG_FRAME_MAX];
	struct eg_frame f;
	size_t n;

	for (int dir = 0; dir < 2; dir++)
		while ((n = eg_pipeline_take_injected(p, (enum eg_dir)dir, own)) > 0)
			FUZZ_MUST(eg_frame_decode(&f, own, n) == EG_R_NONE && f.len == n &&
				  eg_checksum_right(&f));
}

static uint64_t total(const struct eg_counters *c)
{
	uint64_t n = 0;

	for (int dir = 0; dir < 2; dir++)
		for (int r = 0; r < EG_REASON_COUNT; r++)
			n += c->blocked[dir][r];
	return n;
}

static void play(struct eg_pipeline *p, const struct step *s, uint64_t now)
{
	static uint8_t before[FUZZ_MAX];
	bool guest = s->kind != STEP_NETWORK && s->kind != STEP_HOST;
	uint8_t *in = fuzz_place(s->bytes, s->len);
	struct eg_outcome o;

	if (s->kind == STEP_FIXED || s->kind == STEP_HOST)
		packet_fix(in, s->len);
	if (s->len)
		memcpy(before, in, s->len);
	if (guest)
		eg_pipeline_from_guest(p, in, s->len, now, &o);
	else
		eg_pipeline_from_network(p, in, s->len, now, &o);
	FUZZ_MUST(!guest || !s->len || memcmp(before, in, s->len) == 0);
	check_outcome(&o, in, s->len, guest);
	check_own(p);
}

static void make_policies(void)
{
	for (unsigned i = 0; i < STEP_OPTIONS; i++) {
		struct eg_words w = { .policy = eg_policy_new() };

		FUZZ_MUST(w.policy && eg_words_apply(&w, "flows", "8") == 0);
		if (i & STEP_OPTION_RESOLVE)
			FUZZ_MUST(eg_words_apply(&w, "resolve", QUESTION_LIST) == 0);
		if (i & STEP_OPTION_DROP)
			FUZZ_MUST(eg_words_apply(&w, "action", "drop") == 0);
		if (i & STEP_OPTION_ALLOW)
			FUZZ_MUST(eg_words_apply(&w, "allow", "0.0.0.0/0:1-65535") == 0);
		policies[i] = w.policy;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct eg_seed seed = { 1, 2 };
	struct eg_pipeline *p;
	const struct eg_counters *c;
	uint64_t now = 1000, frames = 0;
	struct step s;

	if (size < 1 || size > FUZZ_MAX)
		return 0;
	if (!policies[0])
		make_policies();
	told = 0;
	p = eg_pipeline_new(policies[data[0] % STEP_OPTIONS], &seed, blocked, NULL);
	FUZZ_MUST(p);
	c = eg_pipeline_counters(p);
	data++;
	size--;
	while (frames < STEPS_MAX && steps_next(&data, &size, &s)) {
		now += steps_ms(&s);
		frames++;
		play(p, &s, now);
		FUZZ_MUST(total(c) == told && c->further <= total(c));
		FUZZ_MUST(total(c) - c->further + c->passed[0] + c->passed[1] <= frames);
	}
	eg_pipeline_free(p);
	return 0;
}

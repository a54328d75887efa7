/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mutations that know steps and frames; checksums stay right most of the time. */
#include "build.h"
#include "fuzz.h"

#include <stdlib.h>

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

struct sequence {
	uint8_t options;
	size_t count;
	struct step steps[STEPS_MAX];
};

static uint8_t fresh[PACKET_MAX + 3], copy[FUZZ_MAX], out[FUZZ_MAX];

static void read_sequence(struct sequence *q, const uint8_t *data, size_t size)
{
	q->count = 0;
	q->options = size ? data[0] : 0;
	data += size > 0;
	size -= size > 0;
	while (q->count < STEPS_MAX && steps_next(&data, &size, &q->steps[q->count]))
		q->count++;
}

static size_t write_sequence(const struct sequence *q, uint8_t *to, size_t max)
{
	size_t at = 1;

	to[0] = q->options;
	for (size_t i = 0; i < q->count; i++)
		at += steps_put(to + at, max - at, &q->steps[i]);
	return at;
}

static void insert(struct sequence *q, size_t at, const struct step *s)
{
	if (q->count == STEPS_MAX)
		q->count--;
	if (at > q->count)
		at = q->count;
	memmove(&q->steps[at + 1], &q->steps[at], (q->count - at) * sizeof(*s));
	q->steps[at] = *s;
	q->count++;
}

/* Change the bytes of step S, in a copy of them. */
static void change_bytes(struct rnd *r, struct step *s)
{
	size_t n = s->len, head = s->kind == STEP_LIVE ? 3 : 0;

	if (n < head + 1 || n > PACKET_MAX)
		return;
	memcpy(fresh, s->bytes, n);
	if (LLVMFuzzerMutate && rnd_below(r, 4) == 0)
		n = LLVMFuzzerMutate(fresh, n, rnd_below(r, 2) ? n : PACKET_MAX);
	else if (s->kind == STEP_HOST || s->kind == STEP_ASK)
		fresh[rnd_below(r, n)] = (uint8_t)rnd_below(r, 256);
	else
		for (size_t i = 0; i <= rnd_below(r, 3); i++)
			build_change(r, fresh + head, n - head);
	if (n > head && (s->kind == STEP_GUEST || s->kind == STEP_NETWORK) && rnd_below(r, 8))
		packet_fix(fresh, n);
	s->bytes = fresh;
	s->len = (uint16_t)n;
}

static void mutate(struct rnd *r, struct sequence *q)
{
	size_t at = q->count ? rnd_below(r, q->count) : 0;
	struct step s;

	switch (q->count ? rnd_below(r, 10) : 0) {
	case 0:
	case 1:
	case 2:
		s = build_step(r, fresh);
		insert(q, rnd_below(r, q->count + 1), &s);
		break;
	case 3:
		q->count--;
		memmove(&q->steps[at], &q->steps[at + 1], (q->count - at) * sizeof(s));
		break;
	case 4:
		s = q->steps[at];
		insert(q, rnd_below(r, q->count + 1), &s);
		break;
	case 5:
		q->steps[at].time = (uint8_t)rnd_below(r, 256);
		break;
	case 6:
		q->options = (uint8_t)rnd_below(r, STEP_OPTIONS);
		break;
	case 7:
		q->steps[at] = build_step(r, fresh);
		break;
	default:
		change_bytes(r, &q->steps[at]);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct rnd r = { seed * 0x9e3779b97f4a7c15u + 1 };
	struct sequence q;
	size_t n;

	if (max > FUZZ_MAX)
		max = FUZZ_MAX;
	if (size > max)
		size = max;
	if (LLVMFuzzerMutate && rnd_below(&r, 20) == 0)
		return LLVMFuzzerMutate(data, size, max);
	for (size_t i = 0; i <= rnd_below(&r, 4); i++) {
		memcpy(copy, data, size);
		read_sequence(&q, copy, size);
		mutate(&r, &q);
		n = write_sequence(&q, out, max);
		memcpy(data, out, n);
		size = n;
	}
	return size;
}

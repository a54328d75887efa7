/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that says anything, judged by the filter and by a second opinion made
 * from the rules: numbers have 64 bits there, count from 0 at each SYN and never
 * wrap. What the rules forbid must be blocked, and what any honest end in the guest's
 * place could say must pass.
 */
#include "tcp_link.h"

#include <stdlib.h>

enum { WORLDS = 25, ROUNDS = 300, OLD_ACKS = 66000 };

/* What is known of an end. Signed: a lie may lie before the beginning. */
struct known {
	int64_t end;    /* said at most */
	int64_t ack;    /* acknowledged by it at most */
	int64_t edge;   /* allowed by the other at most */
	int64_t window; /* announced at most */
	int64_t fin;    /* behind its FIN; 0 where it sent none */
};

struct opinion {
	struct link l;
	struct known of[2]; /* by enum eg_dir */
	bool over;          /* a reset passed */
	unsigned int passed, honest;
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* SAID passed: learn from it. */
static void learn(struct opinion *o, const struct says *said, int64_t seq, int64_t ack)
{
	struct known *s = &o->of[said->dir];
	struct known *r = &o->of[!said->dir];
	int64_t window = max64(said->window, 1);

	s->end = max64(s->end, seq + said->len + !!(said->flags & F));
	if (said->flags & F)
		s->fin = s->end;
	s->ack = max64(s->ack, ack);
	s->window = max64(s->window, window);
	r->edge = max64(r->edge, ack + window);
}

/* An established connection, nothing sent yet. */
static struct opinion begin(int start)
{
	struct opinion o = { .l = link_at(start, EG_TCP_ESTABLISHED) };

	o.of[HOST] = (struct known){ 1, 1, 1 + GUEST_WINDOW, HOST_WINDOW, 0 };
	o.of[GUEST] = (struct known){ 1, 1, 1 + HOST_WINDOW, GUEST_WINDOW, 0 };
	return o;
}

static enum eg_reason put(struct opinion *o, struct says *said, int64_t seq, int64_t ack)
{
	said->seq = (uint32_t)seq;
	said->ack = (uint32_t)ack;
	return say(&o->l, *said);
}

/* The host says something honest. It must pass. */
static void host_speaks(struct opinion *o)
{
	struct known *s = &o->of[HOST];
	struct says said = says(HOST, A, 0, 0, (uint16_t)random_below(3000), 0);
	int64_t end = s->fin ? s->fin : s->edge;
	int64_t from = s->end - random_below(2) * (s->end - o->of[GUEST].ack);
	int64_t ack = s->ack + random_below((uint32_t)(o->of[GUEST].end - s->ack) + 1);

	if (end > from && random_below(2))
		said.len = (uint16_t)random_below((uint32_t)(end - from));
	if (!s->fin && random_below(2000) == 0) {
		said.flags |= F;
		from = s->end;
		said.len = 0;
	} else if (from + said.len == s->fin && said.len) {
		said.len--; /* the FIN's number is no byte's */
	}
	ck_assert_int_eq(put(o, &said, from, ack), EG_R_NONE);
	learn(o, &said, from, ack);
}

/* A number near one that matters, or anywhere. */
static int64_t near_something(const struct opinion *o)
{
	const struct known *g = &o->of[GUEST];
	const struct known *h = &o->of[HOST];
	const int64_t points[] = { 0,
				   g->end,
				   g->edge,
				   g->fin,
				   g->ack,
				   g->end - h->window,
				   h->end,
				   h->ack,
				   h->end - g->window - OLD_ACKS,
				   g->end + 0x7fffffff,
				   g->end - 0x7fffffff };
	uint32_t i = random_below(COUNT(points) + 1);

	if (i == COUNT(points))
		return (int64_t)random_below(0x7fffffff) * 2;
	return points[i] + random_below(7) - 3;
}

/* Whether the numbers of an ACK or a FIN are forbidden by the rules. */
static bool is_forbidden(const struct opinion *o, const struct says *said, int64_t seq, int64_t ack)
{
	const struct known *g = &o->of[GUEST];
	const struct known *h = &o->of[HOST];
	bool fin = said->flags & F;
	int64_t end = seq + said->len;

	if (g->fin && (end + fin > g->fin || (fin && end + 1 != g->fin)))
		return true;
	if (!g->fin && (end > g->edge || (fin && end + 1 < g->end)))
		return true;
	return seq < g->end - h->window - 1 || ack > h->end || ack < h->end - g->window - OLD_ACKS;
}

/* Whether an honest end in the guest's place could say it: nothing acknowledged by the host,
 * nothing taken back, nothing that it was not allowed, no acknowledgement but the last. */
static bool is_honest(const struct opinion *o, const struct says *said, int64_t seq, int64_t ack)
{
	return !is_forbidden(o, said, seq, ack) && seq >= o->of[HOST].ack &&
	       seq <= max64(o->of[GUEST].end, o->of[HOST].ack) && ack >= o->of[GUEST].ack;
}

static void check_reset(struct opinion *o, struct says *said, int64_t seq, int64_t ack)
{
	const struct known *g = &o->of[GUEST];
	bool pass = seq >= o->of[HOST].ack && seq <= (g->fin ? g->fin : g->edge);

	said->len = 0;
	ck_assert_int_eq(put(o, said, seq, ack), pass ? EG_R_NONE : EG_R_TCP_WINDOW);
	if (seq == o->of[HOST].ack)
		STATE_IS(&o->l, CLOSED);
	else if (pass)
		STATE_IS(&o->l, CLOSING);
	o->over = pass;
}

static void guest_speaks(struct opinion *o)
{
	static const uint8_t flags[] = { A, A, A, A | P, A | U, F | A, S, S | A, R, R | A };
	static const uint16_t lens[] = { 0, 0, 1, 2, 100, 999, 1000, 1001, 8000 };
	struct says said = says(GUEST, flags[random_below(COUNT(flags))], 0, 0,
				(uint16_t)random_below(5000), lens[random_below(COUNT(lens))]);
	int64_t seq = near_something(o);
	int64_t ack = near_something(o);
	enum eg_reason r;

	if (random_below(3) == 0) { /* the truth, but for the length perhaps */
		const struct known *h = &o->of[HOST];
		const struct known *g = &o->of[GUEST];

		seq = h->ack + random_below((uint32_t)(g->end - h->ack) + 1);
		ack = g->ack + random_below((uint32_t)(h->end - g->ack) + 1);
	}
	/* Most resets would end it: take few. */
	if (said.flags & R && random_below(20))
		return;
	if (said.flags & F && random_below(50))
		return;
	if (said.flags & R) {
		check_reset(o, &said, seq, ack);
		return;
	}
	r = put(o, &said, seq, ack);
	if (said.flags & S) {
		ck_assert(r != EG_R_NONE || (said.flags == (S | A) && said.len == 0 && seq == 0 &&
					     ack == 1 && o->of[GUEST].end == 1));
		return;
	}
	if (is_forbidden(o, &said, seq, ack))
		ck_assert_int_eq(r, EG_R_TCP_WINDOW);
	if (is_honest(o, &said, seq, ack)) {
		ck_assert_int_eq(r, EG_R_NONE);
		o->honest++;
	}
	if (r == EG_R_NONE) {
		learn(o, &said, seq, ack);
		o->passed++;
	}
}

START_TEST(liar_says_nothing_that_is_forbidden)
{
	unsigned int passed = 0;
	unsigned int honest = 0;

	random_state = (uint64_t)_i;
	for (unsigned int world = 0; world < WORLDS; world++) {
		struct opinion o = begin(_i % LINK_STARTS);

		for (unsigned int i = 0; i < ROUNDS && !o.over; i++) {
			if (random_below(3) == 0)
				host_speaks(&o);
			else
				guest_speaks(&o);
		}
		passed += o.passed;
		honest += o.honest;
	}
	/* That it was not all noise. */
	ck_assert_uint_gt(passed, 10 * WORLDS);
	ck_assert_uint_gt(honest, 10 * WORLDS);
}
END_TEST

/* Any segments at all, from both, in any state: a SYN of the guest's never passes, nor any of
 * its data before the host's ACK of its SYN+ACK; windows stay in their bounds. */
START_TEST(noise_breaks_no_invariant)
{
	random_state = (uint64_t)_i + 1000;
	for (unsigned int i = 0; i < WORLDS; i++) {
		struct link l =
			link_at(_i % LINK_STARTS, (enum eg_tcp_state)random_below(EG_TCP_STATES));

		for (unsigned int k = 0; k < ROUNDS; k++) {
			struct says said =
				says(random_below(2) ? HOST : GUEST, random_below(64),
				     random_below(5), random_below(5), (uint16_t)random_below(4),
				     (uint16_t)random_below(2));
			uint8_t before = l.t.state;
			enum eg_reason r;

			said = with_options(said, "\3\3\16\1", random_below(2) * 4);
			r = say(&l, said);
			ck_assert_int_lt(l.t.state, EG_TCP_STATES);
			ck_assert_uint_lt(l.t.side[GUEST].maxwin, 1u << 30);
			ck_assert_uint_lt(l.t.side[HOST].maxwin, 1u << 30);
			if (said.dir == HOST || r != EG_R_NONE)
				continue;
			ck_assert(said.flags & (A | R));
			ck_assert_int_ne(said.flags & (S | A), S);
			if (before < EG_TCP_ESTABLISHED)
				ck_assert(said.flags & (S | R) && said.len == 0);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tcp_liar");
	TCase *c = tcase_create("tcp_liar");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, liar_says_nothing_that_is_forbidden, 0, 2 * LINK_STARTS);
	tcase_add_loop_test(c, noise_breaks_no_invariant, 0, 2 * LINK_STARTS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

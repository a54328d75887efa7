/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two guests against one resolver, with the filter between. One is honest: its TCP sends a
 * stream of random messages over a link that loses, repeats and swaps segments. The other
 * lies: it says one thing first and another later, at numbers as it likes. The resolver
 * puts together what left, and reads it on its own.
 */
#include "dnsstream_link.h"

enum { SEEDS = 40, STREAM_MAX = 65536, QUEUE = 6, ROUNDS = 30000 };

static uint32_t any(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 10;
}

static bool one_in(uint32_t *state, uint32_t n)
{
	return any(state) % n == 0;
}

/* The resolver's end: each byte keeps the value with which it came first. */
struct resolver {
	uint8_t bytes[STREAM_MAX];
	bool seen[STREAM_MAX];
	size_t next, most; /* of its bytes: the first missing, one behind the last */
	size_t fin;        /* where a FIN stands, or STREAM_MAX */
};

static void resolver_reset(struct resolver *r)
{
	memset(r, 0, sizeof(*r));
	r->fin = STREAM_MAX;
}

static void resolver_take(struct resolver *r, const struct left *x)
{
	uint32_t at = x->seq - 1, most = (uint32_t)r->most;

	if (x->n == 0 && !(x->flags & FIN)) {
		/* All that left is before it; or it is a probe, one below. */
		WANT(at == most || at + 1 == most || (at == most + 1 && r->fin == most));
		return;
	}
	WANT(at + x->n <= STREAM_MAX);
	for (size_t i = 0; i < x->n; i++) {
		WANT(!r->seen[at + i] || r->bytes[at + i] == x->bytes[i]);
		r->bytes[at + i] = x->bytes[i];
		r->seen[at + i] = true;
	}
	if (at + x->n > r->most)
		r->most = at + x->n;
	if (x->flags & FIN) {
		WANT(r->fin == STREAM_MAX || r->fin == at + x->n);
		r->fin = at + x->n;
	}
	WANT(r->most <= r->fin);
	while (r->next < STREAM_MAX && r->seen[r->next])
		r->next++;
}

/* Behind the question at AT of message M, N bytes: nothing, or an OPT that is bare or padded. */
static bool opt_is_clean(const uint8_t *m, size_t n, size_t at)
{
	size_t options = n - at - 11;

	if (!m[11])
		return at == n;
	if (at + 11 > n || memcmp(m + at, "\0\0\51", 3) || eg_get16(m + at + 3) < 512 ||
	    eg_get16(m + at + 3) > 1232 || m[at + 5] || m[at + 6] || m[at + 7] & 0x7f ||
	    m[at + 8] || eg_get16(m + at + 9) != options)
		return false;
	at += 11;
	if (options &&
	    (options < 4 || eg_get16(m + at) != 12 || eg_get16(m + at + 2) != options - 4))
		return false;
	for (size_t i = at + 4; options && i < n; i++)
		if (m[i])
			return false;
	return true;
}

/* Whether the N bytes at M are a query as it may leave, for an allowed name and type. */
static bool is_clean(const uint8_t *m, size_t n)
{
	size_t at = 12;

	if (n < 17 || m[2] & 0xfe || m[3] & 0xcf || memcmp(m + 4, "\0\1\0\0\0\0\0", 7) || m[11] > 1)
		return false;
	if (!memcmp(m + 13, "deny", 4))
		return false;
	for (; at < n && m[at]; at += m[at] + 1u) {
		for (size_t i = 1; i <= m[at] && at + i < n; i++)
			if (m[at + i] >= 'A' && m[at + i] <= 'Z')
				return false;
	}
	if (at + 5 > n || m[at + 1] || (m[at + 2] != 1 && m[at + 2] != 28) || m[at + 3] ||
	    m[at + 4] != 1)
		return false;
	return opt_is_clean(m, n, at + 5);
}

/* How many messages the first N bytes at P are; all of them clean, and nothing behind. */
static size_t count_clean(const uint8_t *p, size_t n)
{
	size_t count = 0, at = 0;

	for (; at < n; count++) {
		size_t len;

		WANT(at + 2 <= n);
		len = eg_get16(p + at);
		WANT(at + 2 + len <= n);
		WANT(is_clean(p + at + 2, len));
		at += 2 + len;
	}
	return count;
}

static struct pair any_query(uint32_t *state, bool deny)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	char label[64] = "";
	size_t n = 1 + any(state) % (one_in(state, 4) ? 63 : 12), at = 0;
	int options = NO_EDNS;

	if (deny)
		n = 4 + any(state) % 10;
	for (; at < n; at++)
		label[at] = letters[any(state) % (sizeof(letters) - 1)];
	memcpy(label, deny ? "dEnY" : "Allow", n < 4 ? 1 : 4);
	if (!one_in(state, 3))
		options = one_in(state, 3) ? 0
					   : (int)(4 + any(state) % (one_in(state, 4) ? 900 : 30));
	return pair(label, one_in(state, 2) ? EG_DNS_TYPE_A : EG_DNS_TYPE_AAAA, options);
}

/* Append a message to S that the filter is not to let through. Returns why. */
static enum eg_reason append_bad(struct stream_pair *s, uint32_t *state)
{
	static const struct {
		size_t at;
		uint8_t byte;
	} spoils[] = { { 0, 4 }, { 0, 0xff }, { 1, 16 }, { 4, 0x80 }, { 7, 2 }, { 13, 7 } };
	struct pair p = any_query(state, false);
	size_t i = any(state) % 9;
	enum eg_reason r = EG_R_DNS_MALFORMED;

	if (i < 6) {
		p.in[spoils[i].at] = spoils[i].byte;
		if (spoils[i].at == 1)
			p.in[0] = 0;
	} else if (i < 8) {
		p = any_query(state, true);
		r = EG_R_DNS_NAME;
	} else {
		p = pair("www", 16, NO_EDNS);
		r = EG_R_DNS_TYPE;
	}
	append(s, p);
	return r;
}

/* The honest guest, and the links on its both sides. */
struct model {
	struct link l;
	struct resolver r;
	struct stream_pair s;
	uint32_t state;
	bool polite;      /* it sends a message when the one before is acknowledged */
	size_t una, next; /* of its bytes; the FIN is one */
	struct {
		size_t from, n;
	} queue[QUEUE];
	size_t queued;
	enum eg_reason reason;
};

/* The first byte behind what may be sent now. */
static size_t send_limit(const struct model *m)
{
	size_t i = 0;

	if (!m->polite)
		return m->s.n + 1;
	while (i < m->s.count && m->s.ends[i] <= m->una)
		i++;
	return i < m->s.count ? m->s.ends[i] : m->s.n + 1;
}

/* Put N of the guest's bytes from FROM on, in one segment, on the link. */
static void put(struct model *m, size_t from, size_t n)
{
	if (from + n > send_limit(m))
		n = send_limit(m) - from;
	if (n == 0 || m->queued == QUEUE)
		return;
	m->queue[m->queued].from = from;
	m->queue[m->queued++].n = n;
	if (from + n > m->next)
		m->next = from + n;
}

/* One of the segments on the link comes to the filter, and what leaves to the resolver,
 * whose acknowledgement goes back; each may be lost. */
static void carry(struct model *m)
{
	size_t i = any(&m->state) % m->queued, from = m->queue[i].from, n = m->queue[i].n;
	bool fin = from + n > m->s.n;
	struct says say_it = { .seq = (uint32_t)(1 + from),
			       .p = m->s.in + from,
			       .n = n - fin,
			       .flags = fin ? ACK | FIN : ACK };
	size_t have;
	struct left x;

	if (!one_in(&m->state, 6))
		m->queue[i] = m->queue[--m->queued];
	if (one_in(&m->state, 8))
		return;
	x = say(&m->l, say_it);
	m->reason = x.reason;
	if (x.reason) {
		WANT(x.flags == (RST | ACK) && x.n == 0 && x.seq == 1 + m->r.most);
		return;
	}
	if (one_in(&m->state, 8) && x.seq + x.n > m->r.most + 1) {
		/* Lost behind the filter; only that it left is known. */
		m->r.most = x.seq - 1 + x.n;
		if (x.flags & FIN)
			m->r.fin = m->r.most;
		return;
	}
	resolver_take(&m->r, &x);
	have = m->r.next + (m->r.next == m->r.fin && x.flags & FIN);
	acked(&m->l, (uint32_t)(1 + m->r.next));
	if (!one_in(&m->state, 8) && have > m->una)
		m->una = have;
}

/* Run until all is acknowledged or the filter had enough. */
static void run(struct model *m)
{
	for (size_t round = 0; round < ROUNDS && !m->reason && m->una <= m->s.n; round++) {
		size_t n = 1 + any(&m->state) % (one_in(&m->state, 3) ? 1460 : 60);

		if (one_in(&m->state, 4) || m->next > m->s.n)
			put(m, m->una, n);
		else if (m->next - m->una < 4000)
			put(m, m->next, n);
		if (m->queued)
			carry(m);
	}
}

/* A stream of COUNT clean messages, and a bad one as number BAD, on link I. */
static struct model *new_model(int i, size_t count, size_t bad, enum eg_reason *why)
{
	struct model *m = calloc(1, sizeof(*m));

	ck_assert_ptr_nonnull(m);
	m->l = new_link(i % LINKS);
	m->state = (uint32_t)i;
	resolver_reset(&m->r);
	for (size_t j = 0; j < count; j++) {
		if (j == bad)
			*why = append_bad(&m->s, &m->state);
		append(&m->s, any_query(&m->state, false));
	}
	return m;
}

START_TEST(all_clean_messages_arrive_in_order)
{
	struct model *m = new_model(_i, 40, SIZE_MAX, NULL);

	run(m);
	ck_assert_int_eq(m->reason, EG_R_NONE);
	ck_assert_uint_eq(m->una, m->s.n + 1);
	ck_assert_uint_eq(m->r.next, m->s.n);
	ck_assert_uint_eq(m->r.fin, m->s.n);
	ck_assert_mem_eq(m->r.bytes, m->s.out, m->s.n);
	ck_assert_uint_eq(count_clean(m->r.bytes, m->r.next), m->s.count);
	ck_assert_uint_eq(m->l.judged, m->s.count);
	free_link(&m->l);
	free(m);
}
END_TEST

START_TEST(of_a_bad_message_and_what_follows_nothing_arrives)
{
	size_t bad = (size_t)_i % 20;
	enum eg_reason why;
	struct model *m = new_model(_i, 21, bad, &why);
	size_t before = bad ? m->s.ends[bad - 1] : 0;

	m->polite = _i % 2;
	run(m);
	ck_assert_str_eq(eg_reason_word(m->reason), eg_reason_word(why));
	ck_assert_uint_le(m->r.most, before);
	ck_assert_mem_eq(m->r.bytes, m->s.out, m->r.next);
	if (m->polite)
		ck_assert_uint_eq(m->r.next, before);
	free_link(&m->l);
	free(m);
}
END_TEST

/* The liar: what it would say at the numbers from sent on, which it plans anew at a whim. */
struct liar {
	struct link l;
	struct resolver r;
	uint32_t state;
	struct stream_pair plan;
	size_t said; /* of the plan */
	size_t messages, faults;
};

static void plan_anew(struct liar *m)
{
	m->plan.n = m->plan.count = 0;
	for (size_t i = 0; i < 4; i++) {
		if (one_in(&m->state, 12))
			append_bad(&m->plan, &m->state);
		append(&m->plan, any_query(&m->state, false));
	}
}

/* What is said next: mostly the plan, where it stands; else anything. */
static struct says next_lie(struct liar *m)
{
	static const uint8_t flags[] = { ACK, ACK | PSH, ACK | URG, ACK | ECE | CWR };
	uint32_t sent = (uint32_t)(1 + m->r.most);
	size_t back = one_in(&m->state, 4) ? any(&m->state) % 80 : 0;
	size_t at = m->said < back ? 0 : m->said - back;
	size_t n = any(&m->state) % (one_in(&m->state, 3) ? 1500 : 40);
	struct says s = { .p = m->plan.in + at, .flags = flags[any(&m->state) % 4] };

	s.seq = sent + (uint32_t)at;
	if (one_in(&m->state, 6))
		s.seq = sent + any(&m->state) % 300 - 200;
	if (one_in(&m->state, 200))
		s.flags |= FIN;
	s.n = n < m->plan.n - at ? n : m->plan.n - at;
	if (s.seq == sent + at)
		m->said = at + s.n;
	return s;
}

/* The connection is over: count what the resolver got, and open another. */
static void start_over(struct liar *m)
{
	m->messages += count_clean(m->r.bytes, m->r.most);
	resolver_reset(&m->r);
	m->l.iss += any(&m->state);
	anew(&m->l);
	plan_anew(m);
	m->said = 0;
}

static void lie(struct liar *m)
{
	size_t most = m->r.most;
	struct left x = say(&m->l, next_lie(m));

	if (x.reason) {
		WANT(x.n == 0 && x.flags == (RST | ACK) && x.seq == 1 + most);
		m->faults++;
		start_over(m);
		return;
	}
	resolver_take(&m->r, &x);
	WANT(m->r.next == m->r.most);
	if (one_in(&m->state, 2))
		acked(&m->l, (uint32_t)(1 + m->r.most));
	if (m->r.most > most || one_in(&m->state, 10)) {
		/* What is held now belongs to an older plan. */
		plan_anew(m);
		m->said = one_in(&m->state, 3) ? any(&m->state) % 30 : 0;
	}
	if (m->r.most > STREAM_MAX - 4096 || m->r.fin != STREAM_MAX)
		start_over(m);
}

START_TEST(liar_gets_nothing_through_but_clean_messages)
{
	struct liar *m = calloc(1, sizeof(*m));

	ck_assert_ptr_nonnull(m);
	m->l = new_link(_i % LINKS);
	m->state = (uint32_t)_i;
	resolver_reset(&m->r);
	plan_anew(m);
	for (size_t round = 0; round < ROUNDS / 5; round++)
		lie(m);
	start_over(m);
	ck_assert_uint_gt(m->messages, 100);
	ck_assert_uint_gt(m->faults, 100);
	free_link(&m->l);
	free(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dnsstream_model");
	TCase *c = tcase_create("guests");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, all_clean_messages_arrive_in_order, 0, SEEDS);
	tcase_add_loop_test(c, of_a_bad_message_and_what_follows_nothing_arrives, 0, SEEDS);
	tcase_add_loop_test(c, liar_gets_nothing_through_but_clean_messages, 0, SEEDS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

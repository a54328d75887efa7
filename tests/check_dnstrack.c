/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dnstrack.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

static struct eg_dnstrack *t;
static size_t known_count; /* see known */

static void setup(void)
{
	t = eg_dnstrack_new(&(struct eg_seed){ 1, 2 });
	ck_assert_ptr_nonnull(t);
	known_count = 0;
}

static void teardown(void)
{
	eg_dnstrack_free(t);
}

/* A query in its frame, and the answer to it, each field of which a test may change. */
struct exchange {
	struct eg_frame to, from;
	struct eg_dns_query q;
	struct eg_dns_answer a;
};

static struct eg_addr v4(uint8_t last)
{
	return (struct eg_addr){ { [10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = last } };
}

static struct exchange asked(const char *raw)
{
	struct exchange x;
	struct eg_reader r = eg_reader(raw, strlen(raw) + 1);

	memset(&x, 0, sizeof(x));
	x.to.src = v4(15);
	x.to.dst = v4(3);
	x.to.sport = 40000;
	x.to.dport = EG_DNS_PORT;
	x.to.proto = EG_PROTO_UDP;
	x.from = x.to;
	x.from.src = x.to.dst;
	x.from.dst = x.to.src;
	x.from.sport = x.to.dport;
	x.from.dport = x.to.sport;
	x.q.id = x.a.id = 0x1234;
	x.q.type = x.a.type = EG_DNS_TYPE_A;
	ck_assert(eg_name_take(&r, &x.q.name));
	memcpy(x.q.raw, raw, x.q.name.len);
	x.a.name = x.q.name;
	return x;
}

/* What each query left with, by what tells it from others here. */
enum { KNOWN = 2048 };
static struct {
	struct eg_dns_query q;
	struct eg_frame to;
	struct eg_dns_alias alias;
} known[KNOWN];

static size_t place_of(const struct exchange *x)
{
	size_t i = 0;

	while (i < known_count &&
	       !(known[i].q.id == x->q.id && known[i].q.type == x->q.type &&
		 eg_name_equal(&known[i].q.name, &x->q.name) && known[i].to.sport == x->to.sport &&
		 eg_addr_equal(&known[i].to.dst, &x->to.dst)))
		i++;
	return i;
}

/* Make the answer of X one to what left when its query was asked. */
static void recall(struct exchange *x)
{
	size_t i = place_of(x);

	if (i == known_count)
		return;
	x->from.dport = known[i].alias.port;
	x->a.id = known[i].alias.id;
}

static void remember(const struct exchange *x, struct eg_dns_alias alias)
{
	size_t i = place_of(x);

	ck_assert_uint_lt(i, KNOWN);
	known_count += i == known_count;
	known[i].q = x->q;
	known[i].to = x->to;
	known[i].alias = alias;
}

/* Ask X, whose answer comes from then on as it left. */
static enum eg_reason ask(struct exchange *x, uint64_t now)
{
	struct eg_dns_place place;
	enum eg_reason r = eg_dnstrack_plan(t, &x->to, &x->q, now, &place);

	if (r == EG_R_NONE) {
		ck_assert(eg_dnstrack_has_port(place.alias.port));
		eg_dnstrack_ask(t, &x->to, &x->q, now, &place);
		x->from.dport = place.alias.port;
		x->a.id = place.alias.id;
		remember(x, place.alias);
	}
	return r;
}

/* RAW gets the name; what stands behind it must stay as it is. */
static enum eg_reason answer_to(const struct exchange *x, uint64_t now, uint8_t raw[EG_NAME_MAX])
{
	uint8_t *room = guarded_copy(NULL, EG_NAME_MAX);
	struct eg_dns_alias client = { 0, 0 };
	enum eg_reason r = eg_dnstrack_answer(t, &x->from, &x->a, now, &client, room);
	bool untouched = true;

	if (r == EG_R_NONE) {
		ck_assert_uint_eq(client.port, x->to.sport);
		ck_assert_uint_eq(client.id, x->q.id);
	}

	/* No check for each byte: Check writes down where it is at every one. */
	for (size_t i = r == EG_R_NONE ? x->a.name.len : 0; i < EG_NAME_MAX; i++)
		untouched &= room[i] == 0xa5;
	ck_assert(untouched);
	memcpy(raw, room, EG_NAME_MAX);
	guarded_free(room, EG_NAME_MAX);
	return r;
}

static enum eg_reason answer(const struct exchange *x, uint64_t now)
{
	uint8_t raw[EG_NAME_MAX];

	return answer_to(x, now, raw);
}

#define PASSES(expr)  ck_assert_int_eq((expr), EG_R_NONE)
#define UNASKED(expr) ck_assert_int_eq((expr), EG_R_DNS_ANSWER)

START_TEST(answer_passes_once)
{
	struct exchange x = asked("\7example\3org");

	UNASKED(answer(&x, 0));
	PASSES(ask(&x, 0));
	PASSES(answer(&x, 0));
	UNASKED(answer(&x, 0));
	PASSES(ask(&x, 5));
	PASSES(answer(&x, 5));
	UNASKED(answer(&x, 5));
}
END_TEST

START_TEST(answer_brings_back_the_letters_of_the_query)
{
	struct exchange x = asked("\7eXaMpLe\3ORg"), y = asked("\7EXAMPLE\3org");
	uint8_t raw[EG_NAME_MAX];

	PASSES(ask(&x, 0));
	PASSES(answer_to(&x, 1, raw));
	ck_assert_mem_eq(raw, "\7eXaMpLe\3ORg", 13);
	PASSES(ask(&x, 2));
	PASSES(ask(&y, 3)); /* the same query again: it refreshes, and its letters stand */
	PASSES(answer_to(&x, 4, raw));
	ck_assert_mem_eq(raw, "\7EXAMPLE\3org", 13);
	UNASKED(answer(&x, 5));
}
END_TEST

START_TEST(root_is_a_name_too)
{
	struct exchange x = asked("");
	uint8_t raw[EG_NAME_MAX];

	PASSES(ask(&x, 0));
	PASSES(answer_to(&x, 0, raw));
	ck_assert_uint_eq(raw[0], 0);
}
END_TEST

/* Each change makes it somebody else's answer, and leaves the query waiting. */
static void other_guest(struct exchange *x)
{
	x->from.dst = v4(16);
}

static void other_resolver(struct exchange *x)
{
	x->from.src = v4(4);
}

static void family_of_resolver(struct exchange *x)
{
	memset(x->from.src.b, 0, 12);
}

static void swapped_addresses(struct exchange *x)
{
	x->from.src = x->to.src;
	x->from.dst = x->to.dst;
}

static void other_guest_port(struct exchange *x)
{
	x->from.dport++;
}

static void other_resolver_port(struct exchange *x)
{
	x->from.sport = 5353;
}

static void other_id(struct exchange *x)
{
	x->a.id ^= 0x0100;
}

static void other_type(struct exchange *x)
{
	x->a.type = EG_DNS_TYPE_AAAA;
}

static void other_name(struct exchange *x)
{
	x->a.name.wire[1] ^= 1;
}

static void end_of_name(struct exchange *x)
{
	x->a.name.wire[x->a.name.len - 2] ^= 1;
}

static void parent(struct exchange *x)
{
	x->a.name = asked("\3org").a.name;
}

static void child(struct exchange *x)
{
	x->a.name = asked("\1a\7example\3org").a.name;
}

static void dot_in_label(struct exchange *x)
{
	x->a.name = asked("\13example.org").a.name;
}

static void (*const changes[])(struct exchange *x) = {
	other_guest,       other_resolver,   family_of_resolver,
	swapped_addresses, other_guest_port, other_resolver_port,
	other_id,          other_type,       other_name,
	end_of_name,       parent,           child,
	dot_in_label,
};
enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

START_TEST(answer_matches_the_query_in_all)
{
	struct exchange x = asked("\7example\3org"), other;

	PASSES(ask(&x, 0));
	other = x;
	changes[_i](&other);
	UNASKED(answer(&other, 1));
	PASSES(answer(&x, 2));
}
END_TEST

/* Two queries that differ in one field wait side by side, each for its own answer. */
START_TEST(similar_queries_wait_apart)
{
	struct exchange x = asked("\7example\3org"), other = x;

	changes[_i](&other);
	other.to.src = other.from.dst;
	other.to.dst = other.from.src;
	other.to.sport = other.from.dport;
	other.to.dport = other.from.sport;
	other.q.id = other.a.id;
	other.q.type = other.a.type;
	other.q.name = other.a.name;
	PASSES(ask(&x, 0));
	PASSES(ask(&other, 0));
	PASSES(answer(&x, 1));
	UNASKED(answer(&x, 1));
	PASSES(answer(&other, 1));
	UNASKED(answer(&other, 1));
}
END_TEST

START_TEST(wait_ends_after_the_timeout)
{
	struct exchange x = asked("\1a");
	static const uint64_t starts[] = { 0, 1, 1000, UINT32_MAX, (uint64_t)1 << 50 };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		uint64_t now = starts[i];

		PASSES(ask(&x, now));
		PASSES(answer(&x, now + EG_DNSTRACK_TIMEOUT - 1));
		PASSES(ask(&x, now));
		UNASKED(answer(&x, now + EG_DNSTRACK_TIMEOUT));
		teardown();
		setup();
	}
}
END_TEST

START_TEST(asking_again_starts_the_clock_anew)
{
	struct exchange x = asked("\1a");

	PASSES(ask(&x, 0));
	PASSES(ask(&x, 10000));
	PASSES(answer(&x, 10000 + EG_DNSTRACK_TIMEOUT - 1));
	UNASKED(answer(&x, 10000 + EG_DNSTRACK_TIMEOUT - 1));
	/* After the timeout it is a new one. */
	PASSES(ask(&x, 100000));
	PASSES(ask(&x, 100000 + EG_DNSTRACK_TIMEOUT));
	PASSES(answer(&x, 100001 + EG_DNSTRACK_TIMEOUT));
	UNASKED(answer(&x, 100001 + EG_DNSTRACK_TIMEOUT));
}
END_TEST

static struct exchange numbered(unsigned i)
{
	struct exchange x = asked("\1a");

	x.q.id = x.a.id = (uint16_t)(i * 7);
	return x;
}

START_TEST(full_table_refuses_and_evicts_nobody)
{
	struct exchange more = asked("\4more");

	for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		struct exchange x = numbered(i);

		PASSES(ask(&x, i));
	}
	ck_assert_int_eq(ask(&more, 500), EG_R_DNS_BUSY);
	UNASKED(answer(&more, 500));
	/* Who waits already may ask again. */
	for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		struct exchange x = numbered(i);

		PASSES(ask(&x, 1000 + i));
	}
	ck_assert_int_eq(ask(&more, 1000 + EG_DNSTRACK_TIMEOUT - 1), EG_R_DNS_BUSY);
	PASSES(ask(&more, 1000 + EG_DNSTRACK_TIMEOUT));
	PASSES(answer(&more, 1000 + EG_DNSTRACK_TIMEOUT));
	for (unsigned i = 1; i < EG_DNSTRACK_CAPACITY; i++) {
		struct exchange x = numbered(i);

		recall(&x);
		PASSES(answer(&x, 1000 + EG_DNSTRACK_TIMEOUT));
	}
}
END_TEST

START_TEST(answers_make_room)
{
	for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		struct exchange x = numbered(i);

		PASSES(ask(&x, 0));
	}
	for (unsigned i = 0; i < 3 * EG_DNSTRACK_CAPACITY; i++) {
		struct exchange old = numbered(i), young = numbered(i + EG_DNSTRACK_CAPACITY);

		ck_assert_int_eq(ask(&young, 1), EG_R_DNS_BUSY);
		recall(&old);
		PASSES(answer(&old, 1));
		PASSES(ask(&young, 1));
	}
}
END_TEST

/* What is left of a query whose time is over gives nothing to the one in its place. */
START_TEST(longer_name_leaves_nothing_behind)
{
	struct exchange before = asked("\7EXAMPLE\3ORG\3ORG"), after = asked("\7eXample\3org");
	uint8_t raw[EG_NAME_MAX];

	for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		before.q.id = (uint16_t)i;
		PASSES(ask(&before, 0));
	}
	PASSES(ask(&after, EG_DNSTRACK_TIMEOUT));
	PASSES(answer_to(&after, EG_DNSTRACK_TIMEOUT, raw));
	ck_assert_mem_eq(raw, "\7eXample\3org", 13);
	UNASKED(answer(&before, EG_DNSTRACK_TIMEOUT));
}
END_TEST

/* The model: a place for every query that there can be, and nothing that runs full. */
enum { STEPS = 20000, KEYS = 400 };
static struct {
	bool waits;
	uint64_t asked;
} model[KEYS];

static struct exchange nth(unsigned n)
{
	static const char *const names[] = { "\7example\3org", "\1a\7example\3org", "\1a", "" };
	struct exchange x = asked(names[n % 4]);

	x.q.type = x.a.type = n / 4 % 2 ? EG_DNS_TYPE_AAAA : EG_DNS_TYPE_A;
	x.to.dst = x.from.src = v4(n / 8 % 2 ? 3 : 4);
	x.to.sport = x.from.dport = (uint16_t)(40000 + n / 16 % 5);
	x.q.id = x.a.id = (uint16_t)(n / 80);
	return x;
}

static bool still_waits(unsigned n, uint64_t now)
{
	return model[n].waits && now - model[n].asked < EG_DNSTRACK_TIMEOUT;
}

static bool has_room(uint64_t now)
{
	unsigned waiting = 0;

	for (unsigned i = 0; i < KEYS; i++)
		waiting += still_waits(i, now);
	return waiting < EG_DNSTRACK_CAPACITY;
}

START_TEST(agrees_with_a_plain_list)
{
	uint32_t state = (uint32_t)_i;
	unsigned busy = 0, passed = 0;
	uint64_t now = 0;

	memset(model, 0, sizeof(model));
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned n = ((state = state * 1664525 + 1013904223) >> 8) % KEYS;
		struct exchange x = nth(n);
		bool waits = still_waits(n, now);

		/* By turns more is asked than answered and the other way round. */
		if (state >> 29 < (step / 1000 % 2 ? 7u : 3u)) {
			bool room = waits || has_room(now);

			ck_assert_int_eq(ask(&x, now), room ? EG_R_NONE : EG_R_DNS_BUSY);
			busy += !room;
			model[n].waits = waits || room;
			model[n].asked = room ? now : model[n].asked;
		} else {
			recall(&x);
			ck_assert_int_eq(answer(&x, now), waits ? EG_R_NONE : EG_R_DNS_ANSWER);
			passed += waits;
			model[n].waits = false;
		}
		now += (state >> 16) % 50;
	}
	ck_assert_uint_gt(busy, 100);
	ck_assert_uint_gt(passed, 1000);
}
END_TEST

START_TEST(aliases_are_ours_and_tell_queries_apart)
{
	unsigned same = 0;

	for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		struct exchange x = numbered(i);

		PASSES(ask(&x, 0));
		same += x.a.id == x.q.id;
		for (size_t j = 0; j + 1 < known_count; j++)
			ck_assert(known[j].alias.port != x.from.dport ||
				  known[j].alias.id != x.a.id);
	}
	ck_assert_uint_lt(same, 3);
	for (unsigned port = 0; port < 65536; port++)
		ck_assert_int_eq(eg_dnstrack_has_port((uint16_t)port), port >= 1008 && port < 1024);
}
END_TEST

/* Ids are drawn at random: of so many, some are that of a query that waits on the same port. */
START_TEST(no_two_that_wait_on_a_port_have_the_same_id)
{
	static struct eg_dns_alias left[EG_DNSTRACK_CAPACITY];
	unsigned refused = 0, same = 0;

	for (uint64_t round = 0; round < 200; round++)
		for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
			struct exchange x = numbered(i);
			uint64_t now = round * EG_DNSTRACK_TIMEOUT;

			refused += ask(&x, now) != EG_R_NONE;
			left[i] = (struct eg_dns_alias){ x.from.dport, x.a.id };
			for (unsigned j = 0; j < i; j++)
				same += left[j].port == left[i].port && left[j].id == left[i].id;
		}
	ck_assert_uint_eq(refused, 0);
	ck_assert_uint_eq(same, 0);
}
END_TEST

/* Who only plans leaves nothing but the ids that were drawn: no place, no client, no port. */
START_TEST(plan_alone_changes_nothing)
{
	struct exchange x = numbered(1);
	struct eg_dns_place first, again;

	for (unsigned i = 0; i < 3 * EG_DNSTRACK_CAPACITY; i++) {
		struct exchange y = numbered(i);

		y.to.src.b[15] = (uint8_t)i;
		ck_assert_int_eq(eg_dnstrack_plan(t, &y.to, &y.q, 1, &first), EG_R_NONE);
		ck_assert(!first.again);
	}
	ck_assert_int_eq(eg_dnstrack_plan(t, &x.to, &x.q, 1, &first), EG_R_NONE);
	eg_dnstrack_ask(t, &x.to, &x.q, 1, &first);
	ck_assert_int_eq(eg_dnstrack_plan(t, &x.to, &x.q, 2, &again), EG_R_NONE);
	ck_assert(again.again);
	ck_assert_uint_eq(again.number, first.number);
	ck_assert_uint_eq(again.alias.id, first.alias.id);
}
END_TEST

START_TEST(free_of_nothing_is_fine)
{
	eg_dnstrack_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dnstrack");
	TCase *c = tcase_create("dnstrack");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, answer_passes_once);
	tcase_add_test(c, answer_brings_back_the_letters_of_the_query);
	tcase_add_test(c, root_is_a_name_too);
	tcase_add_loop_test(c, answer_matches_the_query_in_all, 0, CHANGES);
	tcase_add_loop_test(c, similar_queries_wait_apart, 0, CHANGES);
	tcase_add_test(c, wait_ends_after_the_timeout);
	tcase_add_test(c, asking_again_starts_the_clock_anew);
	tcase_add_test(c, full_table_refuses_and_evicts_nobody);
	tcase_add_test(c, answers_make_room);
	tcase_add_test(c, longer_name_leaves_nothing_behind);
	tcase_add_loop_test(c, agrees_with_a_plain_list, 0, 4);
	tcase_add_test(c, aliases_are_ours_and_tell_queries_apart);
	tcase_add_test(c, no_two_that_wait_on_a_port_have_the_same_id);
	tcase_add_test(c, plan_alone_changes_nothing);
	tcase_add_test(c, free_of_nothing_is_fine);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

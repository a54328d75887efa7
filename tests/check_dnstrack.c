/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dnstrack.h"
#include "dnswait.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

static struct eg_dnstrack *t;

static void setup(void)
{
	t = eg_dnstrack_new(&(struct eg_seed){ 1, 2 }, NULL, NULL);
	ck_assert_ptr_nonnull(t);
}

static void teardown(void)
{
	eg_dnstrack_free(t);
}

/* A query in its frame, and the answer to it, each field of which a test may change. */
struct exchange {
	uint8_t eth[14];
	uint8_t message[EG_DNS_HEADER_LEN + EG_NAME_MAX];
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
	x.eth[11] = 15;
	x.q.id = 0x1234;
	x.q.type = x.a.type = EG_DNS_TYPE_A;
	x.q.rd = true;
	ck_assert(eg_name_take(&r, &x.q.name));
	memcpy(x.q.raw, raw, x.q.name.len);
	x.a.name = x.q.name;
	return x;
}

/* Plan X, of which *PLACE is then what became of it, with a guard behind all that is read. */
static enum eg_reason plan(struct exchange *x, uint64_t now, struct eg_dns_place *place)
{
	x->to.bytes = x->eth;
	return eg_dnstrack_plan(t, &x->to, &x->q, now, place);
}

/* Ask X, whose answer is one to what left. Returns why not; *LEFT is whether it left itself. */
static enum eg_reason ask_or_join(struct exchange *x, uint64_t now, bool *left)
{
	struct eg_dns_place place;
	enum eg_reason r = plan(x, now, &place);

	*left = false;
	if (r)
		return r;
	ck_assert(place.again || !place.joins);
	*left = !place.joins;
	x->from.dst = *place.addr;
	x->from.dport = place.from.port;
	x->a.id = place.id;
	memcpy(x->message + EG_DNS_HEADER_LEN, place.name, x->q.name.len);
	eg_dnstrack_ask(t, &x->to, &x->q, now, &place, !place.joins);
	ck_assert(eg_dnstrack_has_port(t, &x->from.dst, x->from.dport, now));
	return EG_R_NONE;
}

static enum eg_reason ask(struct exchange *x, uint64_t now)
{
	bool left;

	return ask_or_join(x, now, &left);
}

static bool leaves(struct exchange *x, uint64_t now)
{
	bool left;

	ck_assert_int_eq(ask_or_join(x, now, &left), EG_R_NONE);
	return left;
}

static bool joins(struct exchange *x, uint64_t now)
{
	return !leaves(x, now);
}

static enum eg_dns_fit fit(const struct exchange *x, uint64_t now, size_t *place)
{
	struct eg_frame f = x->from;

	f.payload = (struct eg_span){ x->message, EG_DNS_HEADER_LEN + x->a.name.len };
	return eg_dnstrack_answer(t, &f, &x->a, now, place);
}

/* How many are given the answer of X: 0, it is a misfit. The last of them is *LAST. */
static unsigned given(const struct exchange *x, uint64_t now, struct eg_dns_client *last)
{
	struct eg_dns_client c;
	unsigned count = 0;
	size_t place;

	if (fit(x, now, &place) != EG_DNS_FITS)
		return 0;
	while (eg_dnstrack_take_client(t, place, &c)) {
		count++;
		*last = c;
	}
	return count;
}

static unsigned answer(const struct exchange *x, uint64_t now)
{
	struct eg_dns_client last;

	return given(x, now, &last);
}

#define PASSES(expr)    ck_assert_int_eq((expr), EG_R_NONE)
#define SERVES(n, expr) ck_assert_uint_eq((expr), n)

START_TEST(answer_passes_once)
{
	struct exchange x = asked("\7example\3org");

	SERVES(0, answer(&x, 0));
	PASSES(ask(&x, 0));
	SERVES(1, answer(&x, 0));
	SERVES(0, answer(&x, 0));
	PASSES(ask(&x, 5));
	SERVES(1, answer(&x, 5));
	SERVES(0, answer(&x, 5));
}
END_TEST

START_TEST(answer_serves_all_that_asked_as_they_asked)
{
	struct exchange x = asked("\7eXaMpLe\3ORg"), y = asked("\7EXAMPLE\3org");
	struct eg_dns_client c;
	size_t place;

	y.to.src = v4(16);
	y.eth[11] = 16;
	y.q.id = 7;
	y.to.sport = 9;
	ck_assert(leaves(&x, 0));
	ck_assert(joins(&y, 1));
	ck_assert(joins(&x, 2)); /* who waits already waits once */
	ck_assert_int_eq(fit(&y, 3, &place), EG_DNS_FITS);
	ck_assert(eg_dnstrack_take_client(t, place, &c));
	ck_assert(eg_addr_equal(&c.addr, &y.to.src));
	ck_assert(eg_addr_equal(&c.resolver, &y.to.dst));
	ck_assert_mem_eq(c.mac, y.eth + 6, 6);
	ck_assert_uint_eq(c.port, 9);
	ck_assert_uint_eq(c.query.id, 7);
	ck_assert_mem_eq(c.query.raw, "\7EXAMPLE\3org", 13);
	ck_assert(eg_dnstrack_take_client(t, place, &c));
	ck_assert_mem_eq(c.mac, x.eth + 6, 6);
	ck_assert_uint_eq(c.port, 40000);
	ck_assert_uint_eq(c.query.id, 0x1234);
	ck_assert_mem_eq(c.query.raw, "\7eXaMpLe\3ORg", 13);
	ck_assert(!eg_dnstrack_take_client(t, place, &c));
	SERVES(0, answer(&x, 5));
}
END_TEST

START_TEST(root_is_a_name_too)
{
	struct exchange x = asked("");

	PASSES(ask(&x, 0));
	SERVES(1, answer(&x, 0));
}
END_TEST

/* Each change makes it somebody else's answer, and leaves the question waiting. */
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

START_TEST(answer_matches_the_question_in_all)
{
	struct exchange x = asked("\7example\3org"), other;
	size_t place;

	PASSES(ask(&x, 0));
	other = x;
	changes[_i](&other);
	ck_assert_int_eq(fit(&other, 1, &place), EG_DNS_MISFIT);
	SERVES(1, answer(&x, 2));
}
END_TEST

/* Letters that are not those that left are no answer yet; a second time they are. */
START_TEST(other_letters_are_asked_anew)
{
	struct exchange x = asked("\7example\3org"), before;
	struct eg_dns_place anew;
	struct eg_dns_query q;
	unsigned tossed = 0;
	size_t place;

	for (unsigned i = 0; i < 200; i++) {
		PASSES(ask(&x, i));
		before = x;
		for (size_t b = 12; b < 12 + 12; b++)
			tossed += x.message[b] >= 'A' && x.message[b] <= 'Z';
		x.message[12 + 1] ^= 0x20;
		ck_assert_int_eq(fit(&x, i, &place), EG_DNS_FOLDED);
		eg_dnstrack_anew(t, place, i, &q, &anew);
		ck_assert(eg_name_equal(&q.name, &x.q.name));
		ck_assert(q.type == x.q.type && q.rd && !q.ad && !q.cd && !q.edns);
		/* What was right before is not any more: its id has been drawn anew. */
		if (anew.id != before.a.id)
			SERVES(0, answer(&before, i));
		x.from.dport = anew.from.port;
		x.a.id = anew.id;
		memcpy(x.message + 12, "\7example\3org", 13);
		SERVES(1, answer(&x, i));
	}
	/* Of 10 letters in 200 names half were capitals: 1000, with a deviation of 22. */
	ck_assert_uint_gt(tossed, 850);
	ck_assert_uint_lt(tossed, 1150);
}
END_TEST

/* Two that differ in one field are two questions, each with its own answer. */
START_TEST(similar_questions_wait_apart)
{
	struct exchange x = asked("\7example\3org"), other = x;

	changes[_i](&other);
	if (!eg_addr_equal(&other.from.dst, &x.from.dst) || other.from.sport != x.from.sport ||
	    other.from.dport != x.from.dport || other.a.id != x.a.id)
		return; /* the same question of another client */
	other.to.dst = other.from.src;
	other.q.type = other.a.type;
	other.q.name = other.a.name;
	ck_assert(leaves(&x, 0));
	ck_assert(leaves(&other, 0));
	SERVES(1, answer(&x, 1));
	SERVES(0, answer(&x, 1));
	SERVES(1, answer(&other, 1));
	SERVES(0, answer(&other, 1));
}
END_TEST

static struct exchange flagged(unsigned n)
{
	struct exchange x = asked("\7example\3org");

	x.q.rd = n & 1;
	x.q.ad = n & 2;
	x.q.cd = n & 4;
	x.q.edns = n & 8;
	x.q.dnssec_ok = n & 16;
	x.q.udp_size = n & 32 ? 4096 : 512;
	return x;
}

START_TEST(flags_make_few_questions_of_one)
{
	struct exchange x[64];
	unsigned left = 0, busy = 0;

	for (unsigned n = 8; n < 64; n++) {
		bool leaves_now;

		x[n] = flagged(n | 8);
		busy += ask_or_join(&x[n], 0, &leaves_now) != EG_R_NONE;
		left += leaves_now;
	}
	ck_assert_uint_eq(left, EG_DNSTRACK_ALIKE);
	ck_assert_uint_gt(busy, 40);
	for (unsigned n = 8; n < 12; n++)
		SERVES(1, answer(&x[n], 2));
	PASSES(ask(&x[63], 3));
}
END_TEST

START_TEST(sizes_are_of_few_kinds)
{
	struct exchange x = flagged(8), y = flagged(8);

	x.q.udp_size = 513;
	y.q.udp_size = 1199;
	ck_assert(leaves(&x, 0));
	ck_assert(joins(&y, 0));
}
END_TEST

START_TEST(wait_ends_after_the_timeout)
{
	struct exchange x = asked("\1a");
	static const uint64_t starts[] = { 0, 1, 1000, UINT32_MAX, (uint64_t)1 << 50 };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		uint64_t now = starts[i];

		PASSES(ask(&x, now));
		SERVES(1, answer(&x, now + EG_DNSTRACK_TIMEOUT - 1));
		PASSES(ask(&x, now));
		SERVES(0, answer(&x, now + EG_DNSTRACK_TIMEOUT));
		teardown();
		setup();
	}
}
END_TEST

/* Nothing that the guest alone says keeps it alive. It may be lost, though: then it leaves again.
 */
START_TEST(asking_again_keeps_nothing_alive)
{
	struct exchange x = asked("\1a"), first;
	unsigned left = 0;

	ck_assert(leaves(&x, 0));
	first = x;
	for (uint64_t now = 1; now < EG_DNSTRACK_TIMEOUT; now++) {
		left += leaves(&x, now);
		ck_assert_uint_eq(x.a.id, first.a.id);
		ck_assert_uint_eq(x.from.dport, first.from.dport);
		ck_assert_mem_eq(x.message, first.message, sizeof(x.message));
	}
	ck_assert_uint_eq(left, 14);
	SERVES(0, answer(&x, EG_DNSTRACK_TIMEOUT));
	ck_assert(leaves(&x, EG_DNSTRACK_TIMEOUT));
	SERVES(1, answer(&x, EG_DNSTRACK_TIMEOUT));
}
END_TEST

static struct exchange numbered(unsigned i)
{
	char name[] = "\4aaaa\3org";
	struct exchange x;

	for (size_t n = 1; n < 5; n++, i /= 26)
		name[n] = (char)('a' + i % 26);
	x = asked(name);
	return x;
}

START_TEST(full_table_refuses_and_gives_way_to_who_has_nothing)
{
	struct exchange all[EG_DNSTRACK_CAPACITY], more = asked("\4more");
	struct exchange other = asked("\5other");

	other.to.src = v4(99);
	for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		all[i] = numbered(i);
		PASSES(ask(&all[i], i));
	}
	ck_assert_int_eq(ask(&more, 500), EG_R_DNS_BUSY);
	ck_assert_int_eq(ask(&other, EG_DNSTRACK_YIELD - 1), EG_R_DNS_BUSY);
	/* Who waits already may ask again. */
	ck_assert(leaves(&all[0], 1500));
	/* An address that has nothing gets the oldest place; one that has does not. */
	PASSES(ask(&other, EG_DNSTRACK_YIELD));
	SERVES(0, answer(&all[0], EG_DNSTRACK_YIELD));
	ck_assert_int_eq(ask(&more, EG_DNSTRACK_YIELD), EG_R_DNS_BUSY);
	other = asked("\5again");
	other.to.src = v4(99);
	ck_assert_int_eq(ask(&other, EG_DNSTRACK_TIMEOUT - 1), EG_R_DNS_BUSY);
	for (unsigned i = 1; i < EG_DNSTRACK_CAPACITY; i++)
		SERVES(1, answer(&all[i], EG_DNSTRACK_YIELD));
}
END_TEST

/* However many addresses a guest asks from: it pushes out its own. */
START_TEST(many_addresses_push_out_nobody_who_has_just_asked)
{
	struct exchange honest = asked("\6honest");
	uint64_t now = 0;

	honest.to.src = v4(200);
	for (unsigned i = 0; i < 4 * EG_DNSTRACK_CAPACITY; i++, now += 20) {
		struct exchange x = numbered(i);

		x.to.src = v4(16);
		x.to.src.b[13] = (uint8_t)(3 + (i >> 8));
		x.to.src.b[15] = (uint8_t)i;
		PASSES(ask(&x, now));
		if (i % 50 != 49)
			continue;
		PASSES(ask(&honest, now));
		SERVES(1, answer(&honest, now + EG_DNSTRACK_YIELD - 1));
	}
}
END_TEST

START_TEST(answers_make_room)
{
	struct exchange all[4 * EG_DNSTRACK_CAPACITY];

	for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
		all[i] = numbered(i);
		PASSES(ask(&all[i], 0));
	}
	for (unsigned i = 0; i < 3 * EG_DNSTRACK_CAPACITY; i++) {
		struct exchange *young = &all[i + EG_DNSTRACK_CAPACITY];

		*young = numbered(i + EG_DNSTRACK_CAPACITY);
		ck_assert_int_eq(ask(young, 1), EG_R_DNS_BUSY);
		SERVES(1, answer(&all[i], 1));
		PASSES(ask(young, 1));
	}
}
END_TEST

/* The same name from many ports: as many are served as there is room for, and no more. */
START_TEST(clients_of_a_question_are_bounded)
{
	struct exchange x = asked("\1a"), other = asked("\1b");
	unsigned busy = 0;

	PASSES(ask(&x, 0));
	for (uint16_t port = 1; port <= 1000; port++) {
		x.to.sport = port;
		busy += ask(&x, 0) != EG_R_NONE;
	}
	ck_assert_uint_eq(busy, 1000 - EG_DNSWAIT_SAME);
	PASSES(ask(&other, 0));
	SERVES(1 + EG_DNSWAIT_SAME, answer(&x, 1));
}
END_TEST

static unsigned join_many(const char *name, unsigned count, uint64_t now)
{
	struct exchange x = asked(name);
	unsigned taken = 0;

	for (uint16_t port = 1; port <= count; port++) {
		x.to.sport = port;
		taken += ask(&x, now) == EG_R_NONE;
	}
	return taken;
}

START_TEST(clients_of_all_questions_are_bounded_and_time_frees_them)
{
	static const char *const names[] = { "\1a", "\1b", "\1c", "\1d", "\1e" };
	unsigned taken = 0;

	for (unsigned round = 0; round < 3; round++) {
		taken = 0;
		for (size_t i = 0; i < 5; i++)
			taken += join_many(names[i], 100, round * EG_DNSTRACK_TIMEOUT);
		ck_assert_uint_eq(taken, 5 + EG_DNSWAIT_MORE);
	}
}
END_TEST

START_TEST(misfits_end_a_question)
{
	struct exchange x = asked("\7example\3org"), y = asked("\1b"), wrong;
	size_t place;

	PASSES(ask(&x, 0));
	PASSES(ask(&y, 0));
	ck_assert(y.from.dport != x.from.dport);
	wrong = x;
	wrong.a.id++;
	for (unsigned i = 0; i < EG_DNSTRACK_MISFITS; i++) {
		ck_assert_int_eq(fit(&wrong, 1, &place), EG_DNS_MISFIT);
		ck_assert_uint_eq(eg_dnstrack_given_up(t, 1), EG_DNSTRACK_NONE);
	}
	ck_assert_int_eq(eg_dnstrack_answer(t, &wrong.from, NULL, 1, &place), EG_DNS_MISFIT);
	ck_assert_uint_eq(eg_dnstrack_given_up(t, 1), 0);
	ck_assert(eg_dnstrack_take_client(t, 0, &(struct eg_dns_client){ .port = 0 }));
	ck_assert_uint_eq(eg_dnstrack_given_up(t, 1), EG_DNSTRACK_NONE);
	SERVES(0, answer(&x, 1));
	SERVES(1, answer(&y, 1));
}
END_TEST

START_TEST(errors_find_who_waits_for_that_resolver)
{
	struct exchange x = asked("\1a"), y = asked("\1b");
	struct eg_addr other = v4(4);

	PASSES(ask(&x, 0));
	PASSES(ask(&y, 0));
	ck_assert_uint_eq(eg_dnstrack_waits_for(t, &x.to.src, x.from.dport, &x.to.dst, 1), 0);
	ck_assert_uint_eq(eg_dnstrack_waits_for(t, &x.to.src, y.from.dport, &x.to.dst, 1), 1);
	ck_assert_uint_eq(eg_dnstrack_waits_for(t, &x.to.src, x.from.dport, &other, 1),
			  EG_DNSTRACK_NONE);
	ck_assert_uint_eq(eg_dnstrack_waits_for(t, &other, x.from.dport, &x.to.dst, 1),
			  EG_DNSTRACK_NONE);
	ck_assert_uint_eq(eg_dnstrack_waits_for(t, &x.to.src, 40000, &x.to.dst, 1),
			  EG_DNSTRACK_NONE);
	ck_assert_uint_eq(
		eg_dnstrack_waits_for(t, &x.to.src, x.from.dport, &x.to.dst, EG_DNSTRACK_TIMEOUT),
		EG_DNSTRACK_NONE);
}
END_TEST

/* Who only plans leaves nothing but the numbers that were drawn. */
START_TEST(plan_alone_changes_nothing)
{
	struct eg_dns_place place;

	for (unsigned i = 0; i < 3 * EG_DNSTRACK_CAPACITY; i++) {
		struct exchange x = numbered(i);

		x.to.src.b[15] = (uint8_t)i;
		PASSES(plan(&x, 1, &place));
		ck_assert(!place.again && place.from.fresh);
		ck_assert(!eg_dnstrack_has_port(t, &x.to.src, place.from.port, 1));
	}
}
END_TEST

/* The model: a place for every question that there can be, and nothing that runs full. */
enum { STEPS = 20000, KEYS = 64, PEOPLE = 5 };
static struct {
	bool waits[PEOPLE];
	uint64_t asked;
	bool open;
	struct exchange left;
} model[KEYS];

static struct exchange nth(unsigned n, unsigned who)
{
	static const char *const names[] = { "\7example\3org", "\1a\7example\3org", "\1a", "" };
	struct exchange x = asked(names[n % 4]);

	x.q.type = x.a.type = n / 4 % 2 ? EG_DNS_TYPE_AAAA : EG_DNS_TYPE_A;
	x.to.dst = x.from.src = v4((uint8_t)(3 + n / 8 % 8));
	x.to.src = v4((uint8_t)(15 + who));
	x.to.sport = (uint16_t)(40000 + who);
	x.q.id = (uint16_t)(who + 1);
	return x;
}

static unsigned count_waiting(unsigned n)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PEOPLE; i++)
		count += model[n].waits[i];
	return count;
}

START_TEST(agrees_with_a_plain_list)
{
	uint32_t state = (uint32_t)_i;
	unsigned passed = 0, joined = 0;
	uint64_t now = 0;

	memset(model, 0, sizeof(model));
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned n = ((state = state * 1664525 + 1013904223) >> 8) % KEYS;
		unsigned who = (state >> 20) % PEOPLE;
		struct exchange x = nth(n, who);

		if (model[n].open && now - model[n].asked >= EG_DNSTRACK_TIMEOUT)
			memset(&model[n], 0, sizeof(model[n]));
		if (state >> 29 < (step / 1000 % 2 ? 6u : 3u)) {
			bool left = leaves(&x, now);

			ck_assert(left || model[n].open);
			joined += !left;
			if (!model[n].open)
				model[n].asked = now;
			model[n].open = true;
			model[n].waits[who] = true;
			model[n].left = x;
		} else if (model[n].open) {
			SERVES(count_waiting(n), answer(&model[n].left, now));
			passed++;
			memset(&model[n], 0, sizeof(model[n]));
		}
		now += (state >> 16) % 50;
	}
	ck_assert_uint_gt(joined, 1000);
	ck_assert_uint_gt(passed, 1000);
}
END_TEST

/* Ids are drawn at random: of so many, some are that of a question that waits on the same port. */
START_TEST(no_two_that_wait_on_a_port_have_the_same_id)
{
	static struct exchange all[EG_DNSTRACK_CAPACITY];
	unsigned same = 0;

	for (uint64_t round = 0; round < 200; round++) {
		for (unsigned i = 0; i < EG_DNSTRACK_CAPACITY; i++) {
			all[i] = numbered(i);
			PASSES(ask(&all[i], round * EG_DNSTRACK_TIMEOUT));
			for (unsigned j = 0; j < i; j++)
				same += all[j].from.dport == all[i].from.dport &&
					all[j].a.id == all[i].a.id;
		}
	}
	ck_assert_uint_eq(same, 0);
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
	tcase_add_test(c, answer_serves_all_that_asked_as_they_asked);
	tcase_add_test(c, root_is_a_name_too);
	tcase_add_loop_test(c, answer_matches_the_question_in_all, 0, CHANGES);
	tcase_add_test(c, other_letters_are_asked_anew);
	tcase_add_loop_test(c, similar_questions_wait_apart, 0, CHANGES);
	tcase_add_test(c, flags_make_few_questions_of_one);
	tcase_add_test(c, sizes_are_of_few_kinds);
	tcase_add_test(c, wait_ends_after_the_timeout);
	tcase_add_test(c, asking_again_keeps_nothing_alive);
	tcase_add_test(c, full_table_refuses_and_gives_way_to_who_has_nothing);
	tcase_add_test(c, many_addresses_push_out_nobody_who_has_just_asked);
	tcase_add_test(c, answers_make_room);
	tcase_add_test(c, clients_of_a_question_are_bounded);
	tcase_add_test(c, clients_of_all_questions_are_bounded_and_time_frees_them);
	tcase_add_test(c, misfits_end_a_question);
	tcase_add_test(c, errors_find_who_waits_for_that_resolver);
	tcase_add_test(c, plan_alone_changes_nothing);
	tcase_add_loop_test(c, agrees_with_a_plain_list, 0, 4);
	tcase_add_test(c, no_two_that_wait_on_a_port_have_the_same_id);
	tcase_add_test(c, free_of_nothing_is_fine);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

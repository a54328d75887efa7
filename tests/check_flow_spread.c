/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How flows spread over the groups of a full table. Addresses and ports come in rows, and a hash
 * that left them so would put many into few groups. What counts is how many groups flows had to
 * pass by, next to flows whose hash is a random number.
 */
#include "flow.c"

#include <check.h>

enum { CAPACITY = 10000, SEEDS = 40 };

static struct eg_flow_key blank(void)
{
	struct eg_flow_key key;

	memset(&key, 0, sizeof(key));
	memcpy(key.guest.b, (const uint8_t[16]){ [10] = 255, [11] = 255, 10, 0, 2, 15 }, 16);
	memcpy(key.network.b, (const uint8_t[16]){ [10] = 255, [11] = 255, 192, 168, 0, 1 }, 16);
	key.guest_port = 80;
	key.network_port = 1024;
	key.proto = EG_PROTO_TCP;
	return key;
}

static void ports_in_a_row(struct eg_flow_key *key, uint32_t n)
{
	key->network_port = (uint16_t)(1024 + n);
}

static void even_ports(struct eg_flow_key *key, uint32_t n)
{
	key->guest_port = (uint16_t)(2 * n);
}

static void addresses_in_a_row(struct eg_flow_key *key, uint32_t n)
{
	eg_put32(key->network.b + 12, 0x0a000000 + n);
}

static void addresses_and_ports(struct eg_flow_key *key, uint32_t n)
{
	eg_put32(key->network.b + 12, 0x0a000000 + n / 100);
	key->network_port = (uint16_t)(40000 + n % 100);
}

static void many_networks(struct eg_flow_key *key, uint32_t n)
{
	eg_put32(key->network.b + 12, n << 16);
}

static void ip6_prefixes(struct eg_flow_key *key, uint32_t n)
{
	static const uint8_t prefix[16] = { 0xfd, 0, [15] = 1 };

	memcpy(key->guest.b, prefix, 16);
	memcpy(key->network.b, prefix, 16);
	eg_put32(key->network.b + 4, n);
}

static void ip6_hosts(struct eg_flow_key *key, uint32_t n)
{
	ip6_prefixes(key, 0);
	eg_put32(key->network.b + 12, n);
}

static void (*const rows[])(struct eg_flow_key *key, uint32_t n) = {
	ports_in_a_row, even_ports,   addresses_in_a_row, addresses_and_ports,
	many_networks,  ip6_prefixes, ip6_hosts,
};

static struct eg_flow *insert(struct eg_flows *t, const struct eg_flow_key *key)
{
	struct eg_flow *flow = eg_flows_insert(t, key, EG_FROM_NETWORK, 0);

	ck_assert_ptr_nonnull(flow);
	flow->expires = 1;
	return flow;
}

/* How many groups the flows of T passed by. */
static uint64_t passed(const struct eg_flows *t)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < t->group_count; i++)
		sum += t->groups[i].passed_by;
	return sum;
}

static struct eg_flows *table(uint64_t seed)
{
	struct eg_flows *t = eg_flows_new(CAPACITY, &(struct eg_seed){ seed, ~seed });

	ck_assert_ptr_nonnull(t);
	return t;
}

static uint64_t passed_at_random(uint64_t seed)
{
	struct eg_flows *t = table(seed);
	uint64_t sum;

	for (uint64_t n = 0; n < CAPACITY; n++)
		eg_group_take(t->groups, t->group_count, eg_siphash13(&t->seed, &n, sizeof(n)));
	sum = passed(t);
	eg_flows_free(t);
	return sum;
}

static uint64_t passed_by_row(size_t row, uint64_t seed)
{
	struct eg_flows *t = table(seed);
	uint64_t sum;

	for (uint32_t n = 0; n < CAPACITY; n++) {
		struct eg_flow_key key = blank();

		rows[row](&key, n);
		insert(t, &key);
	}
	sum = passed(t);
	eg_flows_free(t);
	return sum;
}

START_TEST(rows_spread_as_random_numbers_do)
{
	uint64_t random = 0, all = 0, most = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		uint64_t here = passed_by_row((size_t)_i, seed);

		random += passed_at_random(seed);
		all += here;
		most = here > most ? here : most;
	}
	ck_assert_msg(all < random + random / 4, "%lu, at random %lu", (unsigned long)all,
		      (unsigned long)random);
	ck_assert_msg(most < 3 * random / SEEDS, "one seed has %lu, at random %lu",
		      (unsigned long)most, (unsigned long)random / SEEDS);
}
END_TEST

/* A group that was passed by is passed by no more when those are gone for which it was. */
START_TEST(nothing_is_left_behind)
{
	struct eg_flows *t = table(1);
	struct eg_flow *flows[CAPACITY];

	for (uint32_t n = 0; n < CAPACITY; n++) {
		struct eg_flow_key key = blank();

		ports_in_a_row(&key, n);
		flows[n] = insert(t, &key);
	}
	ck_assert_uint_gt(passed(t), 0);
	for (uint32_t n = 0; n < CAPACITY; n++)
		eg_flows_remove(t, flows[n]);
	ck_assert_uint_eq(passed(t), 0);
	ck_assert_uint_eq(eg_flows_count(t), 0);
	eg_flows_free(t);
}
END_TEST

/* More pass a group by than are counted: it is passed by for ever, and nobody is lost. */
START_TEST(count_stays_where_it_ends)
{
	enum { MANY = 300 };
	struct eg_flows *t = table(1);
	size_t slots[MANY];

	for (int i = 0; i < MANY; i++)
		slots[i] = eg_group_take(t->groups, t->group_count, 0);
	ck_assert_uint_eq(t->groups[0].passed_by, EG_COUNTLESS);
	ck_assert_uint_eq(t->groups[1].passed_by, EG_COUNTLESS);
	for (int i = MANY; i-- > 0;)
		eg_group_give(t->groups, t->group_count, 0, slots[i]);
	ck_assert_uint_eq(t->groups[0].passed_by, EG_COUNTLESS);
	ck_assert_uint_eq(t->groups[MANY / EG_GROUP - 1].passed_by, 0);
	ck_assert_uint_eq(eg_group_take(t->groups, t->group_count, 0), 0);
	eg_flows_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flow_spread");
	TCase *c = tcase_create("flow_spread");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, rows_spread_as_random_numbers_do, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(c, nothing_is_left_behind);
	tcase_add_test(c, count_stays_where_it_ends);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

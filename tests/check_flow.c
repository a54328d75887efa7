/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flow.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>
#include <sys/resource.h>

static const struct eg_seed seed = { 0x1234567890abcdef, 0xfedcba0987654321 };

/* AddressSanitizer needs address space and touches shadows of its own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
enum { HAVE_ASAN = 1 };
#else
enum { HAVE_ASAN = 0 };
#endif

enum { ALIVE = 1000000000 }; /* an expiry that no test reaches */

/* A key that differs from all others by N. */
static struct eg_flow_key key_of(uint32_t n)
{
	struct eg_flow_key key;

	memset(&key, 0, sizeof(key));
	memcpy(key.guest.b + 12, packet_guest.ip4, 4);
	memcpy(key.network.b, &n, sizeof(n));
	key.guest_port = 22;
	key.network_port = (uint16_t)(n % 1000 + 1);
	key.proto = EG_PROTO_TCP;
	return key;
}

static struct eg_flows *table(size_t capacity)
{
	struct eg_flows *t = eg_flows_new(capacity, &seed);

	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(eg_flows_count(t), 0);
	return t;
}

/* The flow of KEY, as all who may ask for it find it. */
static struct eg_flow *find_by(struct eg_flows *t, const struct eg_flow_key *key, uint64_t now)
{
	const struct eg_frame out = { .src = key->guest,
				      .dst = key->network,
				      .sport = key->guest_port,
				      .dport = key->network_port,
				      .proto = key->proto };
	const struct eg_frame in = { .src = key->network,
				     .dst = key->guest,
				     .sport = key->network_port,
				     .dport = key->guest_port,
				     .proto = key->proto };
	struct eg_flow *flow = eg_flows_find(t, &out, EG_FROM_GUEST, now);

	ck_assert_ptr_eq(eg_flows_find(t, &in, EG_FROM_NETWORK, now), flow);
	ck_assert_ptr_eq(eg_flows_find_key(t, key, now), flow);
	return flow;
}

static struct eg_flow *find(struct eg_flows *t, uint32_t n, uint64_t now)
{
	struct eg_flow_key key = key_of(n);

	return find_by(t, &key, now);
}

/* Insert flow N that expires at EXPIRES, or NULL. */
static struct eg_flow *insert(struct eg_flows *t, uint32_t n, uint64_t now, uint64_t expires)
{
	struct eg_flow_key key = key_of(n);
	struct eg_flow *flow = eg_flows_insert(t, &key, EG_FROM_NETWORK, now);

	if (flow)
		flow->expires = expires;
	return flow;
}

static bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && b[n - 1] == 0)
		n--;
	return n == 0;
}

START_TEST(capacity_out_of_range_is_refused)
{
	ck_assert_ptr_null(eg_flows_new(0, &seed));
	ck_assert_ptr_null(eg_flows_new((size_t)EG_FLOWS_MAX + 1, &seed));
	ck_assert_ptr_null(eg_flows_new(SIZE_MAX, &seed));
	eg_flows_free(NULL);
}
END_TEST

/* Pages are touched as flows come: of 118 MiB each takes two, and another for its tag at most; and
 * insert reads the tags of others on its way. */
START_TEST(large_table_touches_few_pages)
{
	enum { FEW = 500, PAGE = 4, SLACK = 1024 }; /* the last two in KiB */
	struct rusage before, after;
	struct eg_flows *t;

	getrusage(RUSAGE_SELF, &before);
	t = table(1 << 20);
	for (uint32_t n = 0; n < FEW; n++)
		ck_assert_ptr_nonnull(insert(t, n, 0, ALIVE));
	for (uint32_t n = 0; n < FEW; n++)
		ck_assert_ptr_nonnull(find(t, n, 0));
	getrusage(RUSAGE_SELF, &after);
	if (!HAVE_ASAN)
		ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, FEW * 4 * PAGE + SLACK);
	eg_flows_free(t);
}
END_TEST

/* With less address space than the table needs. */
START_TEST(short_memory_is_told)
{
	struct rlimit old, limit;

	if (HAVE_ASAN)
		return;
	getrlimit(RLIMIT_AS, &old);
	for (rlim_t mib = 32; mib <= 1024; mib *= 2) {
		limit = (struct rlimit){ .rlim_cur = mib << 20, .rlim_max = old.rlim_max };
		ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
		ck_assert_ptr_null(eg_flows_new(EG_FLOWS_MAX, &seed));
		setrlimit(RLIMIT_AS, &old);
	}
}
END_TEST

START_TEST(both_directions_have_one_key)
{
	uint8_t buf[2][PACKET_MAX];
	struct packet_tcp ack = { .flags = EG_TCP_ACK };
	struct eg_flow_key out, in;
	struct eg_frame f;
	size_t n;

	n = packet_tcp6(buf[0], &packet_guest, &packet_network, &ack, NULL, 0);
	ck_assert_int_eq(eg_frame_decode(&f, buf[0], n), EG_R_NONE);
	out = eg_flow_key(&f, EG_FROM_GUEST);
	n = packet_tcp6(buf[1], &packet_network, &packet_guest, &ack, NULL, 0);
	ck_assert_int_eq(eg_frame_decode(&f, buf[1], n), EG_R_NONE);
	in = eg_flow_key(&f, EG_FROM_NETWORK);
	ck_assert_mem_eq(&out, &in, sizeof(out));
	ck_assert_mem_eq(out.guest.b, packet_guest.ip6, 16);
	ck_assert_mem_eq(out.network.b, packet_network.ip6, 16);
	ck_assert_uint_eq(out.guest_port, packet_guest.port);
	ck_assert_uint_eq(out.network_port, packet_network.port);
	ck_assert_uint_eq(out.proto, EG_PROTO_TCP);
	/* The same frame seen from the other side is another flow. */
	in = eg_flow_key(&f, EG_FROM_GUEST);
	ck_assert_mem_ne(&out, &in, sizeof(out));
}
END_TEST

START_TEST(every_byte_of_the_key_matters)
{
	struct eg_flows *t = table(8);
	struct eg_flow_key key = key_of(1);

	ck_assert_ptr_nonnull(insert(t, 1, 0, ALIVE));
	for (size_t i = 0; i < sizeof(key); i++) {
		((uint8_t *)&key)[i] ^= 1;
		ck_assert_ptr_null(find_by(t, &key, 0));
		((uint8_t *)&key)[i] ^= 1;
		ck_assert_ptr_nonnull(find_by(t, &key, 0));
	}
	eg_flows_free(t);
}
END_TEST

/* The bytes of a segment of KEY, of IPv4, from DIR, as far as anybody guesses by them. */
static void raw(uint8_t bytes[64], const struct eg_flow_key *key, enum eg_dir dir)
{
	bool out = dir == EG_FROM_GUEST;

	memset(bytes, 0, 64);
	bytes[14] = 0x45;
	bytes[23] = key->proto;
	memcpy(bytes + 26, (out ? key->guest : key->network).b + 12, 4);
	memcpy(bytes + 30, (out ? key->network : key->guest).b + 12, 4);
	eg_put16(bytes + 34, out ? key->guest_port : key->network_port);
	eg_put16(bytes + 36, out ? key->network_port : key->guest_port);
}

static struct eg_flow_key ip4_key(uint32_t n)
{
	struct eg_flow_key key = key_of(n % 7);

	key.guest = eg_addr4(packet_guest.ip4);
	key.network = eg_addr4((const uint8_t[4]){ 10, 9, (uint8_t)(n >> 8), (uint8_t)n });
	return key;
}

/* Whatever is expected, right or wrong or cut off, what is found is the same. */
START_TEST(expectation_changes_nothing)
{
	enum { MANY = 400 };
	struct eg_flows *t = table(MANY);
	struct eg_flow *flows[MANY];
	uint32_t random = 1;

	for (uint32_t n = 0; n < MANY; n++) {
		struct eg_flow_key key = ip4_key(n);

		flows[n] = n % 3 ? eg_flows_insert(t, &key, EG_FROM_NETWORK, 0) : NULL;
		if (flows[n])
			flows[n]->expires = ALIVE;
	}
	for (int step = 0; step < 100000; step++) {
		struct eg_flow_key expected, key;
		uint8_t bytes[64];
		uint32_t n;

		random = random * 1664525 + 1013904223;
		n = (random >> 8) % MANY;
		key = ip4_key(n);
		expected = random >> 31 ? key : ip4_key((random >> 20) % MANY);
		raw(bytes, &expected, random >> 30 & 1 ? EG_FROM_GUEST : EG_FROM_NETWORK);
		eg_flows_expect(t, bytes, random >> 29 & 1 ? 64 : (random >> 4) % 64,
				random >> 28 & 1 ? EG_FROM_GUEST : EG_FROM_NETWORK);
		ck_assert_ptr_eq(find_by(t, &key, 0), flows[n]);
	}
	eg_flows_free(t);
}
END_TEST

START_TEST(new_flow_is_all_zero_but_its_key)
{
	struct eg_flows *t = table(1);
	struct eg_flow_key key = key_of(7);

	for (int round = 0; round < 2; round++) {
		struct eg_flow *flow = eg_flows_insert(t, &key, EG_FROM_NETWORK, 5);

		ck_assert_ptr_nonnull(flow);
		ck_assert_mem_eq(&flow->key, &key, sizeof(key));
		ck_assert(all_zero(&flow->tcp, sizeof(flow->tcp)));
		ck_assert(all_zero(flow->bytes, sizeof(flow->bytes)));
		ck_assert_uint_eq(flow->expires, 0);
		memset(&flow->tcp, 0xff, sizeof(flow->tcp));
		memset(flow->bytes, 0xff, sizeof(flow->bytes));
		flow->expires = ALIVE;
		eg_flows_remove(t, flow);
	}
	eg_flows_free(t);
}
END_TEST

START_TEST(flow_is_gone_from_its_expiry_on)
{
	struct eg_flows *t = table(4);

	insert(t, 1, 0, 100);
	ck_assert_ptr_nonnull(find(t, 1, 99));
	ck_assert_ptr_null(find(t, 1, 100));
	/* It was given back: time that stands still does not bring it back either. */
	ck_assert_ptr_null(find(t, 1, 99));
	ck_assert_uint_eq(eg_flows_count(t), 0);
	eg_flows_free(t);
}
END_TEST

START_TEST(removed_flow_is_gone_and_others_stay)
{
	struct eg_flows *t = table(64);

	for (uint32_t n = 0; n < 64; n++)
		ck_assert_ptr_nonnull(insert(t, n, 0, ALIVE));
	for (uint32_t n = 0; n < 64; n += 2)
		eg_flows_remove(t, find(t, n, 0));
	ck_assert_uint_eq(eg_flows_count(t), 32);
	for (uint32_t n = 0; n < 64; n++)
		ck_assert_int_eq(find(t, n, 0) != NULL, n % 2);
	eg_flows_free(t);
}
END_TEST

START_TEST(full_table_takes_no_more_and_evicts_nobody)
{
	static const uint32_t capacities[] = { 1, 2, 3, 5, 64, 1000 };

	for (size_t c = 0; c < sizeof(capacities) / sizeof(*capacities); c++) {
		struct eg_flows *t = table(capacities[c]);

		for (uint32_t n = 0; n < capacities[c]; n++)
			ck_assert_ptr_nonnull(insert(t, n, 0, ALIVE));
		for (uint32_t n = 0; n < 100; n++)
			ck_assert_ptr_null(insert(t, 1000000 + n, n * 500, ALIVE));
		for (uint32_t n = 0; n < capacities[c]; n++)
			ck_assert_ptr_nonnull(find(t, n, 0));
		ck_assert_uint_eq(eg_flows_count(t), capacities[c]);
		eg_flows_remove(t, find(t, 0, 0));
		ck_assert_ptr_nonnull(insert(t, 1000000, 0, ALIVE));
		ck_assert_ptr_null(insert(t, 1000001, 0, ALIVE));
		eg_flows_free(t);
	}
}
END_TEST

static struct eg_flow *insert_guests(struct eg_flows *t, uint32_t n, uint64_t now, uint64_t expires)
{
	struct eg_flow_key key = key_of(n);
	struct eg_flow *flow = eg_flows_insert(t, &key, EG_FROM_GUEST, now);

	if (flow)
		flow->expires = expires;
	return flow;
}

START_TEST(guest_fills_half_and_the_network_all)
{
	struct eg_flows *t = table(8);

	for (uint32_t i = 0; i < 4; i++)
		ck_assert_ptr_nonnull(insert_guests(t, i, 0, 1000000));
	ck_assert_ptr_null(insert_guests(t, 4, 0, 1000000));
	for (uint32_t i = 10; i < 14; i++)
		ck_assert_ptr_nonnull(insert(t, i, 0, 2000));
	ck_assert_ptr_null(insert(t, 14, 0, 2000));
	ck_assert_ptr_null(insert_guests(t, 4, 5000, 1000000));
	eg_flows_remove(t, find(t, 0, 5000));
	ck_assert_ptr_nonnull(insert_guests(t, 4, 5000, 1000000));
	ck_assert_ptr_null(insert_guests(t, 5, 5000, 1000000));
	eg_flows_free(t);
}
END_TEST

START_TEST(full_table_gives_back_all_that_expired)
{
	struct eg_flows *t = table(1000);

	for (uint32_t n = 0; n < 1000; n++)
		insert(t, n, 0, n < 900 ? 100 : ALIVE);
	for (uint32_t n = 1000; n < 1900; n++)
		ck_assert_ptr_nonnull(insert(t, n, 100, ALIVE));
	ck_assert_ptr_null(insert(t, 1900, 100, ALIVE));
	for (uint32_t n = 900; n < 1900; n++)
		ck_assert_ptr_nonnull(find(t, n, 100));
	eg_flows_free(t);
}
END_TEST

/* The sweep of everything costs; a flood into a full table must not repeat it. Within
 * the pause only the hand looks around: it needs a round to come across one. */
START_TEST(full_table_is_swept_once_a_second)
{
	struct eg_flows *t = table(1000);
	struct eg_flow *late;
	unsigned int tries = 1;

	for (uint32_t n = 0; n < 1000; n++)
		insert(t, n, 0, ALIVE);
	ck_assert_ptr_null(insert(t, 1000, 5000, ALIVE)); /* sweeps all, hand at 0 or so */
	late = find(t, 500, 5000);
	late->expires = 5001;
	while (!insert(t, 1000, 5999, ALIVE))
		ck_assert_uint_lt(tries++, 1000);
	ck_assert_uint_gt(tries, 10);
	late = find(t, 499, 5999);
	late->expires = 5999;
	ck_assert_ptr_nonnull(insert(t, 1001, 6000, ALIVE));
	eg_flows_free(t);
}
END_TEST

/* The hand finds what expired while others come, so that a table which is never full does not grow
 * to its capacity: 10 flows live at any time, and while the hand goes round once, one for each
 * group of 15 slots comes. */
START_TEST(hand_keeps_a_busy_table_small)
{
	enum { CAPACITY = 100000, GROUPS = CAPACITY * 10 / 9 / 15 + 1 };
	struct eg_flows *t = table(CAPACITY);

	for (uint32_t n = 0; n < 50000; n++) {
		ck_assert_ptr_nonnull(insert(t, n, n, n + 10));
		ck_assert_uint_lt(eg_flows_count(t), GROUPS + 40);
	}
	eg_flows_free(t);
}
END_TEST

/* Of 300000 keys thousands share home and tag. */
START_TEST(flows_whose_hashes_collide_are_kept_apart)
{
	enum { MANY = 300000 };
	struct eg_flows *t = table(MANY);
	uint32_t wrong = 0;

	for (uint32_t n = 0; n < MANY; n++)
		wrong += !insert(t, n, 0, ALIVE);
	for (uint32_t n = 0; n < MANY; n++) {
		struct eg_flow_key key = key_of(n);
		struct eg_flow *flow = eg_flows_find_key(t, &key, 0);

		wrong += !flow || memcmp(&flow->key, &key, sizeof(key)) != 0;
	}
	ck_assert_uint_eq(wrong, 0);
	eg_flows_free(t);
}
END_TEST

/* Against an array that does the same without any skill. */
START_TEST(table_agrees_with_a_naive_one)
{
	enum { KEYS = 300, CAPACITY = 200 };
	static uint64_t expires[KEYS]; /* 0: not there */
	struct eg_flows *t = table(CAPACITY);
	uint64_t now = 1;
	uint32_t random = 12345;

	for (int step = 0; step < 200000; step++) {
		struct eg_flow *flow;
		unsigned int alive = 0;
		uint32_t n;

		random = random * 1664525 + 1013904223;
		n = (random >> 8) % KEYS;
		now += (random >> 20) % 3;
		flow = find(t, n, now);
		ck_assert_int_eq(flow != NULL, expires[n] > now);
		if (flow && (random >> 28) % 2) {
			eg_flows_remove(t, flow);
			expires[n] = 0;
		} else if (!flow) {
			for (uint32_t i = 0; i < KEYS; i++)
				alive += expires[i] > now;
			flow = insert(t, n, now, now + 1 + (random >> 12) % 2000);
			ck_assert(flow || eg_flows_count(t) == CAPACITY);
			if (alive == CAPACITY)
				ck_assert_ptr_null(flow);
			expires[n] = flow ? flow->expires : 0;
		}
		ck_assert_uint_le(eg_flows_count(t), CAPACITY);
	}
	eg_flows_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flow");
	TCase *c = tcase_create("flow");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, capacity_out_of_range_is_refused);
	tcase_add_test(c, large_table_touches_few_pages);
	tcase_add_test(c, short_memory_is_told);
	tcase_add_test(c, both_directions_have_one_key);
	tcase_add_test(c, every_byte_of_the_key_matters);
	tcase_add_test(c, expectation_changes_nothing);
	tcase_add_test(c, new_flow_is_all_zero_but_its_key);
	tcase_add_test(c, flow_is_gone_from_its_expiry_on);
	tcase_add_test(c, removed_flow_is_gone_and_others_stay);
	tcase_add_test(c, full_table_takes_no_more_and_evicts_nobody);
	tcase_add_test(c, guest_fills_half_and_the_network_all);
	tcase_add_test(c, full_table_gives_back_all_that_expired);
	tcase_add_test(c, full_table_is_swept_once_a_second);
	tcase_add_test(c, hand_keeps_a_busy_table_small);
	tcase_add_test(c, flows_whose_hashes_collide_are_kept_apart);
	tcase_add_test(c, table_agrees_with_a_naive_one);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

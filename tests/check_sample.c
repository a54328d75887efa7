/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

enum { MANY = 3 * EG_SAMPLE_BUCKETS };

static const struct eg_seed seed = { 1, 2 };
static struct eg_budget_limits limits; /* none where not said */
static struct eg_sample *s;

/* What was collected. */
static struct eg_sample_summary sums[MANY];
static size_t sum_count;

static void use(unsigned whole)
{
	eg_sample_free(s);
	s = eg_sample_new(whole, &limits, &seed);
	ck_assert_ptr_nonnull(s);
}

static void setup(void)
{
	limits = (struct eg_budget_limits){ 0 };
	use(3);
}

static void teardown(void)
{
	eg_sample_free(s);
	s = NULL;
}

/* A destination; each number is another. */
static struct eg_sample_key key(unsigned number)
{
	return (struct eg_sample_key){
		.dst = eg_addr4((const uint8_t[]){ 10, (uint8_t)(number >> 16),
						   (uint8_t)(number >> 8), (uint8_t)number }),
		.ethertype = EG_ETHERTYPE_IP4,
		.proto = EG_PROTO_UDP,
		.dport = 53,
		.reason = EG_R_UDP_NEW,
		.is_ip = 1,
		.has_dst = 1,
	};
}

/* Whether a frame of K is recorded whole. */
static bool take_key(const struct eg_sample_key *k, uint64_t now, uint64_t when)
{
	static const struct eg_sample_cost cost = { .whole = 1000, .cut = 500 };
	enum eg_sampled how = eg_sample_take(s, k, &cost, now, when);

	ck_assert_int_ne(how, EG_SAMPLED_CUT);
	return how == EG_SAMPLED_WHOLE;
}

/* Whether a frame to destination NUMBER is recorded whole, at NOW; its wall clock is ahead by 1 s.
 */
static bool take(unsigned number, uint64_t now)
{
	struct eg_sample_key k = key(number);

	return take_key(&k, now, (now + 1000) * 1000000);
}

static void miss(unsigned number, uint64_t now)
{
	struct eg_sample_key k = key(number);

	eg_sample_miss(s, &k, now, (now + 1000) * 1000000);
}

/* Collect all that is due at NOW. */
static void collect(uint64_t now, bool all)
{
	sum_count = 0;
	for (int i = 0; i < EG_SAMPLE_ROUND; i++) {
		struct eg_sample_summary out[EG_SAMPLE_CHUNK];
		size_t n = eg_sample_collect(s, now, all, out);

		ck_assert_uint_le(n, EG_SAMPLE_CHUNK);
		ck_assert_uint_le(sum_count + n, MANY);
		memcpy(&sums[sum_count], out, n * sizeof(out[0]));
		sum_count += n;
	}
}

static uint64_t total(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sum_count; i++)
		n += sums[i].count;
	return n;
}

/* The one summary there is: of destination NUMBER, COUNT frames between two moments. */
static void sums_up(unsigned number, uint64_t count, uint64_t first, uint64_t last)
{
	struct eg_sample_key k = key(number);

	ck_assert_uint_eq(sum_count, 1);
	ck_assert_mem_eq(&sums[0].key, &k, sizeof(k));
	ck_assert_uint_eq(sums[0].count, count);
	ck_assert_uint_eq(sums[0].first, (first + 1000) * 1000000);
	ck_assert_uint_eq(sums[0].last, (last + 1000) * 1000000);
}

START_TEST(first_of_a_window_are_whole_and_the_rest_is_counted)
{
	for (uint64_t window = 0; window < 3; window++) {
		const uint64_t start = 500 + window * EG_SAMPLE_WINDOW;

		for (uint64_t i = 0; i < 3; i++)
			ck_assert(take(1, start + i));
		for (uint64_t i = 3; i < 100; i++)
			ck_assert(!take(1, start + i));
		ck_assert(!take(1, start + EG_SAMPLE_WINDOW - 1));
		collect(start + EG_SAMPLE_WINDOW - 1, false);
		ck_assert_uint_eq(sum_count, 0);
		collect(start + EG_SAMPLE_WINDOW, false);
		sums_up(1, 98, start + 3, start + EG_SAMPLE_WINDOW - 1);
		collect(start + EG_SAMPLE_WINDOW, false);
		ck_assert_uint_eq(sum_count, 0);
	}
}
END_TEST

/* A window that is over is reported, though the next one has begun. */
START_TEST(flood_without_end_is_summed_up_all_the_while)
{
	uint64_t counted = 0, whole = 0, summed = 0;

	for (uint64_t now = 0; now < 100000; now++) {
		if (take(1, now))
			whole++;
		else
			counted++;
		if (now % 1000)
			continue;
		collect(now, false);
		summed += total();
		ck_assert_uint_le(counted - summed, 11000);
	}
	ck_assert_uint_eq(whole, 30);
	collect(100000, true);
	ck_assert_uint_eq(summed + total(), counted);
}
END_TEST

START_TEST(each_part_of_the_key_counts)
{
	struct eg_sample_key keys[10];

	for (int i = 0; i < 10; i++)
		keys[i] = key(1);
	keys[1].dst.b[15] ^= 1;
	keys[2].dport = 54;
	keys[3].ethertype = EG_ETHERTYPE_IP6;
	keys[4].proto = EG_PROTO_TCP;
	keys[5].kind = 1;
	keys[6].reason = EG_R_TCP_NEW;
	keys[7].dir = 1;
	keys[8].is_ip = 0;
	keys[9].has_dst = 0;
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 10; i++)
			ck_assert(take_key(&keys[i], 0, 0));
	for (int i = 0; i < 10; i++)
		ck_assert(!take_key(&keys[i], 0, 0));
	collect(0, true);
	ck_assert_uint_eq(sum_count, 10);
}
END_TEST

START_TEST(where_all_are_whole_none_is_counted_but_those_missed)
{
	use(0);
	for (unsigned i = 0; i < 10000; i++)
		ck_assert(take(1, 0));
	miss(1, 700);
	miss(1, 800);
	collect(10699, false);
	ck_assert_uint_eq(sum_count, 0);
	collect(10700, false);
	sums_up(1, 2, 700, 800);
	miss(1, 20000);
	collect(29999, false);
	ck_assert_uint_eq(sum_count, 0);
	collect(30000, false);
	sums_up(1, 1, 20000, 20000);
}
END_TEST

START_TEST(frame_that_was_missed_is_counted_with_the_rest)
{
	ck_assert(take(1, 10));
	miss(1, 10);
	ck_assert(take(1, 20));
	ck_assert(take(1, 30));
	ck_assert(!take(1, 40));
	collect(50, true);
	sums_up(1, 2, 10, 40);
}
END_TEST

/* Frames that were held are told of late. */
START_TEST(first_and_last_are_by_when_a_frame_was_sent)
{
	struct eg_sample_key k = key(1);

	eg_sample_miss(s, &k, 0, 50);
	eg_sample_miss(s, &k, 1, 70);
	eg_sample_miss(s, &k, 2, 20);
	eg_sample_miss(s, &k, 3, 60);
	collect(4, true);
	ck_assert_uint_eq(sums[0].first, 20);
	ck_assert_uint_eq(sums[0].last, 70);
}
END_TEST

/* More destinations than there are buckets, each with a count: none is forgotten. */
START_TEST(no_count_is_lost_where_the_table_is_full)
{
	uint64_t counted = 0;

	for (unsigned round = 0; round < 5; round++)
		for (unsigned i = 0; i < MANY; i++)
			counted += !take(i, 0);
	collect(0, true);
	ck_assert_uint_eq(total(), counted);
	ck_assert_uint_le(sum_count, EG_SAMPLE_BUCKETS + 1);
	/* The keys spread: most of the table is in use. */
	ck_assert_uint_ge(sum_count, EG_SAMPLE_BUCKETS * 9 / 10);
}
END_TEST

START_TEST(count_that_was_not_collected_keeps_its_bucket)
{
	for (int i = 0; i < 5; i++)
		take(1, 0);
	for (unsigned i = 2; i < MANY; i++)
		take(i, 5 * EG_SAMPLE_WINDOW);
	collect(5 * EG_SAMPLE_WINDOW, false);
	sums_up(1, 2, 0, 0);
}
END_TEST

START_TEST(what_finds_no_room_is_sampled_by_its_reason)
{
	struct eg_sample_key k = key(1 << 20);
	unsigned whole = 0;

	for (unsigned i = 0; i < MANY; i++)
		whole += take(i, 0);
	/* All found a bucket of their own, or three of all that did not were taken. */
	ck_assert_uint_le(whole, EG_SAMPLE_BUCKETS + 3);
	collect(0, true);
	ck_assert_uint_eq(sum_count, 1);
	ck_assert_uint_eq(sums[0].count, MANY - whole);
	ck_assert(!sums[0].key.has_dst && sums[0].key.dport == 0 && sums[0].key.ethertype == 0);
	ck_assert_uint_eq(sums[0].key.reason, EG_R_UDP_NEW);
	/* Those of another reason, another direction, another kind have a bucket of their own. */
	k.reason = EG_R_TCP_NEW;
	for (unsigned i = 0; i < 3; i++)
		ck_assert(take_key(&k, 0, 0));
	ck_assert(!take_key(&k, 0, 0));
	k.dir = 1;
	ck_assert(take_key(&k, 0, 0));
	k.kind = EG_SAMPLE_KINDS - 1;
	ck_assert(take_key(&k, 0, 0));
}
END_TEST

/* Otherwise a guest could begin new windows by trying other destinations in between. */
START_TEST(window_of_a_full_table_is_not_given_up)
{
	for (unsigned i = 0; i < 3; i++)
		ck_assert(take(0, 0));
	for (unsigned i = 1; i < MANY; i++)
		take(i, 0);
	ck_assert(!take(0, EG_SAMPLE_WINDOW - 1));
	collect(0, true);
	/* Once it is over, another may have the bucket. */
	for (unsigned i = 0; i < EG_SAMPLE_BUCKETS / 8; i++)
		ck_assert(take(MANY + i, EG_SAMPLE_WINDOW));
}
END_TEST

START_TEST(clock_may_begin_at_any_time)
{
	static const uint64_t starts[] = { 0, 1, 9999, 10000, UINT32_MAX, 1ull << 40 };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		use(1);
		ck_assert(take(1, starts[i]));
		ck_assert(!take(1, starts[i]));
		ck_assert(!take(1, starts[i] + 9999));
		ck_assert(take(1, starts[i] + 10000));
	}
}
END_TEST

/*
 * The budget
 */

enum { WHOLE = 1000, CUT = 600, BURST = 160000 };

/* What becomes of a frame to destination NUMBER at NOW. */
static enum eg_sampled sampled(unsigned number, uint64_t now)
{
	static const struct eg_sample_cost cost = { .whole = WHOLE, .cut = CUT };
	struct eg_sample_key k = key(number);

	return eg_sample_take(s, &k, &cost, now, now);
}

static void use_budget(unsigned whole, uint64_t rate)
{
	limits = (struct eg_budget_limits){ .burst = BURST, .rate = rate };
	use(whole);
}

/* The emptier the budget, the more a frame must tell. */
START_TEST(later_frames_are_cut_then_counted_and_the_first_come_first)
{
	unsigned counts[3] = { 0 }, number = 2;
	enum eg_sampled how;

	use_budget(100000, 1);
	ck_assert_int_eq(sampled(1, 0), EG_SAMPLED_WHOLE);
	while ((how = sampled(1, 0)) != EG_SAMPLED_NOT)
		counts[how]++;
	/* Half of it for whole frames, a quarter for cut ones. */
	ck_assert_uint_eq(counts[EG_SAMPLED_WHOLE], BURST / 2 / WHOLE - 1);
	ck_assert_uint_eq(counts[EG_SAMPLED_CUT], BURST / 4 / CUT);
	for (counts[0] = counts[1] = counts[2] = 0; number < 2000; number++)
		counts[sampled(number, 0)]++;
	ck_assert_uint_ge(counts[EG_SAMPLED_WHOLE], BURST / 8 / WHOLE);
	ck_assert_uint_le(counts[EG_SAMPLED_WHOLE], BURST / 8 / WHOLE + 1);
	ck_assert_uint_ge(counts[EG_SAMPLED_CUT], BURST / 8 / CUT - 1);
	/* What comes back is the first's again, and not the counts'. */
	collect(CUT * 1000, true);
	ck_assert_uint_eq(sum_count, 1);
	ck_assert_int_eq(sampled(5000, CUT * 1000), EG_SAMPLED_CUT);
	ck_assert_int_eq(sampled(5000, CUT * 1000), EG_SAMPLED_NOT);
	ck_assert_int_eq(sampled(5000, BURST * 250), EG_SAMPLED_WHOLE);
}
END_TEST

START_TEST(frame_that_loses_nothing_where_it_is_cut_is_whole)
{
	static const struct eg_sample_cost cost = { .whole = 700, .cut = 700 };
	struct eg_sample_key k = key(1);
	unsigned whole = 0;
	enum eg_sampled how;

	use_budget(100000, 1);
	while ((how = eg_sample_take(s, &k, &cost, 0, 0)) == EG_SAMPLED_WHOLE)
		whole++;
	ck_assert_int_eq(how, EG_SAMPLED_NOT);
	ck_assert_uint_eq(whole, BURST / 4 * 3 / 700);
}
END_TEST

/* However many destinations there are, and however long it takes. */
START_TEST(flood_to_all_destinations_is_bounded_and_each_frame_is_taken_or_counted)
{
	enum { WINDOWS = 20, EACH = 3, PORTS = 2 * EG_SAMPLE_BUCKETS, RATE = 1024 };
	uint64_t frames = 0, taken = 0, bytes = 0, summed = 0, notes = 0;

	use_budget(50, RATE);
	for (uint64_t now = 0; now < WINDOWS * EG_SAMPLE_WINDOW; now += 1000) {
		for (unsigned i = 0; i < EACH * PORTS; i++, frames++) {
			enum eg_sampled how = sampled(i / EACH, now);

			taken += how != EG_SAMPLED_NOT;
			bytes += how == EG_SAMPLED_WHOLE ? WHOLE : how == EG_SAMPLED_CUT ? CUT : 0;
		}
		collect(now, false);
		summed += total();
		notes += sum_count;
	}
	for (int round = 0; round < 2; round++) {
		collect(WINDOWS * EG_SAMPLE_WINDOW, true);
		summed += total();
		notes += sum_count;
	}
	ck_assert_uint_eq(taken + summed, frames);
	/* Notes of all destinations are beside the budget: one a window. */
	ck_assert_uint_le(bytes + (notes - WINDOWS - 1) * EG_SAMPLE_NOTE,
			  BURST + RATE * WINDOWS * EG_SAMPLE_WINDOW / 1000);
	ck_assert_uint_gt(bytes, BURST / 2);
	ck_assert_uint_gt(notes, WINDOWS);
}
END_TEST

/* What the budget has no room for is told in one sum, of all of its times. */
START_TEST(count_that_finds_no_room_is_told_in_sum)
{
	uint64_t counted = 0, summed = 0, in_sum = 0;

	use_budget(1, 1);
	for (unsigned i = 0; i < 500; i++)
		for (int each = 0; each < 4; each++)
			counted += sampled(i, 100 + i) == EG_SAMPLED_NOT;
	for (int round = 0; round < 2; round++) {
		collect(1000, true);
		summed += total();
		for (size_t i = 0; i < sum_count; i++) {
			if (sums[i].key.has_dst)
				continue;
			ck_assert_uint_eq(in_sum, 0);
			in_sum = sums[i].count;
			ck_assert_uint_lt(sums[i].first, 150);
			ck_assert_uint_eq(sums[i].last, 100 + 499);
			ck_assert_uint_eq(sums[i].key.reason, EG_R_UDP_NEW);
		}
	}
	ck_assert_uint_eq(summed, counted);
	ck_assert_uint_gt(in_sum, counted * 3 / 4);
}
END_TEST

/* What passed and what was opened does not take from what was blocked. */
START_TEST(other_kinds_have_a_budget_of_their_own)
{
	static const struct eg_sample_cost cost = { .whole = WHOLE, .cut = WHOLE };
	struct eg_sample_key k = key(1);

	use_budget(100000, 1);
	k.kind = 1;
	while (eg_sample_take(s, &k, &cost, 0, 0))
		;
	k.kind = 2;
	ck_assert_int_eq(eg_sample_take(s, &k, &cost, 0, 0), EG_SAMPLED_WHOLE); /* the first */
	ck_assert_int_eq(eg_sample_take(s, &k, &cost, 0, 0), EG_SAMPLED_NOT);
	k.kind = 0;
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(eg_sample_take(s, &k, &cost, 0, 0), EG_SAMPLED_WHOLE);
}
END_TEST

START_TEST(budget_bounds_nothing_where_all_are_whole)
{
	use_budget(0, 1);
	for (unsigned i = 0; i < 10000; i++)
		ck_assert_int_eq(sampled(1, 0), EG_SAMPLED_WHOLE);
}
END_TEST

/*
 * Headers
 */

static size_t headers_of(const uint8_t *frame, size_t len)
{
	uint8_t *placed = guarded_copy(frame, len);
	size_t n = eg_sample_headers(placed, len);

	guarded_free(placed, len);
	ck_assert_uint_le(n, len);
	return n;
}

START_TEST(headers_are_what_is_in_front_of_the_payload)
{
	static const uint8_t payload[1000];
	struct packet_tcp tcp = { .flags = 2 };
	uint8_t buf[PACKET_MAX];
	size_t n;

	n = packet_tcp4(buf, &packet_guest, &packet_network, &tcp, payload, sizeof(payload));
	ck_assert_uint_eq(headers_of(buf, n), 60); /* 54, and an Ethernet frame has as much */
	buf[14 + 20 + 12] = 0xf0;
	ck_assert_uint_eq(headers_of(buf, n), 14 + 20 + 60);
	buf[14] = 0x4f;
	buf[14 + 60 + 12] = 0xf0;
	ck_assert_uint_eq(headers_of(buf, n), 14 + 60 + 60);
	buf[21] = 1; /* not the start of a datagram */
	ck_assert_uint_eq(headers_of(buf, n), 14 + 60);
	n = packet_udp6(buf, &packet_guest, &packet_network, payload, sizeof(payload));
	ck_assert_uint_eq(headers_of(buf, n), 14 + 40 + 8);
	n = packet_eth(buf, &packet_guest, &packet_network, 0x88cc, payload, sizeof(payload));
	ck_assert_uint_eq(headers_of(buf, n), 60);
	n = packet_tcp6(buf, &packet_guest, &packet_network, &tcp, payload, 200);
	for (size_t len = 0; len <= n; len++)
		ck_assert_uint_eq(headers_of(buf, len), len <= 60   ? len
							: len <= 66 ? 60 /* no data offset */
							: len < 74  ? len
								    : 74);
}
END_TEST

/* Keys of frames. */

static struct eg_sample_key key_of(const uint8_t *frame, size_t len)
{
	uint8_t *placed = guarded_copy(frame, len);
	struct eg_sample_key k = eg_sample_key(2, EG_FROM_NETWORK, EG_R_GROUP, placed, len);

	guarded_free(placed, len);
	ck_assert_uint_eq(k.kind, 2);
	ck_assert_uint_eq(k.dir, 1);
	ck_assert_uint_eq(k.reason, EG_R_GROUP);
	ck_assert_uint_eq(k.zero, 0);
	return k;
}

START_TEST(key_says_where_a_frame_goes)
{
	struct packet_tcp tcp = { .flags = 2 };
	uint8_t buf[PACKET_MAX];
	struct eg_addr dst = eg_addr4(packet_network.ip4);
	struct eg_sample_key k;
	size_t n;

	n = packet_tcp4(buf, &packet_guest, &packet_network, &tcp, NULL, 0);
	k = key_of(buf, n);
	ck_assert(k.is_ip && k.has_dst);
	ck_assert_uint_eq(k.ethertype, EG_ETHERTYPE_IP4);
	ck_assert_uint_eq(k.proto, EG_PROTO_TCP);
	ck_assert_uint_eq(k.dport, 443);
	ck_assert(eg_addr_equal(&k.dst, &dst));
	buf[14] = 0x46; /* the port is behind the options, also where nobody understands them */
	ck_assert_uint_eq(key_of(buf, n).dport, eg_get16(buf + 14 + 24 + 2));
	buf[14] = 0x45;
	buf[21] = 1; /* not the start of a datagram */
	ck_assert_uint_eq(key_of(buf, n).dport, 0);
	n = packet_icmp4(buf, &packet_guest, &packet_network, 8, 0, 0x12345678, NULL, 0);
	k = key_of(buf, n);
	ck_assert_uint_eq(k.proto, EG_PROTO_ICMP);
	ck_assert_uint_eq(k.dport, 0);
	n = packet_udp6(buf, &packet_guest, &packet_network, NULL, 0);
	k = key_of(buf, n);
	dst = eg_addr6(packet_network.ip6);
	ck_assert_uint_eq(k.proto, EG_PROTO_UDP);
	ck_assert_uint_eq(k.dport, 443);
	ck_assert(eg_addr_equal(&k.dst, &dst));
	n = packet_arp(buf, &packet_guest, &packet_network, 1);
	k = key_of(buf, n);
	dst = eg_addr4(packet_network.ip4);
	ck_assert(!k.is_ip && k.has_dst && eg_addr_equal(&k.dst, &dst));
	n = packet_eth(buf, &packet_guest, &packet_network, 0x88cc, "payload", 7);
	k = key_of(buf, n);
	ck_assert(!k.is_ip && !k.has_dst);
	ck_assert_uint_eq(k.ethertype, 0x88cc);
}
END_TEST

/* Cut anywhere: never a byte behind its end, and nothing that is not there. */
START_TEST(key_of_a_frame_that_is_cut_has_what_is_left)
{
	struct packet_tcp tcp = { .flags = 2 };
	uint8_t buf[PACKET_MAX];

	for (int six = 0; six < 2; six++) {
		const size_t ip = six ? 40 : 20;
		size_t n = six ? packet_tcp6(buf, &packet_guest, &packet_network, &tcp, NULL, 0)
			       : packet_tcp4(buf, &packet_guest, &packet_network, &tcp, NULL, 0);

		for (size_t len = 0; len < n; len++) {
			struct eg_sample_key k = key_of(buf, len);

			ck_assert_uint_eq(k.ethertype != 0, len >= 14);
			ck_assert_uint_eq(k.is_ip, len >= 14 + ip);
			ck_assert_uint_eq(k.has_dst, len >= 14 + ip);
			ck_assert_uint_eq(k.dport, len >= 14 + ip + 4 ? 443 : 0);
		}
	}
	packet_arp(buf, &packet_guest, &packet_network, 1);
	for (size_t len = 14; len <= 42; len++)
		ck_assert_uint_eq(key_of(buf, len).has_dst, len == 42);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sample");
	TCase *c = tcase_create("sample");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, first_of_a_window_are_whole_and_the_rest_is_counted);
	tcase_add_test(c, flood_without_end_is_summed_up_all_the_while);
	tcase_add_test(c, each_part_of_the_key_counts);
	tcase_add_test(c, where_all_are_whole_none_is_counted_but_those_missed);
	tcase_add_test(c, frame_that_was_missed_is_counted_with_the_rest);
	tcase_add_test(c, first_and_last_are_by_when_a_frame_was_sent);
	tcase_add_test(c, no_count_is_lost_where_the_table_is_full);
	tcase_add_test(c, count_that_was_not_collected_keeps_its_bucket);
	tcase_add_test(c, what_finds_no_room_is_sampled_by_its_reason);
	tcase_add_test(c, window_of_a_full_table_is_not_given_up);
	tcase_add_test(c, clock_may_begin_at_any_time);
	tcase_add_test(c, later_frames_are_cut_then_counted_and_the_first_come_first);
	tcase_add_test(c, frame_that_loses_nothing_where_it_is_cut_is_whole);
	tcase_add_test(c, flood_to_all_destinations_is_bounded_and_each_frame_is_taken_or_counted);
	tcase_add_test(c, count_that_finds_no_room_is_told_in_sum);
	tcase_add_test(c, other_kinds_have_a_budget_of_their_own);
	tcase_add_test(c, budget_bounds_nothing_where_all_are_whole);
	tcase_add_test(c, headers_are_what_is_in_front_of_the_payload);
	tcase_add_test(c, key_says_where_a_frame_goes);
	tcase_add_test(c, key_of_a_frame_that_is_cut_has_what_is_left);
	suite_add_tcase(suite, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

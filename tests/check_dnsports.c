/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dnsports.h"

#include <check.h>
#include <stdlib.h>

static struct eg_dnsports ports;
static uint64_t drawn;

static void setup(void)
{
	memset(&ports, 0, sizeof(ports));
	drawn = 0;
}

static struct eg_addr v4(unsigned n)
{
	return (struct eg_addr){
		{ [10] = 0xff, [11] = 0xff, 10, 0, (uint8_t)(n >> 8), (uint8_t)n }
	};
}

static struct eg_addr v6(unsigned n)
{
	return (struct eg_addr){ { 0xfd, [14] = (uint8_t)(n >> 8), [15] = (uint8_t)n } };
}

static uint64_t any(void)
{
	uint64_t x = ++drawn * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return x ^ x >> 31;
}

struct sent {
	size_t number;
	uint32_t query;
	uint16_t port;
	bool fresh;
};

static struct sent ask(struct eg_addr addr, uint64_t now)
{
	struct eg_dnsport_choice c = eg_dnsports_choose(&ports, &addr, now, any(), NULL, NULL);
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 15 };
	struct sent s = { .number = c.number, .port = c.port, .fresh = c.fresh };

	ck_assert_uint_lt(c.number, EG_DNSPORTS);
	s.query = eg_dnsports_use(&ports, &c, &addr, mac, now);
	return s;
}

/* Slirp, as far as its sockets go: when each is closed, by address and port. */
static struct {
	struct eg_addr addr;
	uint16_t port;
	uint64_t closes;
} sockets[4096];
static size_t socket_count;

static unsigned open_sockets(uint64_t now)
{
	unsigned open = 0;

	for (size_t i = 0; i < socket_count; i++)
		open += sockets[i].closes > now;
	return open;
}

static void touch_socket(struct eg_addr addr, uint16_t port, uint64_t closes)
{
	size_t i = 0;

	while (i < socket_count &&
	       !(sockets[i].port == port && eg_addr_equal(&sockets[i].addr, &addr)))
		i++;
	ck_assert_uint_lt(i, 4096);
	socket_count += i == socket_count;
	sockets[i].addr = addr;
	sockets[i].port = port;
	sockets[i].closes = closes;
}

/* Whoever asks, whatever is answered, late or never: slirp's sockets stay few. */
START_TEST(sockets_of_slirp_are_bounded)
{
	uint64_t now = 0;
	unsigned most = 0, rounds = 4000;

	socket_count = 0;
	while (rounds-- && socket_count < 4000) {
		struct eg_addr addr =
			any() % 2 ? v4((unsigned)(any() % 40)) : v6((unsigned)(any() % 40));
		struct sent s = ask(addr, now);
		struct eg_addr owner = ports.of[s.number].addr;

		touch_socket(owner, s.port, now + 240000);
		if (any() % 100 < (unsigned)_i * 25) {
			uint64_t later = now + any() % 200;

			eg_dnsports_answered(&ports, s.number, s.query, later);
			touch_socket(owner, s.port, later + 10000);
		}
		if (open_sockets(now) > most)
			most = open_sockets(now);
		now += 200 + any() % 2000;
	}
	ck_assert_uint_le(most, EG_DNSPORTS);
	ck_assert_uint_ge(most, EG_DNSPORTS_ALIVE);
}
END_TEST

START_TEST(calm_guest_asks_from_a_new_port_each_time)
{
	uint16_t seen[100];

	for (unsigned i = 0; i < 100; i++) {
		struct sent s = ask(v4(15), i * 6000);

		ck_assert(s.fresh);
		eg_dnsports_answered(&ports, s.number, s.query, i * 6000 + 20);
		seen[i] = s.port;
		for (unsigned j = 0; j < i; j++)
			ck_assert(seen[j] != s.port || i - j > 3);
	}
}
END_TEST

/* As fast as can be, everything answered: ports come and go all the same. */
START_TEST(busy_guest_has_several_ports_and_they_change)
{
	static uint8_t seen[65536];
	unsigned count = 0, opened[EG_DNSPORTS] = { 0 };

	memset(seen, 0, sizeof(seen));
	for (uint64_t now = 0; now < 600000; now += 10) {
		struct sent s = ask(v4(15), now);

		eg_dnsports_answered(&ports, s.number, s.query, now + 5);
		count += !seen[s.port]++;
		opened[s.number]++;
	}
	/* One every 5 s or so, beside those at the start. */
	ck_assert_uint_ge(count, 100);
	for (size_t i = 0; i < EG_DNSPORTS_ALIVE - EG_DNSPORTS_KEPT; i++)
		ck_assert_uint_gt(opened[i] + opened[EG_DNSPORTS_ALIVE - 1 - i], 100);
}
END_TEST

START_TEST(port_is_alive_for_as_long_as_its_socket)
{
	struct eg_addr a = v4(15);
	struct sent s = ask(a, 1000), second;

	ck_assert_uint_eq(eg_dnsports_find(&ports, &a, s.port, 241000), s.number);
	ck_assert_uint_eq(eg_dnsports_find(&ports, &a, s.port, 243000), EG_DNSPORTS_NONE);
	eg_dnsports_answered(&ports, s.number, s.query, 2000);
	ck_assert_uint_eq(eg_dnsports_find(&ports, &a, s.port, 12000), s.number);
	ck_assert_uint_eq(eg_dnsports_find(&ports, &a, s.port, 17000), EG_DNSPORTS_NONE);
	/* Something more came. */
	eg_dnsports_heard(&ports, s.number, 10000);
	ck_assert_uint_eq(eg_dnsports_find(&ports, &a, s.port, 20000), s.number);
	/* An answer to an earlier query says nothing of the later one. */
	second.query = eg_dnsports_use(
		&ports, &(struct eg_dnsport_choice){ (uint8_t)s.number, false, s.port }, &a, NULL,
		11000);
	eg_dnsports_answered(&ports, s.number, s.query, 11001);
	eg_dnsports_heard(&ports, s.number, 11002);
	ck_assert_uint_eq(eg_dnsports_find(&ports, &a, s.port, 240000), s.number);
	eg_dnsports_answered(&ports, s.number, second.query, 11003);
	ck_assert_uint_eq(eg_dnsports_find(&ports, &a, s.port, 27000), EG_DNSPORTS_NONE);
}
END_TEST

START_TEST(ports_are_of_their_address_and_in_the_room)
{
	struct eg_addr a = v4(15), b = v4(16), c = v6(15);
	unsigned low = 0, high = 0;

	for (unsigned i = 0; i < 2000; i++) {
		struct sent s;

		setup();
		drawn = i * 1000;
		s = ask(a, 0);
		ck_assert_uint_ge(s.port, 49152);
		ck_assert(s.port < 60000 || s.port > 61000);
		low += s.port < 60000;
		high += s.port > 61000;
		ck_assert_uint_eq(eg_dnsports_find(&ports, &a, s.port, 0), s.number);
		ck_assert_uint_eq(eg_dnsports_find(&ports, &b, s.port, 0), EG_DNSPORTS_NONE);
		ck_assert_uint_eq(eg_dnsports_find(&ports, &c, s.port, 0), EG_DNSPORTS_NONE);
		ck_assert_uint_eq(eg_dnsports_find(&ports, &a, 5000, 0), EG_DNSPORTS_NONE);
	}
	ck_assert_uint_gt(low, 1200);
	ck_assert_uint_gt(high, 450);
}
END_TEST

static unsigned taken_asked;

static bool is_odd(void *ctx, const struct eg_addr *addr, uint16_t port)
{
	(void)ctx;
	(void)addr;
	taken_asked++;
	return port & 1;
}

static bool always(void *ctx, const struct eg_addr *addr, uint16_t port)
{
	(void)ctx;
	(void)addr;
	(void)port;
	return true;
}

START_TEST(port_in_use_is_not_drawn_unless_all_are)
{
	struct eg_addr a = v4(15);

	for (unsigned i = 0; i < 500; i++) {
		struct eg_dnsport_choice c = eg_dnsports_choose(&ports, &a, 0, any(), is_odd, NULL);

		ck_assert(c.fresh && c.port % 2 == 0);
		c = eg_dnsports_choose(&ports, &a, 0, any(), always, NULL);
		ck_assert(c.fresh && c.port);
	}
	ck_assert_uint_gt(taken_asked, 800);
}
END_TEST

/* Of many addresses each has its turn: with a port of its own, or with another's that works. */
START_TEST(many_addresses_share)
{
	struct eg_addr late = v4(999), working = v4(3);
	unsigned own = 0;

	for (unsigned n = 0; n < 64; n++) {
		struct sent s = ask(v4(n), n);

		own += s.fresh;
		if (eg_addr_equal(&ports.of[s.number].addr, &working))
			eg_dnsports_answered(&ports, s.number, s.query, n);
	}
	ck_assert_uint_eq(own, EG_DNSPORTS_ALIVE);
	for (unsigned i = 0; i < 100; i++) {
		struct sent s = ask(late, 1000);

		ck_assert(!s.fresh);
		ck_assert(eg_addr_equal(&ports.of[s.number].addr, &working));
		eg_dnsports_answered(&ports, s.number, s.query, 1000);
	}
	/* One that asks a lot leaves room. */
	setup();
	for (unsigned i = 0; i < 1000; i++)
		ask(v4(15), i * 100);
	ck_assert(ask(late, 100000).fresh);
	ck_assert(ask(v4(998), 100000).fresh);
	ck_assert(!ask(v4(997), 100000).fresh);
	ck_assert(ask(v6(15), 100000).fresh);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dnsports");
	TCase *c = tcase_create("dnsports");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_loop_test(c, sockets_of_slirp_are_bounded, 0, 5);
	tcase_add_test(c, calm_guest_asks_from_a_new_port_each_time);
	tcase_add_test(c, busy_guest_has_several_ports_and_they_change);
	tcase_add_test(c, port_is_alive_for_as_long_as_its_socket);
	tcase_add_test(c, ports_are_of_their_address_and_in_the_room);
	tcase_add_test(c, port_in_use_is_not_drawn_unless_all_are);
	tcase_add_test(c, many_addresses_share);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

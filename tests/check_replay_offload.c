/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captures from a tap or a veth with offload, and look-ups in them, are judged as what they are on
 * a link without: checksums filled in, segments cut, answers to what was asked. */
#include "command.h"
#include "commands.h"
#include "traffic.h"

#define REPLAY(...)                                                                                \
	command_run(eg_command_replay, (const char *const[]){ "replay", __VA_ARGS__, NULL })

#define GUEST "52:54:00:12:34:56"

enum { LONG = 7240, SUM = PACKET_L4_4 + 16 };

static const char policy[] = "resolve mirror.example.org\nallow 10.0.2.2:443/tcp\n";

static void setup(void)
{
	command_setup();
	command_write("p", policy);
}

/* The transport's checksum of the N bytes in frame is left to the card. */
static void leave(size_t n, size_t sum)
{
	uint8_t pseudo[12] = { [9] = frame[PACKET_ETH + 9] };

	memcpy(pseudo, frame + PACKET_ETH + 12, 8);
	eg_put16(pseudo + 10, (uint16_t)(n - PACKET_L4_4));
	eg_put16(frame + sum, (uint16_t)(0xffff ^ packet_sum(pseudo, 12)));
}

static void segment(uint32_t way, uint8_t flags, uint32_t seq, uint32_t ack, size_t n)
{
	static const uint8_t text[LONG];
	const struct packet_tcp tcp = { .seq = seq, .ack = ack, .window = 65535, .flags = flags };
	const struct packet_end *from = way == TRAFFIC_OUT ? &packet_guest : &packet_network;
	const struct packet_end *to = way == TRAFFIC_OUT ? &packet_network : &packet_guest;
	size_t len = packet_tcp4(frame, from, to, &tcp, text, n);

	leave(len, SUM);
	traffic_add(way, len);
}

static void connection(bool classic)
{
	traffic_begin(classic);
	segment(TRAFFIC_OUT, 2, 1000, 0, 0);
	segment(TRAFFIC_IN, 2 | 16, 5000, 1001, 0);
	segment(TRAFFIC_OUT, 16, 1001, 5001, 0);
	segment(TRAFFIC_IN, 8 | 16, 5001, 1001, LONG);
	segment(TRAFFIC_OUT, 16, 1001, 5001 + LONG, 0);
}

START_TEST(connection_under_offload_passes)
{
	connection(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("--guest", GUEST, "p", "x.pcap"), 0);
	ck_assert_ptr_null(strstr(output, "block"));
	ck_assert_ptr_nonnull(strstr(output, " tcp len=54 offload=checksum\n      2 "));
	ck_assert_ptr_nonnull(strstr(output, " tcp len=1514 offload=segments\n      4 "));
	ck_assert_str_eq(complaint,
			 "vde_egress: 4 packets had no checksums, and were judged with those that "
			 "a network card fills in\n"
			 "vde_egress: 1 segments are longer than the MTU of 1500, and were judged "
			 "as the 5 that a network card sends\n");
	ck_assert_int_eq(REPLAY("--json", "--guest", GUEST, "p", "x.pcap"), 0);
	ck_assert_ptr_nonnull(strstr(output, ",\"len\":54,\"offload\":\"checksum\"}\n"));
}
END_TEST

START_TEST(mtu_is_the_links)
{
	connection(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("--mtu=9000", "--guest", GUEST, "p", "x.pcap"), 0);
	ck_assert_ptr_null(strstr(output, "segments"));
	ck_assert_ptr_nonnull(strstr(output, " tcp len=7294 offload=checksum\n"));
	ck_assert_int_eq(REPLAY("--mtu", "575", "p", "x.pcap"), 2);
	ck_assert_int_eq(REPLAY("--mtu", "9001", "p", "x.pcap"), 2);
}
END_TEST

START_TEST(as_sent_repairs_nothing)
{
	connection(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("--as-sent", "--sum", "--guest", GUEST, "p", "x.pcap"), 0);
	ck_assert_ptr_null(strstr(output, "pass"));
	ck_assert_ptr_nonnull(strstr(output, "block       checksum "));
	ck_assert_str_eq(complaint, "");
}
END_TEST

/* What the module recorded was on no link with offload: what looks like it is a guest's doing. */
START_TEST(what_the_module_recorded_is_as_sent)
{
	const struct packet_tcp tcp = { .seq = 1, .window = 1000, .flags = 2 };
	size_t n = packet_tcp4(frame, &packet_guest, &packet_network, &tcp, NULL, 0);

	leave(n, SUM);
	traffic_begin(false);
	captures_packet(&traffic, 0, TRAFFIC_AT, frame, (uint32_t)n,
			"egress verdict=block reason=checksum", TRAFFIC_OUT);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(output, " out block       checksum "));
	ck_assert_str_eq(complaint, "");
}
END_TEST

START_TEST(each_segment_is_blocked_by_itself)
{
	traffic_begin(false);
	segment(TRAFFIC_OUT, 8 | 16, 1001, 5001, LONG);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("-w", "w.pcapng", "p", "x.pcapng"), 0);
	ck_assert_int_eq(REPLAY("--sum", "p", "w.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(output, "block       tcp-no-flow   default            5 "));
}
END_TEST

START_TEST(what_cannot_be_cut_is_not_judged)
{
	static const uint8_t text[LONG];
	const struct packet_tcp tcp = { .seq = 1, .window = 1000, .flags = 16 };
	size_t n = packet_tcp4(frame, &packet_guest, &packet_network, &tcp, text, LONG);

	frame[SUM] ^= 1;
	traffic_begin(false);
	traffic_add(TRAFFIC_OUT, n);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("p", "x.pcapng"), 1);
	ck_assert_ptr_nonnull(strstr(output, " out unjudged    offload       -         10.0.2.15"));
	ck_assert_str_eq(complaint,
			 "vde_egress: 1 packets cannot be judged, and count as never sent: a "
			 "network card was to cut them, or had put them together, and nothing says "
			 "where: capture with offload off (ethtool -K)\n");
}
END_TEST

/* The resolver answers what is in frame under ID, with its checksum left to the card or not. */
static void answer(bool empty, uint16_t id)
{
	struct packet_end server = packet_at(&packet_network, 53);
	uint8_t message[512];
	size_t n = 12 + 20 + 4;

	memcpy(message, frame + PACKET_L4_4 + 8, n);
	eg_put16(message, id);
	eg_put16(message + 2, 0x8180);
	server.ip4[3] = 3;
	n = packet_udp4(frame, &server, &packet_guest, message, n);
	if (empty)
		leave(n, PACKET_L4_4 + 6);
	traffic_add(TRAFFIC_IN, n);
}

START_TEST(answer_is_one_to_what_was_asked)
{
	for (int empty = 0; empty < 2; empty++) {
		traffic_begin(false);
		traffic_query(3, "mirror.example.org", 1);
		answer(empty, 0x1234);
		command_save(&traffic, "x.pcapng");
		ck_assert_int_eq(REPLAY("p", "x.pcapng"), 0);
		ck_assert_ptr_null(strstr(output, "block"));
		ck_assert_ptr_nonnull(strstr(output, " in  pass "));
	}
}
END_TEST

START_TEST(answer_that_nobody_asked_for_is_none)
{
	traffic_begin(false);
	traffic_query(3, "mirror.example.org", 1);
	answer(false, 0x1235);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(output, " in  block       dns-answer "));
}
END_TEST

START_TEST(answer_passes_once)
{
	uint8_t query[PACKET_MAX];

	traffic_begin(false);
	traffic_query(3, "mirror.example.org", 1);
	memcpy(query, frame, sizeof(query));
	answer(false, 0x1234);
	memcpy(frame, query, sizeof(query));
	answer(false, 0x1234);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--sum", "p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(output, "block       dns-answer    default            1 "));
	ck_assert_ptr_nonnull(strstr(output, "pass        -             -                  2 "));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("replay of offload");
	TCase *t = tcase_create("offload");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, command_teardown);
	tcase_add_test(t, connection_under_offload_passes);
	tcase_add_test(t, mtu_is_the_links);
	tcase_add_test(t, as_sent_repairs_nothing);
	tcase_add_test(t, what_the_module_recorded_is_as_sent);
	tcase_add_test(t, each_segment_is_blocked_by_itself);
	tcase_add_test(t, what_cannot_be_cut_is_not_judged);
	tcase_add_test(t, answer_is_one_to_what_was_asked);
	tcase_add_test(t, answer_that_nobody_asked_for_is_none);
	tcase_add_test(t, answer_passes_once);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a policy would have made of a capture: each frame once, with the verdict of the filter. */
#include "command.h"
#include "commands.h"
#include "reason.h"
#include "traffic.h"

#define REPLAY(...)                                                                                \
	command_run(eg_command_replay, (const char *const[]){ "replay", __VA_ARGS__, NULL })

#define GUEST "52:54:00:12:34:56"

static const char policy[] = "# of the test\n"
			     "resolve mirror.example.org\n"
			     "log /nowhere/x.pcapng\n"
			     "vm build-7\n";

/* PATTERN, whose @ stand for the rule of what the guest opens, as a column. */
static const char *ruled(const char *pattern)
{
	static char text[8192];
	size_t n = 0;

	for (; *pattern; pattern++) {
		ck_assert_uint_lt(n, sizeof(text) - 64);
		if (*pattern == '@')
			n += (size_t)snprintf(text + n, 64, "%-9s", eg_reason_rule(EG_R_TCP_NEW));
		else
			text[n++] = *pattern;
	}
	text[n] = '\0';
	return text;
}

/* Whether PATTERN is in output. */
static bool says(const char *pattern)
{
	return strstr(output, ruled(pattern)) != NULL;
}

static void setup(void)
{
	command_setup();
	command_write("p", policy);
}

#define DAY " 2026-11-24T11:"
static const char expected[] =
	"      1" DAY
	"03:54.000000000Z out pass        -             -         10.0.2.15 > 10.0.2.2 "
	"arp len=42\n"
	"      2" DAY "03:55.000000000Z out block       tcp-new       @ 10.0.2.15:40000 > "
	"10.0.2.2:443 tcp len=54\n"
	"      3" DAY "03:56.000000000Z in  pass        -             -         10.0.2.2:5000 > "
	"10.0.2.15:40000 tcp len=54\n"
	"      4" DAY "03:57.000000000Z out pass        -             -         10.0.2.15:40000 > "
	"10.0.2.2:5000 tcp len=54\n"
	"      5" DAY "03:58.000000000Z in  pass        -             -         10.0.2.2:5000 > "
	"10.0.2.15:40000 tcp len=54\n"
	"      6" DAY "03:59.000000000Z out block       udp-new       @ 10.0.2.15:40000 > "
	"10.0.2.2:123 udp len=47\n"
	"      7" DAY "04:00.000000000Z in  pass        -             -         10.0.2.2:124 > "
	"10.0.2.15:40000 udp len=47\n"
	"      8" DAY "04:01.000000000Z out pass        -             -         10.0.2.15:40000 > "
	"10.0.2.2:124 udp len=47\n"
	"      9" DAY "04:02.000000000Z out block       udp-new       @ "
	"[fd00::5054:ff:fe12:3456]:40000 > [fd00::2]:123 udp len=67\n"
	"     10" DAY "04:03.000000000Z out pass        -             -         10.0.2.15:40000 > "
	"10.0.2.3:53 udp name=mirror.example.org qtype=A len=78\n"
	"     11" DAY "04:04.000000000Z out block       dns-name      resolve   10.0.2.15:40000 > "
	"10.0.2.3:53 udp name=evil.example.org qtype=TXT len=76\n"
	"     12" DAY "04:05.000000000Z out block       dns-server    dns       10.0.2.15:40000 > "
	"10.0.2.8:53 udp name=mirror.example.org qtype=A len=78\n"
	"     13" DAY
	"04:06.000000000Z out block       icmp          default   10.0.2.15 > 10.0.2.2 "
	"icmp type=8 code=0 len=62\n"
	"     14" DAY
	"04:07.000000000Z out block       ethertype     default   52:54:00:12:34:56 > "
	"52:55:0a:00:02:02 0x88cc len=18\n";

START_TEST(each_frame_is_a_line)
{
	traffic_all(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("p", "x.pcapng"), 0);
	ck_assert_str_eq(output, ruled(expected));
	ck_assert_str_eq(complaint, "");
}
END_TEST

START_TEST(guest_is_known_by_its_address)
{
	traffic_all(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("--guest", GUEST, "p", "x.pcap"), 0);
	ck_assert_str_eq(output, ruled(expected));
	ck_assert_str_eq(complaint, "");
}
END_TEST

START_TEST(address_goes_before_what_the_capture_says)
{
	traffic_all(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--guest=52:55:0a:00:02:02", "p", "x.pcapng"), 0);
	ck_assert(says(" out block       tcp-new       @ 10.0.2.2:5000"));
	ck_assert(says(" in  pass        -             -         10.0.2.15:40000 > "
		       "10.0.2.2:443"));
}
END_TEST

START_TEST(without_a_direction_there_is_no_verdict)
{
	traffic_all(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("p", "x.pcap"), 1);
	ck_assert_str_eq(output, "");
	ck_assert_str_eq(complaint,
			 "vde_egress: x.pcap: packet 1 does not say which way it went: give the "
			 "guest's MAC address with --guest\n"
			 "vde_egress: " GUEST " sent 11 frames\n"
			 "vde_egress: 52:55:0a:00:02:02 sent 3 frames\n");
}
END_TEST

START_TEST(guest_that_sent_nothing_is_a_fault)
{
	traffic_all(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("--sum", "--guest=52:54:00:12:34:57", "p", "x.pcap"), 1);
	ck_assert_str_eq(complaint,
			 "vde_egress: no frame was sent by 52:54:00:12:34:57: all were judged "
			 "as the network's\n");
}
END_TEST

static const char sums[] = "verdict     reason        rule          frames        bytes\n"
			   "pass        -             -                  7          376\n"
			   "block       ethertype     default            1           18\n"
			   "block       tcp-new       @          1           54\n"
			   "block       udp-new       @          2          114\n"
			   "block       icmp          default            1           62\n"
			   "block       dns-server    dns                1           78\n"
			   "block       dns-name      resolve            1           76\n";

START_TEST(sums_say_all)
{
	traffic_all(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--sum", "p", "x.pcapng"), 0);
	ck_assert_str_eq(output, ruled(sums));
	ck_assert_int_eq(REPLAY("--sum", "--json", "p", "x.pcapng"), 0);
	ck_assert_int_eq(strncmp(output,
				 "{\"sums\":[{\"verdict\":\"pass\",\"frames\":7,\"bytes\":376},"
				 "{\"verdict\":\"block\",\"reason\":\"ethertype\",\"rule\":"
				 "\"default\",\"frames\":1,\"bytes\":18},",
				 126),
			 0);
	ck_assert(says("],\"frames\":14,\"answers\":0,\"notes\":0}\n"));
}
END_TEST

START_TEST(json_says_each_frame)
{
	traffic_all(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--json", "p", "x.pcapng"), 0);
	ck_assert(says(
		"{\"file\":\"x.pcapng\",\"number\":11,\"time\":\"2026-11-24T11:04:04.000000000Z"
		"\",\"direction\":\"out\",\"verdict\":\"block\",\"reason\":\"dns-name\",\"rule\":"
		"\"resolve\",\"proto\":\"udp\",\"src\":\"10.0.2.15\",\"sport\":40000,\"dst\":"
		"\"10.0.2.3\",\"dport\":53,\"name\":\"evil.example.org\",\"qtype\":\"TXT\","
		"\"len\":76}\n"));
	ck_assert(says(",\"verdict\":\"pass\",\"proto\":\"arp\",\"src\":"));
	ck_assert(says("\"proto\":\"icmp\",\"src\":\"10.0.2.15\",\"dst\":"
		       "\"10.0.2.2\",\"type\":8,\"code\":0,\"len\":62}\n"));
}
END_TEST

START_TEST(monitor_would_block)
{
	traffic_all(false);
	command_save(&traffic, "x.pcapng");
	command_write("monitor", "mode monitor\n");
	ck_assert_int_eq(REPLAY("monitor", "x.pcapng"), 0);
	ck_assert_ptr_null(strstr(output, " block "));
	ck_assert(says("out would-block tcp-new       @ 10.0.2.15:40000"));
}
END_TEST

/* The host's forward, in one file, and the guest's answer to it in another. */
static void make_two(void)
{
	traffic_begin(false);
	traffic_udp(TRAFFIC_IN, 124);
	traffic_now += TRAFFIC_NS;
	traffic_udp(TRAFFIC_IN, 125);
	command_save(&traffic, "a.pcapng");
	traffic_begin(false);
	traffic_now += TRAFFIC_NS;
	traffic_udp(TRAFFIC_OUT, 124);
	traffic_now += TRAFFIC_NS;
	traffic_udp(TRAFFIC_OUT, 125);
	command_save(&traffic, "b.pcapng");
}

START_TEST(several_files_are_one_traffic)
{
	make_two();
	ck_assert_int_eq(REPLAY("p", "a.pcapng", "b.pcapng"), 0);
	ck_assert_ptr_null(strstr(output, "block"));
	ck_assert_int_eq(strncmp(output, "a.pcapng:1 2026", 15), 0);
	ck_assert(says("\nb.pcapng:1 2026"));
	ck_assert_int_eq(REPLAY("--sum", "p", "b.pcapng", "a.pcapng"), 0);
	ck_assert_ptr_null(strstr(output, "block"));
	ck_assert_int_eq(REPLAY("--sum", "p", "b.pcapng"), 0);
	ck_assert(says("block       udp-new       @          2 "));
}
END_TEST

START_TEST(time_is_the_captures)
{
	traffic_begin(false);
	traffic_udp(TRAFFIC_IN, 124);
	traffic_now += 3600 * TRAFFIC_NS;
	traffic_udp(TRAFFIC_OUT, 124);
	traffic_now -= 1800 * TRAFFIC_NS;
	traffic_udp(TRAFFIC_IN, 124);
	traffic_udp(TRAFFIC_OUT, 124);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--sum", "p", "x.pcapng"), 0);
	ck_assert(says("pass        -             -                  3 "));
	ck_assert(says("block       udp-new       @          1 "));
	ck_assert_str_eq(complaint,
			 "vde_egress: 2 frames are older than one before them, and were judged "
			 "at its time\n");
}
END_TEST

/* A simple packet block says neither a time nor a direction. */
static void simple(size_t n)
{
	size_t begin = captures_begin(&traffic, 3);

	captures_32(&traffic, (uint32_t)n);
	captures_bytes(&traffic, frame, n);
	captures_bytes(&traffic, "\0\0\0", -n & 3);
	captures_end(&traffic, begin);
}

START_TEST(packet_without_a_time_goes_with_the_one_before)
{
	const struct packet_end there = packet_at(&packet_network, 124);

	traffic_begin(false);
	traffic_now = 10 * TRAFFIC_NS;
	traffic_udp(TRAFFIC_IN, 124);
	simple(packet_udp4(frame, &packet_guest, &there, "hello", 5));
	command_save(&traffic, "x.pcapng");
	traffic_begin(false);
	traffic_now = 11 * TRAFFIC_NS;
	traffic_arp(TRAFFIC_OUT);
	command_save(&traffic, "y.pcapng");
	ck_assert_int_eq(REPLAY("--guest", GUEST, "p", "y.pcapng", "x.pcapng"), 0);
	ck_assert(says(
		"x.pcapng:2 -                              out pass        -             -     "
		"    10.0.2.15:40000 > 10.0.2.2:124 udp len=47\ny.pcapng:1 "));
	ck_assert_str_eq(complaint, "");
}
END_TEST

/* The host's forward is not whole in the capture. */
START_TEST(what_is_cut_short_is_not_judged_and_opens_nothing)
{
	const struct packet_end there = packet_at(&packet_network, 124);
	size_t n = packet_udp4(frame, &there, &packet_guest, "hello", 5);

	captures_pcap(&traffic, 0xa1b2c3d4);
	captures_32(&traffic, 1795518234);
	captures_32(&traffic, 0);
	captures_32(&traffic, 40);
	captures_32(&traffic, (uint32_t)n);
	captures_bytes(&traffic, frame, 40);
	traffic_classic = true;
	traffic_now = TRAFFIC_NS;
	traffic_udp(TRAFFIC_OUT, 124);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("--guest", GUEST, "p", "x.pcap"), 1);
	ck_assert(says("in  unjudged    truncated     -         10.0.2.2:124 > "
		       "10.0.2.15:40000 udp len=40\n"));
	ck_assert(says("out block       udp-new       @ 10.0.2.15:40000"));
	ck_assert_str_eq(complaint,
			 "vde_egress: 1 packets cannot be judged, and count as never sent: they "
			 "are cut short, or no Ethernet frames\n");
}
END_TEST

START_TEST(what_is_no_ethernet_frame_is_not_judged)
{
	size_t begin;

	captures_section(&traffic);
	begin = captures_begin(&traffic, 1);
	captures_16(&traffic, 101); /* raw IP */
	captures_16(&traffic, 0);
	captures_32(&traffic, 0);
	captures_end(&traffic, begin);
	captures_packet(&traffic, 0, TRAFFIC_AT / 1000, packet_text, PACKET_TEXT, NULL, 0);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("p", "x.pcapng"), 1);
	ck_assert_str_eq(output,
			 "      1 2026-11-24T11:03:54.000000000Z -   unjudged    link-type     - "
			 "        - > - - len=20\n");
}
END_TEST

START_TEST(fragments_get_the_verdict_of_the_whole)
{
	traffic_begin(false);
	traffic_udp(TRAFFIC_IN, 124);
	traffic_fragment(0, 16, true);
	traffic_arp(TRAFFIC_OUT);
	traffic_fragment(16, 16, true);
	traffic_fragment(32, 16, false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("p", "x.pcapng"), 0);
	ck_assert_ptr_null(strstr(output, "block"));
	/* Told when it is known: behind what was judged in between. */
	ck_assert(says("arp len=42\n      2 2026"));
	ck_assert(says("len=50\n      4 2026"));
	ck_assert(says("len=50\n      5 2026"));
	ck_assert_int_eq(REPLAY("--sum", "p", "x.pcapng"), 0);
	ck_assert(says("pass        -             -                  5 "));
}
END_TEST

START_TEST(fragments_that_nobody_asked_for_are_blocked_together)
{
	traffic_begin(false);
	traffic_fragment(0, 16, true);
	traffic_fragment(16, 16, true);
	traffic_fragment(32, 16, false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--sum", "p", "x.pcapng"), 0);
	ck_assert(says("block       udp-new       @          3 "));
	ck_assert_ptr_null(strstr(output, "pass"));
}
END_TEST

START_TEST(what_is_held_at_the_end_is_blocked)
{
	traffic_begin(false);
	traffic_udp(TRAFFIC_IN, 124);
	traffic_fragment(0, 16, true);
	traffic_now += 20 * TRAFFIC_NS;
	traffic_arp(TRAFFIC_OUT);
	traffic_fragment(0, 16, true);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("-w", "w.pcapng", "p", "x.pcapng"), 0);
	ck_assert(says("      2 2026-11-24T11:03:55.000000000Z out block       "
		       "fragment "));
	ck_assert(says("      4 2026-11-24T11:04:17.000000000Z out block       "
		       "fragment "));
	ck_assert_int_eq(REPLAY("--sum", "p", "w.pcapng"), 0);
	ck_assert(says("block       fragment      default            2 "));
}
END_TEST

START_TEST(our_answers_and_notes_are_no_traffic)
{
	static const uint8_t note[60] = { [12] = 0x88, [13] = 0xb5, 'e', 'g' };

	traffic_begin(false);
	traffic_tcp(TRAFFIC_OUT, 443, TRAFFIC_SYN, 1000, 0);
	captures_packet(&traffic, 0, TRAFFIC_AT + 1, note, 60,
			"egress note=suppressed count=40 reason=tcp-new", TRAFFIC_IN);
	captures_packet(&traffic, 0, TRAFFIC_AT + 2, frame, 54,
			"egress verdict=answer answer=rst reason=tcp-new", TRAFFIC_IN);
	/* The guest can send what looks like a note: its comment tells. */
	captures_packet(&traffic, 0, TRAFFIC_AT + 3, note, 60,
			"egress verdict=block reason=eth-address", TRAFFIC_OUT);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--sum", "--json", "p", "x.pcapng"), 0);
	ck_assert(says("],\"frames\":2,\"answers\":1,\"notes\":1}\n"));
	ck_assert_str_eq(complaint,
			 "vde_egress: 1 answers and 1 notes of the module's own were passed "
			 "over\n");
}
END_TEST

static TCase *verdicts_case(void)
{
	TCase *c = tcase_create("verdicts");

	tcase_add_test(c, each_frame_is_a_line);
	tcase_add_test(c, guest_is_known_by_its_address);
	tcase_add_test(c, address_goes_before_what_the_capture_says);
	tcase_add_test(c, without_a_direction_there_is_no_verdict);
	tcase_add_test(c, guest_that_sent_nothing_is_a_fault);
	tcase_add_test(c, sums_say_all);
	tcase_add_test(c, json_says_each_frame);
	tcase_add_test(c, monitor_would_block);
	tcase_add_test(c, several_files_are_one_traffic);
	tcase_add_test(c, time_is_the_captures);
	tcase_add_test(c, packet_without_a_time_goes_with_the_one_before);
	tcase_add_test(c, what_is_cut_short_is_not_judged_and_opens_nothing);
	tcase_add_test(c, what_is_no_ethernet_frame_is_not_judged);
	tcase_add_test(c, fragments_get_the_verdict_of_the_whole);
	tcase_add_test(c, fragments_that_nobody_asked_for_are_blocked_together);
	tcase_add_test(c, what_is_held_at_the_end_is_blocked);
	tcase_add_test(c, our_answers_and_notes_are_no_traffic);
	return c;
}

int main(void)
{
	Suite *s = suite_create("replay");
	TCase *cases[] = { verdicts_case() };
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tcase_add_checked_fixture(cases[i], setup, command_teardown);
		suite_add_tcase(s, cases[i]);
	}
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

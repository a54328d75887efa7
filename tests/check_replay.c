/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a policy would have made of a capture: each frame once, with the verdict of the filter. */
#include "command.h"
#include "commands.h"
#include "pcapng.h"
#include "pipeline.h"
#include "recorder.h"
#include "traffic.h"

enum { SYN = 2, ACK = 16, FRAGMENT_UDP = 17 };

#define REPLAY(...)                                                                                \
	command_run(eg_command_replay, (const char *const[]){ "replay", __VA_ARGS__, NULL })

#define GUEST "52:54:00:12:34:56"

static const char policy[] = "# of the test\n"
			     "resolve mirror.example.org\n"
			     "log /nowhere/x.pcapng\n"
			     "vm build-7\n";

static void setup(void)
{
	command_setup();
	command_write("p", policy);
}

/* A bit of everything: what the host opened, what the guest tried, and what is in form. */
static void make_traffic(bool classic)
{
	traffic_begin(classic);
	traffic_arp(TRAFFIC_OUT);
	traffic_tcp(TRAFFIC_OUT, 443, SYN, 1000, 0);
	traffic_tcp(TRAFFIC_IN, 5000, SYN, 7000, 0);
	traffic_tcp(TRAFFIC_OUT, 5000, SYN | ACK, 1000, 7001);
	traffic_tcp(TRAFFIC_IN, 5000, ACK, 7001, 1001);
	traffic_udp(TRAFFIC_OUT, 123);
	traffic_udp(TRAFFIC_IN, 124);
	traffic_udp(TRAFFIC_OUT, 124);
	traffic_udp6(TRAFFIC_OUT, 123);
	traffic_query(3, "mirror.example.org", 1);
	traffic_query(3, "evil.example.org", 16);
	traffic_query(8, "mirror.example.org", 1);
	traffic_add(TRAFFIC_OUT, packet_base(PACKET_ICMP4, frame));
	traffic_add(TRAFFIC_OUT,
		    packet_eth(frame, &packet_guest, &packet_network, 0x88cc, "lldp", 4));
}

#define DAY " 2026-11-24T11:"
static const char expected[] =
	"      1" DAY
	"03:54.000000000Z out pass        -             -         10.0.2.15 > 10.0.2.2 "
	"arp len=42\n"
	"      2" DAY "03:55.000000000Z out block       tcp-new       allow     10.0.2.15:40000 > "
	"10.0.2.2:443 tcp len=54\n"
	"      3" DAY "03:56.000000000Z in  pass        -             -         10.0.2.2:5000 > "
	"10.0.2.15:40000 tcp len=54\n"
	"      4" DAY "03:57.000000000Z out pass        -             -         10.0.2.15:40000 > "
	"10.0.2.2:5000 tcp len=54\n"
	"      5" DAY "03:58.000000000Z in  pass        -             -         10.0.2.2:5000 > "
	"10.0.2.15:40000 tcp len=54\n"
	"      6" DAY "03:59.000000000Z out block       udp-new       allow     10.0.2.15:40000 > "
	"10.0.2.2:123 udp len=47\n"
	"      7" DAY "04:00.000000000Z in  pass        -             -         10.0.2.2:124 > "
	"10.0.2.15:40000 udp len=47\n"
	"      8" DAY "04:01.000000000Z out pass        -             -         10.0.2.15:40000 > "
	"10.0.2.2:124 udp len=47\n"
	"      9" DAY "04:02.000000000Z out block       udp-new       allow     "
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
	make_traffic(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("p", "x.pcapng"), 0);
	ck_assert_str_eq(out, expected);
	ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(guest_is_known_by_its_address)
{
	make_traffic(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("--guest", GUEST, "p", "x.pcap"), 0);
	ck_assert_str_eq(out, expected);
	ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(address_goes_before_what_the_capture_says)
{
	make_traffic(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--guest=52:55:0a:00:02:02", "p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(
		strstr(out, " out block       tcp-new       allow     10.0.2.2:5000"));
	ck_assert_ptr_nonnull(strstr(out,
				     " in  pass        -             -         10.0.2.15:40000 > "
				     "10.0.2.2:443"));
}
END_TEST

START_TEST(without_a_direction_there_is_no_verdict)
{
	make_traffic(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("p", "x.pcap"), 1);
	ck_assert_str_eq(out, "");
	ck_assert_str_eq(err,
			 "vde_egress: x.pcap: packet 1 does not say which way it went: give the "
			 "guest's MAC address with --guest\n"
			 "vde_egress: " GUEST " sent 11 frames\n"
			 "vde_egress: 52:55:0a:00:02:02 sent 3 frames\n");
}
END_TEST

START_TEST(guest_that_sent_nothing_is_a_fault)
{
	make_traffic(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("--sum", "--guest=52:54:00:12:34:57", "p", "x.pcap"), 1);
	ck_assert_str_eq(err, "vde_egress: no frame was sent by 52:54:00:12:34:57: all were judged "
			      "as the network's\n");
}
END_TEST

static const char sums[] = "verdict     reason        rule          frames        bytes\n"
			   "pass        -             -                  7          376\n"
			   "block       ethertype     default            1           18\n"
			   "block       tcp-new       allow              1           54\n"
			   "block       udp-new       allow              2          114\n"
			   "block       icmp          default            1           62\n"
			   "block       dns-server    dns                1           78\n"
			   "block       dns-name      resolve            1           76\n";

START_TEST(sums_say_all)
{
	make_traffic(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--sum", "p", "x.pcapng"), 0);
	ck_assert_str_eq(out, sums);
	ck_assert_int_eq(REPLAY("--sum", "--json", "p", "x.pcapng"), 0);
	ck_assert_int_eq(strncmp(out,
				 "{\"sums\":[{\"verdict\":\"pass\",\"frames\":7,\"bytes\":376},"
				 "{\"verdict\":\"block\",\"reason\":\"ethertype\",\"rule\":"
				 "\"default\",\"frames\":1,\"bytes\":18},",
				 126),
			 0);
	ck_assert_ptr_nonnull(strstr(out, "],\"frames\":14,\"answers\":0,\"notes\":0}\n"));
}
END_TEST

START_TEST(json_says_each_frame)
{
	make_traffic(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--json", "p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(
		out,
		"{\"file\":\"x.pcapng\",\"number\":11,\"time\":\"2026-11-24T11:04:04.000000000Z"
		"\",\"direction\":\"out\",\"verdict\":\"block\",\"reason\":\"dns-name\",\"rule\":"
		"\"resolve\",\"proto\":\"udp\",\"src\":\"10.0.2.15\",\"sport\":40000,\"dst\":"
		"\"10.0.2.3\",\"dport\":53,\"name\":\"evil.example.org\",\"qtype\":\"TXT\","
		"\"len\":76}\n"));
	ck_assert_ptr_nonnull(strstr(out, ",\"verdict\":\"pass\",\"proto\":\"arp\",\"src\":"));
	ck_assert_ptr_nonnull(strstr(out, "\"proto\":\"icmp\",\"src\":\"10.0.2.15\",\"dst\":"
					  "\"10.0.2.2\",\"type\":8,\"code\":0,\"len\":62}\n"));
}
END_TEST

START_TEST(monitor_would_block)
{
	make_traffic(false);
	command_save(&traffic, "x.pcapng");
	command_write("monitor", "mode monitor\n");
	ck_assert_int_eq(REPLAY("monitor", "x.pcapng"), 0);
	ck_assert_ptr_null(strstr(out, " block "));
	ck_assert_ptr_nonnull(
		strstr(out, "out would-block tcp-new       allow     10.0.2.15:40000"));
}
END_TEST

static const struct {
	const char *text, *why;
} faults[] = {
	{ "resolve a.example.org\nreslove b.example.org\n", "f:2: unknown word 'reslove'" },
	{ "\n\nmode maybe\n", "f:3: mode: 'maybe': neither enforce nor monitor" },
	{ "policy f\n", "f:1: policy: 'f': only the VNL can name a policy file" },
};

START_TEST(bad_policy_says_where_and_nothing_else)
{
	char line[256];

	make_traffic(false);
	command_save(&traffic, "x.pcapng");
	command_write("f", faults[_i].text);
	snprintf(line, sizeof(line), "vde_egress: %s\n", faults[_i].why);
	ck_assert_int_eq(REPLAY("-w", "w.pcapng", "f", "x.pcapng"), 1);
	ck_assert_str_eq(out, "");
	ck_assert_str_eq(err, line);
	ck_assert_int_eq(folder_size("w.pcapng"), -1);
}
END_TEST

START_TEST(what_cannot_be_read_is_said_before_any_verdict)
{
	make_traffic(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("nothing", "x.pcapng"), 1);
	ck_assert_str_eq(err, "vde_egress: nothing: cannot be opened: No such file or directory\n");
	ck_assert_int_eq(REPLAY("p", "x.pcapng", "nothing"), 1);
	ck_assert_str_eq(err, "vde_egress: nothing: No such file or directory\n");
	ck_assert_int_eq(REPLAY("p", "x.pcapng", "p"), 1);
	ck_assert_str_eq(err, "vde_egress: p: is neither a capture nor a file of events\n");
	ck_assert_int_eq(REPLAY("p", "x.pcapng", "./x.pcapng"), 1);
	ck_assert_str_eq(err, "vde_egress: ./x.pcapng: is given twice\n");
	command_write("events", "{}\n");
	ck_assert_int_eq(REPLAY("p", "events"), 1);
	ck_assert_str_eq(err, "vde_egress: events: is a file of events: packets are needed\n");
	ck_assert_str_eq(out, "");
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
	ck_assert_ptr_null(strstr(out, "block"));
	ck_assert_int_eq(strncmp(out, "a.pcapng:1 2026", 15), 0);
	ck_assert_ptr_nonnull(strstr(out, "\nb.pcapng:1 2026"));
	ck_assert_int_eq(REPLAY("--sum", "p", "b.pcapng", "a.pcapng"), 0);
	ck_assert_ptr_null(strstr(out, "block"));
	ck_assert_int_eq(REPLAY("--sum", "p", "b.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(out, "block       udp-new       allow              2 "));
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
	ck_assert_ptr_nonnull(strstr(out, "pass        -             -                  3 "));
	ck_assert_ptr_nonnull(strstr(out, "block       udp-new       allow              1 "));
	ck_assert_str_eq(err,
			 "vde_egress: 2 frames are older than one before them, and were judged "
			 "at its time\n");
}
END_TEST

/* The first 1 is of 24 + len bytes of which fewer are there; the host's forward is not seen. */
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
	ck_assert_ptr_nonnull(strstr(out, "in  unjudged    truncated     -         10.0.2.2:124 > "
					  "10.0.2.15:40000 udp len=40\n"));
	ck_assert_ptr_nonnull(
		strstr(out, "out block       udp-new       allow     10.0.2.15:40000"));
	ck_assert_str_eq(err,
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
	ck_assert_str_eq(out,
			 "      1 2026-11-24T11:03:54.000000000Z -   unjudged    link-type     - "
			 "        - > - - len=20\n");
}
END_TEST

/* A fragment of a datagram from the guest's port 40000 to port 124: bytes OFF to OFF + N of 40. */
static void fragment(size_t off, size_t n, bool more)
{
	uint8_t payload[48] = { 0x9c, 0x40, 0, 124, 0, 48 };
	size_t len = packet_ip4(frame, &packet_guest, &packet_network, 253, payload + off, n);

	eg_put16(frame + 18, 0x4711);
	eg_put16(frame + 20, (uint16_t)(off / 8 | (more ? 0x2000 : 0)));
	frame[23] = FRAGMENT_UDP;
	packet_fix(frame, len);
	traffic_add(TRAFFIC_OUT, len);
}

START_TEST(fragments_get_the_verdict_of_the_whole)
{
	traffic_begin(false);
	traffic_udp(TRAFFIC_IN, 124);
	fragment(0, 16, true);
	traffic_arp(TRAFFIC_OUT);
	fragment(16, 16, true);
	fragment(32, 16, false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("p", "x.pcapng"), 0);
	ck_assert_ptr_null(strstr(out, "block"));
	/* Told when it is known: behind what was judged in between. */
	ck_assert_ptr_nonnull(strstr(out, "arp len=42\n      2 2026"));
	ck_assert_ptr_nonnull(strstr(out, "len=50\n      4 2026"));
	ck_assert_ptr_nonnull(strstr(out, "len=50\n      5 2026"));
	ck_assert_int_eq(REPLAY("--sum", "p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(out, "pass        -             -                  5 "));
}
END_TEST

START_TEST(fragments_that_nobody_asked_for_are_blocked_together)
{
	traffic_begin(false);
	fragment(0, 16, true);
	fragment(16, 16, true);
	fragment(32, 16, false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--sum", "p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(out, "block       udp-new       allow              3 "));
	ck_assert_ptr_null(strstr(out, "pass"));
}
END_TEST

START_TEST(what_is_held_at_the_end_is_blocked)
{
	traffic_begin(false);
	traffic_udp(TRAFFIC_IN, 124);
	fragment(0, 16, true);
	traffic_now += 20 * TRAFFIC_NS;
	traffic_arp(TRAFFIC_OUT);
	fragment(0, 16, true);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("-w", "w.pcapng", "p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(out, "      2 2026-11-24T11:03:55.000000000Z out block       "
					  "fragment "));
	ck_assert_ptr_nonnull(strstr(out, "      4 2026-11-24T11:04:17.000000000Z out block       "
					  "fragment "));
	ck_assert_int_eq(REPLAY("--sum", "p", "w.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(out, "block       fragment      default            2 "));
}
END_TEST

START_TEST(our_answers_and_notes_are_no_traffic)
{
	static const uint8_t note[60] = { [12] = 0x88, [13] = 0xb5, 'e', 'g' };

	traffic_begin(false);
	traffic_tcp(TRAFFIC_OUT, 443, SYN, 1000, 0);
	captures_packet(&traffic, 0, TRAFFIC_AT + 1, note, 60,
			"egress note=suppressed count=40 reason=tcp-new", TRAFFIC_IN);
	captures_packet(&traffic, 0, TRAFFIC_AT + 2, frame, 54,
			"egress verdict=answer answer=rst reason=tcp-new", TRAFFIC_IN);
	/* The guest can send what looks like a note: its comment tells. */
	captures_packet(&traffic, 0, TRAFFIC_AT + 3, note, 60,
			"egress verdict=block reason=eth-address", TRAFFIC_OUT);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("--sum", "--json", "p", "x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(out, "],\"frames\":2,\"answers\":1,\"notes\":1}\n"));
	ck_assert_str_eq(err, "vde_egress: 1 answers and 1 notes of the module's own were passed "
			      "over\n");
}
END_TEST

/*
 * Records
 */

static struct eg_recorder *recorder;

static void record(void *ctx, const struct eg_report *r)
{
	(void)ctx;
	eg_recorder_report(recorder, r);
}

enum { STATELESS = 40 };

/* Frame I of the guest's that are blocked for what they are; returns its length. */
static size_t stateless(unsigned int i)
{
	static const struct packet_edit edits[] = {
		EDIT(12, 0x81, 0x00), EDIT(14, 0x46),         EDIT(23, 132),  EDIT(0, 1, 0, 0x5e),
		EDIT(24, 0xff),       EDIT(26, 127, 0, 0, 1), EDIT(20, 0x20), EDIT(6, 1),
	};
	size_t n = packet_base((enum packet_base)(i % PACKET_BASES), frame);

	if (i >= PACKET_BASES) {
		packet_apply(frame, &edits[i % 8], 1);
		if (i % 3)
			packet_fix(frame, n);
	}
	return i % 11 == 10 ? 13 : n;
}

/* Record them as the module does, with the record's file x.pcapng. */
static void make_record(struct eg_policy *p)
{
	const struct eg_recorder_options o = { .log = "x.pcapng",
					       .label = "build-7",
					       .limit = 1 << 26 };
	const struct eg_seed seed = { 1, 2 };
	struct eg_pipeline *pipeline = eg_pipeline_new(p, &seed, record, NULL);
	struct eg_outcome outcome;

	ck_assert_int_eq(eg_recorder_open(&recorder, &o), 0);
	for (unsigned int i = 0; i < STATELESS; i++) {
		size_t n = stateless(i);

		eg_pipeline_from_guest(pipeline, frame, n, 1000 + i, &outcome);
	}
	eg_pipeline_end(pipeline, 2000);
	eg_recorder_close(recorder);
	eg_pipeline_free(pipeline);
}

/* The reasons in the comments of NAME's blocked frames are those of the lines in out, in order.
 * Returns how many there are. */
static size_t same_reasons(const char *name)
{
	struct pcapng file;
	const char *line = out;
	size_t n = 0;

	pcapng_read(&file, name);
	ck_assert_ptr_null(file.fault);
	for (size_t i = 0; i < file.count; i++) {
		char reason[64], wanted[80];

		if (sscanf(file.packets[i].comment, "egress verdict=block reason=%63s", reason) !=
		    1)
			continue;
		snprintf(wanted, sizeof(wanted), " block       %s ", reason);
		line = strstr(line, wanted);
		ck_assert_msg(line != NULL, "%s", file.packets[i].comment);
		line = strchr(line, '\n');
		n++;
	}
	ck_assert_ptr_null(strstr(line, " block "));
	pcapng_free(&file);
	return n;
}

START_TEST(record_replayed_says_its_own_reasons)
{
	struct eg_policy *p = eg_policy_new();
	size_t lines = 0;

	make_record(p);
	eg_policy_free(p);
	command_write("empty", "");
	ck_assert_int_eq(REPLAY("empty", "x.pcapng"), 0);
	for (const char *c = out; *c; c++)
		lines += *c == '\n';
	ck_assert_uint_gt(lines, 30);
	ck_assert_uint_eq(same_reasons("x.pcapng"), lines);
}
END_TEST

/* What -w writes has the comments of the module's record, and our answers. */
START_TEST(what_would_be_blocked_is_written_as_the_module_writes_it)
{
	struct eg_policy *p = eg_policy_new();
	struct pcapng module, ours;

	make_record(p);
	eg_policy_free(p);
	command_write("empty", "vm build-7\n");
	ck_assert_int_eq(REPLAY("-w", "w.pcapng", "empty", "x.pcapng"), 0);
	pcapng_read(&module, "x.pcapng");
	pcapng_read(&ours, "w.pcapng");
	ck_assert_str_eq(ours.name, "build-7");
	ck_assert_uint_eq(ours.received, module.received);
	ck_assert_uint_eq(ours.count, module.count);
	for (size_t i = 0; i < ours.count; i++) {
		ck_assert_str_eq(ours.packets[i].comment, module.packets[i].comment);
		ck_assert_uint_eq(ours.packets[i].time, module.packets[i].time);
		ck_assert_uint_eq(ours.packets[i].flags, module.packets[i].flags);
		ck_assert_uint_eq(ours.packets[i].len, module.packets[i].len);
		ck_assert_mem_eq(ours.packets[i].bytes, module.packets[i].bytes,
				 ours.packets[i].len);
	}
	pcapng_free(&module);
	pcapng_free(&ours);
}
END_TEST

START_TEST(classic_captures_are_written_too)
{
	make_traffic(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("-w", "w.pcap", "--guest", GUEST, "p", "x.pcap"), 0);
	ck_assert_int_eq(REPLAY("--sum", "--guest", GUEST, "p", "w.pcap"), 0);
	ck_assert_ptr_null(strstr(out, "pass"));
	ck_assert_ptr_nonnull(strstr(out, "block       dns-name      resolve            1 "));
	ck_assert_int_eq(REPLAY("-w", "no/w.pcap", "--guest", GUEST, "p", "x.pcap"), 1);
	ck_assert_str_eq(out, "");
	ck_assert_str_eq(err,
			 "vde_egress: no/w.pcap cannot be written: No such file or directory\n");
}
END_TEST

/*
 * What is hostile
 */

START_TEST(damaged_captures_end_in_peace)
{
	uint32_t state = 0x12345678u + (uint32_t)_i;
	char *bytes;
	size_t n;

	make_traffic(false);
	fragment(0, 16, true);
	command_save(&traffic, "good.pcapng");
	bytes = folder_read("good.pcapng", &n);
	for (int round = 0; round < 40; round++) {
		char *copy = malloc(n);

		memcpy(copy, bytes, n);
		for (int i = 0; i < 1 + round % 8; i++) {
			state = state * 1664525 + 1013904223;
			copy[(state >> 8) % n] = (char)(state >> 24);
		}
		folder_write("x.pcapng", copy, round % 4 ? n : n - (state >> 8) % n);
		free(copy);
		REPLAY("-w", "w.pcapng", "p", "x.pcapng");
		command_is_plain();
	}
	free(bytes);
}
END_TEST

START_TEST(names_do_no_harm)
{
	traffic_begin(false);
	traffic_query(3, "\x1b]0;x\x07 <script>\"\\.example.org", 1);
	command_save(&traffic, "\x1b[2J.pcapng");
	ck_assert_int_eq(REPLAY("p", "\x1b[2J.pcapng"), 0);
	command_is_plain();
	ck_assert_ptr_nonnull(strstr(out, "name=\\027\\0930\\059x\\007\\032\\060script"));
	ck_assert_int_eq(REPLAY("--json", "p", "\x1b[2J.pcapng"), 0);
	command_is_plain();
	ck_assert_ptr_nonnull(strstr(out, "{\"file\":\"\\\\x1b[2J.pcapng\","));
}
END_TEST

static const char *const usages[][4] = {
	{ NULL },
	{ "p" },
	{ "--nothing", "p", "x" },
	{ "--guest=52:54:00:12:34", "p", "x" },
	{ "--guest=53:54:00:12:34:56", "p", "x" },
	{ "--guest=00:00:00:00:00:00", "p", "x" },
	{ "--guest=52:54-00:12:34:56", "p", "x" },
	{ "--write=x.json", "p", "x" },
	{ "p", "x", "-w" },
};

START_TEST(wrong_command_line_is_status_2)
{
	const char *arguments[6] = { "replay" };

	memcpy(arguments + 1, usages[_i], sizeof(usages[_i]));
	ck_assert_int_eq(command_run(eg_command_replay, arguments), 2);
	ck_assert_str_eq(out, "");
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
	tcase_add_test(c, what_is_cut_short_is_not_judged_and_opens_nothing);
	tcase_add_test(c, what_is_no_ethernet_frame_is_not_judged);
	tcase_add_test(c, fragments_get_the_verdict_of_the_whole);
	tcase_add_test(c, fragments_that_nobody_asked_for_are_blocked_together);
	tcase_add_test(c, what_is_held_at_the_end_is_blocked);
	tcase_add_test(c, our_answers_and_notes_are_no_traffic);
	return c;
}

static TCase *files_case(void)
{
	TCase *c = tcase_create("files");

	tcase_add_loop_test(c, bad_policy_says_where_and_nothing_else, 0,
			    sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(c, what_cannot_be_read_is_said_before_any_verdict);
	tcase_add_test(c, record_replayed_says_its_own_reasons);
	tcase_add_test(c, what_would_be_blocked_is_written_as_the_module_writes_it);
	tcase_add_test(c, classic_captures_are_written_too);
	tcase_add_loop_test(c, damaged_captures_end_in_peace, 0, 10);
	tcase_add_test(c, names_do_no_harm);
	tcase_add_loop_test(c, wrong_command_line_is_status_2, 0,
			    sizeof(usages) / sizeof(usages[0]));
	return c;
}

int main(void)
{
	Suite *s = suite_create("replay");
	TCase *cases[] = { verdicts_case(), files_case() };
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

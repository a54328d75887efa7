/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "captures.h"
#include "intake.h"
#include "tally.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS UINT64_C(1000000000)

static char folder[] = "/tmp/check_intake.XXXXXX";
static struct captures file;
static struct eg_intake in;
static struct eg_intake_file files[8];
static char paths[8][64];
static struct eg_tally *t;

static void setup(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	in.files = files;
	in.until = EG_MOMENT_NONE;
	t = eg_tally_new();
	ck_assert_ptr_nonnull(t);
}

static void teardown(void)
{
	for (size_t i = 0; i < 8; i++)
		if (paths[i][0])
			unlink(paths[i]);
	rmdir(folder);
	eg_tally_free(t);
	captures_free(&file);
}

/* Write what was made so far to NAME, and give it to the intake. */
static void give(const char *name)
{
	char *path = paths[in.count];
	FILE *f;

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	if (file.n) /* else there is nowhere to write from */
		ck_assert_uint_eq(fwrite(file.p, 1, file.n, f), file.n);
	fclose(f);
	files[in.count++].path = path;
	captures_free(&file);
}

static void text(const char *line)
{
	captures_bytes(&file, line, strlen(line));
}

static void begin(const char *guest)
{
	captures_section(&file);
	captures_interface(&file, guest, 9);
}

static void packet(uint64_t ns, const char *comment)
{
	captures_packet(&file, 0, ns, "frame", 5, comment, 2);
}

static const char tcp[] = "egress verdict=block reason=tcp-new proto=tcp dst=192.0.2.1 dport=443";
static const char udp[] = "egress verdict=block reason=udp-new proto=udp dst=192.0.2.2 dport=53";
static const char answer[] = "egress verdict=answer answer=rst reason=tcp-new";

/* An event of a blocked frame at second S, packet NUMBER (0: of no capture). */
static void event(unsigned int s, unsigned int number)
{
	char line[512], counted[32] = "";

	if (number)
		snprintf(counted, sizeof(counted), ",\"pcap_cnt\":%u", number);
	snprintf(line, sizeof(line),
		 "{\"timestamp\":\"1970-01-01T00:00:%02u.000000+0000\",\"event_type\":\"drop\","
		 "\"vm\":\"a\","
		 "\"dest_ip\":\"192.0.2.1\",\"dest_port\":443,\"proto\":\"TCP\",\"reason\":\"tcp-"
		 "new\","
		 "\"verdict\":{\"action\":\"drop\",\"reject\":[\"tcp-reset\"]}%s}\n",
		 s, counted);
	text(line);
}

static void add(void *tally, const struct eg_finding *f)
{
	eg_tally_add(tally, f);
}

static uint64_t blocked(void)
{
	return t->total.count[EG_COUNT_BLOCKED];
}

START_TEST(files_are_put_in_the_order_of_time)
{
	begin("a");
	packet(30 * NS, tcp);
	give("x.pcapng");
	begin("a");
	packet(10 * NS, tcp);
	packet(11 * NS, udp);
	give("x.2.pcapng");
	event(20, 0);
	give("events.json");
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_ptr_nonnull(strstr(files[0].name, "/x.2.pcapng"));
	ck_assert_ptr_nonnull(strstr(files[1].name, "/events.json"));
	ck_assert_ptr_nonnull(strstr(files[2].name, "/x.pcapng"));
	ck_assert_uint_eq(files[0].first, 10 * NS);
	ck_assert_uint_eq(files[0].last, 11 * NS);
	ck_assert_uint_eq(files[0].found, 2);
	ck_assert_uint_eq(blocked(), 4);
	ck_assert_uint_eq(t->total.first, 10 * NS);
	ck_assert_uint_eq(t->total.last, 30 * NS);
	ck_assert_uint_eq(t->destinations.count, 2);
}
END_TEST

START_TEST(frame_in_a_capture_and_in_events_counts_once)
{
	begin("a");
	packet(10 * NS + 999, tcp); /* the event says microseconds */
	packet(10 * NS + 999, answer);
	packet(11 * NS, tcp);
	packet(11 * NS, answer);
	packet(12 * NS, udp);
	give("x.pcapng");
	event(10, 1);
	event(11, 3);
	event(13, 0);
	give("events.json");
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_uint_eq(blocked(), 4);
	ck_assert_uint_eq(t->answers, 3);
	ck_assert_uint_eq(files[0].twins + files[1].twins, 4);
	ck_assert_uint_eq(t->timeline.used > 0, 1);
}
END_TEST

START_TEST(same_number_at_another_time_is_another_frame)
{
	begin("a");
	packet(10 * NS, tcp);
	give("x.pcapng");
	event(11, 1);
	event(10, 2);
	give("events.json");
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_uint_eq(blocked(), 3);
}
END_TEST

START_TEST(events_say_of_a_pcap_what_it_does_not_say_itself)
{
	captures_pcap(&file, 0xa1b2c3d4);
	captures_record(&file, 10, 0, "first frame of it", 17);
	captures_record(&file, 11, 0, "other frame of it", 17);
	give("x.pcap");
	event(10, 1);
	give("events.json");
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_uint_eq(blocked(), 1);
	ck_assert_uint_eq(t->total.count[EG_COUNT_UNMARKED], 1);
}
END_TEST

START_TEST(events_alone_all_count)
{
	event(10, 1);
	event(10, 1);
	give("events.json");
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_uint_eq(blocked(), 2);
}
END_TEST

START_TEST(since_is_in_and_until_is_out)
{
	begin("a");
	for (uint64_t s = 10; s < 20; s++)
		packet(s * NS, tcp);
	captures_end(&file, captures_begin(&file, 3)); /* a packet without a time is damage here */
	give("x.pcapng");
	in.since = 12 * NS;
	in.until = 15 * NS;
	ck_assert(!eg_intake_run(&in, add, t));
	ck_assert_uint_eq(blocked(), 3);
	ck_assert_uint_eq(t->total.first, 12 * NS);
	ck_assert_uint_eq(t->total.last, 14 * NS);
	ck_assert_uint_eq(files[0].first, 10 * NS);
}
END_TEST

static const struct {
	const char *reason;
	uint64_t tries, lost;
} reasons[] = { { "tcp-new", 2, 5 }, { "udp-new", 1, 5 }, { "icmp", 0, 5 }, { "-", 1, 5 } };

START_TEST(reason_lets_its_own_through_and_losses)
{
	begin("a");
	packet(10 * NS, tcp);
	packet(11 * NS, tcp);
	packet(12 * NS, udp);
	packet(13 * NS, NULL);
	packet(14 * NS, "egress note=lost count=5 why=disk");
	give("x.pcapng");
	in.reason = reasons[_i].reason;
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_uint_eq(eg_row_tries(&t->total), reasons[_i].tries);
	ck_assert_uint_eq(t->lost, reasons[_i].lost);
}
END_TEST

START_TEST(filtered_events_still_tell_of_their_frames)
{
	captures_pcap(&file, 0xa1b2c3d4);
	captures_record(&file, 10, 0, "frame", 5);
	give("x.pcap");
	event(10, 1);
	give("events.json");
	in.reason = "-";
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_uint_eq(eg_row_tries(&t->total), 0);
}
END_TEST

START_TEST(a_file_given_twice_is_read_once)
{
	begin("a");
	packet(10 * NS, tcp);
	give("x.pcapng");
	snprintf(paths[1], sizeof(paths[1]), "%s/./x.pcapng", folder);
	files[in.count++].path = paths[1];
	ck_assert(!eg_intake_run(&in, add, t));
	ck_assert_uint_eq(blocked(), 1);
	/* Sorted by name, where the time is the same. */
	ck_assert_str_eq(files[0].trouble, "is given twice, and read once");
	ck_assert_str_eq(files[1].trouble, "");
}
END_TEST

START_TEST(torn_tails_are_said_and_no_fault)
{
	begin("a");
	packet(10 * NS, tcp);
	packet(11 * NS, tcp);
	file.n -= 4;
	give("x.pcapng");
	event(12, 0);
	text("{\"timestamp\":\"1970");
	give("events.json");
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_uint_eq(blocked(), 2);
	ck_assert_ptr_nonnull(strstr(files[0].trouble, "ends within a record: "));
	ck_assert_str_eq(files[1].trouble, "ends within an event, which is not used");
	ck_assert(!files[0].fault && !files[1].fault);
}
END_TEST

START_TEST(what_is_damaged_is_a_fault_and_the_rest_counts)
{
	event(10, 0);
	text("no event\n{\n");
	event(11, 0);
	give("events.json");
	begin("a");
	packet(12 * NS, tcp);
	packet(13 * NS, tcp);
	file.p[file.n - 4]++;
	give("x.pcapng");
	text("neither");
	give("x.txt");
	in.files[in.count++].path = "/nonexistent/x.pcapng";
	ck_assert(!eg_intake_run(&in, add, t));
	ck_assert_uint_eq(blocked(), 3);
	for (size_t i = 0; i < in.count; i++) {
		ck_assert(files[i].fault);
		ck_assert_int_ne(files[i].trouble[0], '\0');
	}
	ck_assert_str_eq(files[0].trouble, "2 lines are no events");
}
END_TEST

START_TEST(empty_file_is_nothing)
{
	give("x.pcapng");
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert_uint_eq(eg_row_tries(&t->total), 0);
	ck_assert_int_eq(files[0].kind, EG_INPUT_EMPTY);
}
END_TEST

START_TEST(counters_begun_anew_are_added_to_those_before)
{
	static const char *const lines[] = {
		"{\"timestamp\":\"1970-01-01T00:00:10Z\",\"event_type\":\"stats\",\"stats\":"
		"{\"uptime\":10,\"passed\":{\"guest\":5},\"lost\":1}}\n",
		"{\"timestamp\":\"1970-01-01T00:00:20Z\",\"event_type\":\"stats\",\"stats\":"
		"{\"uptime\":20,\"passed\":{\"guest\":7},\"lost\":2}}\n",
		"{\"timestamp\":\"1970-01-01T00:00:30Z\",\"event_type\":\"stats\",\"stats\":"
		"{\"uptime\":5,\"passed\":{\"guest\":100},\"lost\":4}}\n",
	};
	struct eg_finding_stats s;

	/* The later file first. */
	text(lines[2]);
	give("events.json");
	text(lines[0]);
	text(lines[1]);
	give("events.1.json");
	ck_assert(eg_intake_run(&in, add, t));
	ck_assert(eg_tally_counters(t, 0, &s));
	ck_assert_uint_eq(s.passed_guest, 107);
	ck_assert_uint_eq(s.lost, 6);
	ck_assert(!eg_tally_counters(t, 1, &s));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("intake");
	TCase *c = tcase_create("intake");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, files_are_put_in_the_order_of_time);
	tcase_add_test(c, frame_in_a_capture_and_in_events_counts_once);
	tcase_add_test(c, same_number_at_another_time_is_another_frame);
	tcase_add_test(c, events_say_of_a_pcap_what_it_does_not_say_itself);
	tcase_add_test(c, events_alone_all_count);
	tcase_add_test(c, since_is_in_and_until_is_out);
	tcase_add_loop_test(c, reason_lets_its_own_through_and_losses, 0,
			    sizeof(reasons) / sizeof(reasons[0]));
	tcase_add_test(c, filtered_events_still_tell_of_their_frames);
	tcase_add_test(c, a_file_given_twice_is_read_once);
	tcase_add_test(c, torn_tails_are_said_and_no_fault);
	tcase_add_test(c, what_is_damaged_is_a_fault_and_the_rest_counts);
	tcase_add_test(c, empty_file_is_nothing);
	tcase_add_test(c, counters_begun_anew_are_added_to_those_before);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

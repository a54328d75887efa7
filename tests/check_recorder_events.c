/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the recorder writes where there are events: lines, in the order of what happened.
 *
 * This program's clock stands in for the C library's, so that it can be set.
 */
#include "recorder.h"

#include "clock.h"
#include "folder.h"
#include "packet.h"

#include <jansson.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#define EXPORT __attribute__((visibility("default")))

static atomic_int set_by; /* s that somebody set the wall clock forward by */

EXPORT int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_REALTIME)
		ts->tv_sec += atomic_load(&set_by);
	return rc;
}

static struct eg_recorder *r;
static struct eg_recorder_options options;
static json_t *lines[64];
static size_t count;
static uint8_t frame[PACKET_MAX];
static size_t frame_len;
static unsigned asked; /* how often for statistics */

/* As the module does: all that it knows, as of one moment. */
static void tell_stats(void *ctx, struct eg_recorder *recorder, struct eg_record_stats *s)
{
	struct eg_recorder_counts c;

	ck_assert_ptr_eq(ctx, &options);
	asked++;
	s->passed[EG_FROM_GUEST] = 7;
	s->blocked[EG_R_UDP_NEW] = 60;
	eg_recorder_count(recorder, &c);
	s->recorded = c.recorded;
	s->suppressed = c.suppressed;
	s->lost = c.lost;
}

static void setup(void)
{
	folder_make();
	asked = 0;
	count = 0;
	atomic_store(&set_by, 0);
	options = (struct eg_recorder_options){
		.events = folder_path("x.json"),
		.label = "guest",
		.flows = 10,
		.seed = { 1, 2 },
		.mode = "enforce",
		.action = "reject",
		.stats = tell_stats,
		.ctx = &options,
	};
	frame_len = packet_udp4(frame, &packet_guest, &packet_network, "payload", 7);
}

static void teardown(void)
{
	while (count > 0)
		json_decref(lines[--count]);
	folder_remove();
}

static void open_recorder(void)
{
	ck_assert_int_eq(eg_recorder_open(&r, &options), 0);
}

/* Close, and read the lines. */
static void close_recorder(void)
{
	size_t n;
	char *text, *line, *rest;

	eg_recorder_close(r);
	rest = text = folder_read("x.json", &n);
	while ((line = strsep(&rest, "\n")) && *line) {
		ck_assert_uint_lt(count, 64);
		lines[count] = json_loads(line, 0, NULL);
		ck_assert_msg(lines[count] != NULL, "no JSON: %s", line);
		count++;
	}
	free(text);
}

static void report_blocked(unsigned n)
{
	const struct eg_report report = {
		.kind = EG_REPORT_BLOCKED,
		.reason = EG_R_UDP_NEW,
		.frame = frame,
		.len = frame_len,
	};

	for (unsigned i = 0; i < n; i++)
		eg_recorder_report(r, &report);
}

static const char *type_of(const json_t *line)
{
	return json_string_value(json_object_get(line, "event_type"));
}

/* The lines are of TYPES, in their order. */
static void are(size_t n, const char *const types[])
{
	ck_assert_uint_eq(count, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(type_of(lines[i]), types[i]);
}

static json_int_t number(const json_t *line, const char *object, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(line, object), key));
}

static const char *text(const json_t *line, const char *object, const char *key)
{
	return json_string_value(json_object_get(json_object_get(line, object), key));
}

START_TEST(what_happened_stands_between_start_and_stop)
{
	static const char *const types[] = { "engine", "drop", "drop", "stats", "engine" };

	open_recorder();
	report_blocked(2);
	close_recorder();
	are(5, types);
	ck_assert_str_eq(text(lines[0], "engine", "message"), "start");
	ck_assert_str_eq(text(lines[0], "engine", "mode"), "enforce");
	ck_assert_str_eq(text(lines[0], "engine", "action"), "reject");
	ck_assert_str_eq(text(lines[4], "engine", "message"), "stop");
	ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(last_statistics_add_up)
{
	options.sample = 10;
	open_recorder();
	report_blocked(60);
	close_recorder();
	ck_assert_uint_eq(count, 1 + 10 + 1 + 1 + 1);
	ck_assert_str_eq(type_of(lines[11]), "suppressed");
	ck_assert_int_eq(number(lines[11], "suppressed", "count"), 50);
	ck_assert_str_eq(type_of(lines[12]), "stats");
	ck_assert_int_eq(number(lines[12], "stats", "recorded"), 10);
	ck_assert_int_eq(number(lines[12], "stats", "suppressed"), 50);
	ck_assert_int_eq(number(lines[12], "stats", "lost"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(
				 json_object_get(json_object_get(lines[12], "stats"), "blocked"),
				 "udp-new")),
			 60);
}
END_TEST

START_TEST(line_names_its_packet_of_the_capture)
{
	options.log = folder_path("x.pcapng");
	open_recorder();
	report_blocked(3);
	close_recorder();
	for (json_int_t i = 1; i <= 3; i++) {
		ck_assert_int_eq(json_integer_value(json_object_get(lines[i], "pcap_cnt")), i);
		ck_assert_str_eq(json_string_value(json_object_get(lines[i], "pcap_filename")),
				 options.log);
	}
	ck_assert_ptr_null(json_object_get(lines[4], "pcap_cnt"));
}
END_TEST

/* A flow that the guest opened, or the host. */
static void report_flow(enum eg_report_kind kind, bool by_guest)
{
	static const struct eg_flow flow = {
		.key = {
			.guest = { { [10] = 0xff, 0xff, 10, 0, 2, 15 } },
			.network = { { [10] = 0xff, 0xff, 10, 0, 2, 2 } },
			.guest_port = 22,
			.network_port = 40000,
			.proto = EG_PROTO_TCP,
		},
		.bytes = { { 1000, 0 }, { 2000, 0 } },
	};
	struct eg_flow mine = flow;
	const struct eg_report report = { .kind = kind, .dir = EG_FROM_NETWORK, .flow = &mine };

	mine.by_guest = by_guest;
	eg_recorder_report(r, &report);
}

START_TEST(flow_is_told_of_when_it_starts_and_ends)
{
	static const char *const types[] = { "engine", "flow_start", "flow", "stats", "engine" };

	open_recorder();
	report_flow(EG_REPORT_FLOW_START, false);
	report_flow(EG_REPORT_FLOW_END, false);
	close_recorder();
	are(5, types);
	ck_assert_str_eq(json_string_value(json_object_get(lines[2], "src_ip")), "10.0.2.2");
	ck_assert_int_eq(number(lines[2], "flow", "bytes_toserver"), 2000);
	ck_assert_int_eq(number(lines[2], "flow", "bytes_toclient"), 1000);
	ck_assert_str_eq(text(lines[2], "flow", "reason"), "timeout");
}
END_TEST

/* A flow that opens in the middle of a second, with the clock set by SECONDS before it ends. FLOWS:
 * how many starts can be remembered. The lines of its start and end, then, and BEFORE, a moment
 * before it opened, as lines have it. */
static void flow_within_a_second(int seconds, size_t flows, char before[32])
{
	struct eg_flow flow = { .key = { .proto = EG_PROTO_UDP } };
	struct eg_report report = { .kind = EG_REPORT_FLOW_START, .flow = &flow };
	struct timespec now;
	struct tm tm;
	size_t n;

	options.flows = flows;
	open_recorder();
	while (eg_clock_ms() % 1000 < 200 || eg_clock_ms() % 1000 > 700)
		usleep(1000);
	clock_gettime(CLOCK_REALTIME, &now);
	n = strftime(before, 32, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &tm));
	snprintf(before + n, 32 - n, ".%06ld+0000", now.tv_nsec / 1000 % 1000000);
	flow.opened = (uint32_t)(eg_clock_ms() / 1000) & INT32_MAX;
	eg_recorder_report(r, &report);
	usleep(100000);
	atomic_store(&set_by, seconds);
	report.kind = EG_REPORT_FLOW_END;
	eg_recorder_report(r, &report);
	close_recorder();
}

START_TEST(flow_starts_with_its_first_frame_and_its_end_says_the_same)
{
	static const int sets[] = { 0, 1000, -1000 };
	const char *stamp;
	char before[32];

	flow_within_a_second(sets[_i], 10, before);
	stamp = json_string_value(json_object_get(lines[1], "timestamp"));
	ck_assert_str_eq(type_of(lines[1]), "flow_start");
	ck_assert_str_eq(text(lines[1], "flow", "start"), stamp);
	ck_assert_str_ge(stamp, before);
	ck_assert_str_eq(type_of(lines[2]), "flow");
	ck_assert_str_eq(text(lines[2], "flow", "start"), stamp);
	ck_assert_int_eq(number(lines[2], "flow", "age"), sets[_i] > 0 ? 1000 : 0);
}
END_TEST

/* What is not known is never said to be before the first frame, nor after the end. */
START_TEST(flow_whose_start_is_not_known_starts_no_earlier)
{
	char before[32];

	flow_within_a_second(0, 0, before);
	ck_assert_str_ge(text(lines[1], "flow", "start"), before);
	ck_assert_str_ge(text(lines[2], "flow", "start"), before);
	ck_assert_str_le(text(lines[2], "flow", "start"), text(lines[2], "flow", "end"));
}
END_TEST

START_TEST(flow_that_ends_with_the_host_says_so)
{
	open_recorder();
	eg_recorder_ending(r);
	report_flow(EG_REPORT_FLOW_END, true);
	close_recorder();
	ck_assert_str_eq(text(lines[1], "flow", "reason"), "shutdown");
	ck_assert_str_eq(json_string_value(json_object_get(lines[1], "src_ip")), "10.0.2.15");
}
END_TEST

START_TEST(restart_appends)
{
	static const char *const types[] = { "engine", "stats", "engine",
					     "engine", "stats", "engine" };

	open_recorder();
	eg_recorder_close(r);
	open_recorder();
	close_recorder();
	are(6, types);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recorder_events");
	TCase *c = tcase_create("recorder_events");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, what_happened_stands_between_start_and_stop);
	tcase_add_test(c, last_statistics_add_up);
	tcase_add_test(c, line_names_its_packet_of_the_capture);
	tcase_add_test(c, flow_is_told_of_when_it_starts_and_ends);
	tcase_add_loop_test(c, flow_starts_with_its_first_frame_and_its_end_says_the_same, 0, 3);
	tcase_add_test(c, flow_whose_start_is_not_known_starts_no_earlier);
	tcase_add_test(c, flow_that_ends_with_the_host_says_so);
	tcase_add_test(c, restart_appends);
	suite_add_tcase(s, c);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

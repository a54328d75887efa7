/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This program's pwrite stands in for the C library's, so that the disk can be full, or slow; and
 * its coarse clock, so that windows can end.
 */
#include "recorder.h"

#include "folder.h"
#include "packet.h"
#include "pcapng.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

static atomic_bool full, stuck, waits; /* the disk is, and a write waits for it */
static atomic_int later;               /* s that our clock is ahead */
static struct eg_recorder *r;
static struct eg_recorder_options options;
static struct pcapng found;
static uint8_t frame[PACKET_MAX];
static size_t frame_len;
static char said[512];

EXPORT ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	while (atomic_load(&stuck)) {
		atomic_store(&waits, true);
		usleep(1000);
	}
	atomic_store(&waits, false);
	if (atomic_load(&full)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_MONOTONIC_COARSE)
		ts->tv_sec += atomic_load(&later);
	return rc;
}

static void setup(void)
{
	folder_make();
	options = (struct eg_recorder_options){
		.log = folder_path("x.pcapng"),
		.label = "guest",
		.seed = { 1, 2 },
	};
	r = NULL;
	memset(&found, 0, sizeof(found));
	atomic_store(&full, false);
	atomic_store(&stuck, false);
	atomic_store(&later, 0);
	frame_len = packet_udp4(frame, &packet_guest, &packet_network, "payload", 7);
}

static void teardown(void)
{
	pcapng_free(&found);
	folder_remove();
}

static void open_recorder(void)
{
	ck_assert_int_eq(eg_recorder_open(&r, &options), 0);
}

/* Close with stderr in a pipe; what was said is in SAID. */
static void close_recorder(void)
{
	int saved = dup(STDERR_FILENO), p[2];
	ssize_t n;

	ck_assert_int_eq(pipe(p), 0);
	dup2(p[1], STDERR_FILENO);
	eg_recorder_close(r);
	r = NULL;
	dup2(saved, STDERR_FILENO);
	close(p[1]);
	n = read(p[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(p[0]);
	close(saved);
}

static struct eg_report blocked(void)
{
	return (struct eg_report){
		.kind = EG_REPORT_BLOCKED,
		.dir = EG_FROM_GUEST,
		.reason = EG_R_UDP_NEW,
		.frame = frame,
		.len = frame_len,
	};
}

/* Report N blocked frames to port NUMBER. */
static void report_to(uint16_t number, unsigned n)
{
	const struct packet_end to = packet_at(&packet_network, number);
	uint8_t bytes[128];
	struct eg_report report = blocked();

	report.frame = bytes;
	report.len = packet_udp4(bytes, &packet_guest, &to, "payload", 7);
	for (unsigned i = 0; i < n; i++)
		eg_recorder_report(r, &report);
}

static void report(unsigned n)
{
	report_to(443, n);
}

static void counted(uint64_t recorded, uint64_t suppressed, uint64_t lost)
{
	struct eg_recorder_counts c;

	eg_recorder_count(r, &c);
	ck_assert_uint_eq(c.recorded, recorded);
	ck_assert_uint_eq(c.suppressed, suppressed);
	ck_assert_uint_eq(c.lost, lost);
}

/* What a capture says. */
struct sums {
	uint64_t frames, suppressed, lost;
	unsigned notes;
};

/* The sums of the capture NAME. */
static struct sums sum(const char *name)
{
	struct sums s = { 0 };

	pcapng_free(&found);
	pcapng_read(&found, folder_path(name));
	ck_assert_msg(!found.fault, "%s: %s at %zu", name, found.fault, found.fault_at);
	for (size_t i = 0; i < found.count; i++) {
		const char *comment = found.packets[i].comment;
		unsigned long long n;

		s.frames += strncmp(comment, "egress verdict=block ", 21) == 0;
		s.notes += strncmp(comment, "egress note=", 12) == 0;
		if (sscanf(comment, "egress note=suppressed count=%llu", &n) == 1)
			s.suppressed += n;
		if (sscanf(comment, "egress note=lost count=%llu", &n) == 1)
			s.lost += n;
	}
	return s;
}

static void wait_ms(unsigned ms)
{
	usleep(ms * 1000);
}

/* Wait until the capture holds N frames, with a patience for loaded machines. */
static void wait_for_frames(uint64_t n)
{
	for (int i = 0; i < 1000 && sum("x.pcapng").frames < n; i++)
		wait_ms(10);
}

static void wait_for_lost(uint64_t n)
{
	struct eg_recorder_counts c = { 0 };

	for (int i = 0; i < 1000 && c.lost < n; i++) {
		wait_ms(10);
		eg_recorder_count(r, &c);
	}
}

START_TEST(all_that_was_put_is_written_by_the_close)
{
	open_recorder();
	report(1000);
	counted(1000, 0, 0);
	close_recorder();
	ck_assert_uint_eq(sum("x.pcapng").frames, 1000);
	ck_assert_uint_eq(found.received, 1000);
	ck_assert_uint_eq(found.dropped, 0);
	ck_assert_str_eq(found.name, "guest");
	ck_assert_str_eq(found.packets[999].comment,
			 "egress verdict=block reason=udp-new rule=allow proto=udp "
			 "src=10.0.2.15 sport=40000 dst=10.0.2.2 dport=443");
	ck_assert_uint_eq(found.packets[999].len, frame_len);
	ck_assert_mem_eq(found.packets[999].bytes, frame, frame_len);
	ck_assert_str_eq(said, "");
}
END_TEST

/* The host is killed: what was put is with the kernel, without any close. */
START_TEST(killed_host_leaves_what_was_put)
{
	pid_t pid = fork();

	if (pid == 0) {
		open_recorder();
		report(50);
		wait_for_frames(50);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_uint_eq(sum("x.pcapng").frames, 50);
	ck_assert_uint_eq(found.statistics, 0);
}
END_TEST

START_TEST(full_disk_is_survived_counted_and_said)
{
	struct sums s;

	open_recorder();
	report(10);
	wait_for_frames(10);
	atomic_store(&full, true);
	report(1500);
	wait_for_lost(1500);
	counted(10, 0, 1500);
	atomic_store(&full, false);
	report(10);
	counted(20, 0, 1500);
	close_recorder();
	s = sum("x.pcapng");
	ck_assert_uint_eq(s.frames, 20);
	ck_assert_uint_eq(s.lost, 1500);
	ck_assert_uint_eq(s.notes, 1);
	ck_assert_uint_eq(found.received, 1520);
	ck_assert_uint_eq(found.dropped, 1500);
	ck_assert_msg(strstr(said, "x.pcapng: 1500 blocked frames are not in it: No space left"),
		      "%s", said);
}
END_TEST

/* A disk that hangs holds nobody up: what finds no room in the queue is counted. */
START_TEST(slow_disk_holds_no_frame_up)
{
	struct eg_recorder_counts c;
	struct sums s;

	open_recorder();
	atomic_store(&stuck, true);
	report(1);
	while (!atomic_load(&waits))
		wait_ms(1);
	report(50000); /* comes back, though no write does */
	eg_recorder_count(r, &c);
	ck_assert_uint_eq(c.recorded + c.suppressed, 50001);
	ck_assert_uint_gt(c.suppressed, 30000);
	ck_assert_uint_gt(c.recorded, 5000);
	atomic_store(&stuck, false);
	close_recorder();
	s = sum("x.pcapng");
	ck_assert_uint_eq(s.frames, c.recorded);
	ck_assert_uint_eq(s.suppressed, c.suppressed);
	ck_assert_uint_eq(s.notes, 1);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(without_events_only_what_is_blocked_takes_room)
{
	const struct eg_flow flow = { .key = { .proto = EG_PROTO_UDP } };
	const struct eg_report start = { .kind = EG_REPORT_FLOW_START, .flow = &flow };

	open_recorder();
	atomic_store(&stuck, true);
	report(1);
	while (!atomic_load(&waits))
		wait_ms(1);
	for (int i = 0; i < 50000; i++)
		eg_recorder_report(r, &start);
	report(10);
	counted(11, 0, 0);
	atomic_store(&stuck, false);
	close_recorder();
}
END_TEST

START_TEST(of_a_flood_the_first_are_whole_and_the_rest_is_told_in_sum)
{
	struct sums s;

	options.sample = 50;
	open_recorder();
	report_to(1, 100000);
	report_to(2, 60);
	report_to(3, 50);
	counted(150, 99960, 0);
	wait_for_frames(150);
	s = sum("x.pcapng");
	ck_assert_uint_eq(s.frames, 150);
	ck_assert_uint_eq(s.notes, 0);
	close_recorder();
	s = sum("x.pcapng");
	ck_assert_uint_eq(s.frames, 150);
	ck_assert_uint_eq(s.suppressed, 99960);
	ck_assert_uint_eq(s.notes, 2);
	ck_assert_uint_eq(found.dropped, 99960);
}
END_TEST

START_TEST(sum_comes_within_a_second_of_the_window_s_end)
{
	struct sums s;

	options.sample = 5;
	open_recorder();
	report(105);
	wait_ms(1500);
	ck_assert_uint_eq(sum("x.pcapng").notes, 0);
	atomic_store(&later, 11);
	for (int i = 0; i < 100 && sum("x.pcapng").notes == 0; i++)
		wait_ms(100);
	s = sum("x.pcapng");
	ck_assert_uint_eq(s.notes, 1);
	ck_assert_uint_eq(s.suppressed, 100);
	ck_assert_ptr_nonnull(strstr(found.packets[5].comment, "count=100 reason=udp-new proto=udp "
							       "dst=10.0.2.2 dport=443 first="));
	close_recorder();
	ck_assert_uint_eq(sum("x.pcapng").notes, 1);
}
END_TEST

/* Report one SYN of another reason, and how many of them the record has. */
static void report_syn(void)
{
	const struct packet_tcp tcp = { .flags = 2 };
	uint8_t bytes[128];
	struct eg_report report = blocked();

	report.reason = EG_R_TCP_NEW;
	report.frame = bytes;
	report.len = packet_tcp4(bytes, &packet_guest, &packet_network, &tcp, NULL, 0);
	eg_recorder_report(r, &report);
}

static unsigned syns(const char *name)
{
	unsigned n = 0;

	if (folder_size(name) < 0)
		return 0;
	sum(name);
	for (size_t i = 0; i < found.count; i++)
		n += strstr(found.packets[i].comment, "reason=tcp-new") != NULL;
	return n;
}

/* EACH datagrams of LEN bytes to each of PORTS ports. */
static void flood(unsigned ports, unsigned each, size_t len)
{
	static uint8_t bytes[PACKET_MAX];
	struct eg_report report = blocked();

	report.frame = bytes;
	for (unsigned port = 1; port <= ports; port++) {
		const struct packet_end to = packet_at(&packet_network, (uint16_t)port);
		static const uint8_t payload[PACKET_MAX - 100];

		report.len = packet_udp4(bytes, &packet_guest, &to, payload, len);
		for (unsigned i = 0; i < each; i++)
			eg_recorder_report(r, &report);
		if (port % 64 == 0)
			wait_ms(1); /* the writer keeps up, and the queue counts little */
	}
}

/* More than all files hold, to as many destinations as are told apart. */
START_TEST(flood_pushes_nothing_out_that_was_there_before)
{
	struct eg_recorder_counts c;
	uint64_t cut = 0, bytes = 0;
	struct sums s;

	options.limit = 1 << 20;
	options.kept = 3;
	options.sample = 50;
	open_recorder();
	report(10);
	report_syn();
	flood(4096, 9, 1000);
	atomic_store(&later, 2);
	report_syn();
	eg_recorder_count(r, &c);
	ck_assert_uint_eq(c.recorded + c.suppressed + c.lost, 12 + 4096 * 9);
	close_recorder();
	/* What came before it and after it is there; it does not fill a second file. */
	ck_assert_uint_eq(
		syns("x.pcapng") + syns("x.1.pcapng") + syns("x.2.pcapng") + syns("x.3.pcapng"), 2);
	ck_assert_int_eq(folder_size("x.2.pcapng"), -1);
	s = sum("x.pcapng");
	for (size_t i = 0; i < found.count; i++) {
		const struct pcapng_packet *p = &found.packets[i];

		bytes += p->caplen;
		if (!strstr(p->comment, " cut=headers "))
			continue;
		cut++;
		ck_assert_uint_eq(p->caplen, 60);
		ck_assert_uint_eq(p->len, 14 + 20 + 8 + 1000);
		ck_assert_ptr_nonnull(strstr(p->comment, "dst=10.0.2.2 dport="));
	}
	ck_assert_uint_gt(s.frames, 300);
	ck_assert_uint_gt(cut, 100);
	ck_assert_uint_lt(bytes, 1 << 19);
}
END_TEST

/* However long it goes on: what a record begins with stays. */
START_TEST(flood_of_days_does_not_remove_the_beginning)
{
	unsigned rotated = 0;

	options.limit = 1 << 16;
	options.kept = 3;
	options.sample = 50;
	open_recorder();
	report_syn();
	for (int day = 1; day < 400 && rotated < 8; day++) {
		uint64_t before = (uint64_t)folder_size("x.pcapng");

		atomic_store(&later, day * 86400);
		flood(64, 3, 300);
		wait_ms(10);
		rotated += (uint64_t)folder_size("x.pcapng") < before;
	}
	close_recorder();
	ck_assert_uint_eq(rotated, 8);
	ck_assert_uint_eq(syns("x.3.pcapng"), 1);
	ck_assert_int_eq(folder_size("x.4.pcapng"), -1);
}
END_TEST

static atomic_bool over;

/* A count at any time, between two reports of the only one who makes some, is exact; from
 * elsewhere the sum never runs ahead. */
static void *count_all_the_time(void *reported)
{
	const atomic_ullong *n = reported;
	struct eg_recorder_counts c;

	while (!atomic_load(&over)) {
		unsigned long long before = atomic_load(n);

		eg_recorder_count(r, &c);
		ck_assert_uint_ge(c.recorded + c.suppressed + c.lost, before);
	}
	return NULL;
}

START_TEST(counts_add_up_at_any_time)
{
	static atomic_ullong reported;
	struct eg_recorder_counts c;
	pthread_t counter;
	struct sums s;

	options.sample = 100;
	open_recorder();
	ck_assert_int_eq(pthread_create(&counter, NULL, count_all_the_time, &reported), 0);
	for (unsigned i = 0; i < 3000; i++) {
		atomic_store(&full, i / 100 % 3 == 1);
		report_to((uint16_t)(1 + i % 700), 10);
		eg_recorder_count(r, &c);
		ck_assert_uint_eq(c.recorded + c.suppressed + c.lost, 10 * (i + 1));
		atomic_store(&reported, 10 * (i + 1));
		if (i % 300 == 150)
			wait_for_lost(i); /* some of each time */
	}
	atomic_store(&over, true);
	pthread_join(counter, NULL);
	atomic_store(&full, false);
	close_recorder();
	s = sum("x.pcapng");
	ck_assert_uint_eq(s.frames + s.suppressed + s.lost, 30000);
	ck_assert_uint_gt(s.lost, 0);
}
END_TEST

static void *report_many(void *number)
{
	report_to((uint16_t)(uintptr_t)number, 20000);
	return NULL;
}

START_TEST(reports_may_come_from_many_threads)
{
	struct eg_recorder_counts c;
	pthread_t threads[4];
	struct sums s;

	options.sample = 1000;
	open_recorder();
	for (uintptr_t i = 0; i < 4; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, report_many, (void *)(i / 2 + 1)), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	eg_recorder_count(r, &c);
	ck_assert_uint_eq(c.recorded + c.suppressed + c.lost, 80000);
	close_recorder();
	s = sum("x.pcapng");
	ck_assert_uint_eq(s.frames, c.recorded);
	ck_assert_uint_eq(s.suppressed, c.suppressed);
	ck_assert_uint_le(s.frames, 2000);
}
END_TEST

START_TEST(answer_stands_directly_behind_what_it_answers)
{
	const struct packet_tcp tcp = { .flags = 4 };
	uint8_t reply[128];
	struct eg_report b = blocked();

	b.answer = EG_ANSWER_RST;
	b.reply = reply;
	b.reply_len = packet_tcp4(reply, &packet_network, &packet_guest, &tcp, NULL, 0);
	open_recorder();
	for (int i = 0; i < 3; i++)
		eg_recorder_report(r, &b);
	counted(3, 0, 0);
	close_recorder();
	ck_assert_uint_eq(sum("x.pcapng").frames, 3);
	ck_assert_uint_eq(found.count, 6);
	for (size_t i = 1; i < 6; i += 2) {
		ck_assert_str_eq(found.packets[i].comment,
				 "egress verdict=answer answer=rst reason=udp-new proto=tcp "
				 "src=10.0.2.2 sport=443 dst=10.0.2.15 dport=40000");
		ck_assert_uint_eq(found.packets[i].flags, 1);
		ck_assert_mem_eq(found.packets[i].bytes, reply, b.reply_len);
	}
}
END_TEST

START_TEST(what_would_be_blocked_is_recorded_as_that)
{
	struct eg_report b = blocked();

	b.passed = true;
	open_recorder();
	eg_recorder_report(r, &b);
	counted(1, 0, 0);
	close_recorder();
	sum("x.pcapng");
	ck_assert_ptr_nonnull(strstr(found.packets[0].comment, "verdict=would-block reason="));
}
END_TEST

START_TEST(frame_of_any_length_is_recorded_or_counted)
{
	uint8_t *huge = calloc(1, 3 << 20);
	struct eg_report b = blocked();
	struct sums s;

	open_recorder();
	b.frame = huge;
	b.len = 0;
	eg_recorder_report(r, &b);
	b.len = 300000;
	eg_recorder_report(r, &b);
	b.len = 3 << 20;
	eg_recorder_report(r, &b);
	counted(2, 1, 0);
	close_recorder();
	s = sum("x.pcapng");
	ck_assert_uint_eq(s.frames, 2);
	ck_assert_uint_eq(s.suppressed, 1);
	ck_assert_uint_eq(found.packets[1].len, 300000);
	free(huge);
}
END_TEST

START_TEST(time_is_that_of_the_sending)
{
	struct eg_report b = blocked();
	struct timespec before;
	uint64_t ns;

	b.age = 10500;
	open_recorder();
	clock_gettime(CLOCK_REALTIME, &before);
	eg_recorder_report(r, &b);
	close_recorder();
	sum("x.pcapng");
	ns = (uint64_t)before.tv_sec * 1000000000 + (uint64_t)before.tv_nsec - 10500000000;
	ck_assert_uint_ge(found.packets[0].time, ns);
	ck_assert_uint_le(found.packets[0].time, ns + 5000000000);
}
END_TEST

START_TEST(files_are_bounded)
{
	struct eg_recorder_counts c;

	options.limit = 65536;
	options.kept = 2;
	open_recorder();
	for (int i = 0; i < 100; i++) {
		report(100);
		wait_ms(1);
	}
	eg_recorder_count(r, &c);
	ck_assert_uint_eq(c.recorded, 10000);
	close_recorder();
	ck_assert_int_le(folder_size("x.pcapng"), 65536);
	ck_assert_int_le(folder_size("x.1.pcapng"), 65536);
	ck_assert_int_le(folder_size("x.2.pcapng"), 65536);
	ck_assert_int_eq(folder_size("x.3.pcapng"), -1);
	sum("x.2.pcapng");
	ck_assert_uint_eq(found.statistics, 1);
}
END_TEST

/* Flows and passed queries are for the events: the capture has nothing of them, and they are not
 * counted as frames. */
START_TEST(capture_is_of_blocked_frames_alone)
{
	struct eg_flow flow = { .key = { .proto = EG_PROTO_UDP } };
	const struct eg_report start = { .kind = EG_REPORT_FLOW_START, .flow = &flow };
	const struct eg_report end = { .kind = EG_REPORT_FLOW_END, .flow = &flow };
	struct eg_report query = blocked();

	query.kind = EG_REPORT_QUERY;
	query.reason = EG_R_NONE;
	options.sample = 1;
	open_recorder();
	for (int i = 0; i < 10; i++) {
		eg_recorder_report(r, &start);
		eg_recorder_report(r, &query);
		eg_recorder_report(r, &end);
	}
	counted(0, 0, 0);
	close_recorder();
	sum("x.pcapng");
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(classic_capture_is_written_as_well)
{
	char text[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;
	unsigned n = 0;
	pcap_t *p;

	options.log = folder_path("x.pcap");
	open_recorder();
	report(1000);
	close_recorder();
	p = pcap_open_offline(folder_path("x.pcap"), text);
	ck_assert_msg(p != NULL, "%s", text);
	while (pcap_next_ex(p, &h, &data) == 1)
		n++;
	pcap_close(p);
	ck_assert_uint_eq(n, 1000);
}
END_TEST

START_TEST(no_recorder_records_nothing)
{
	const struct eg_report b = blocked();

	eg_recorder_report(NULL, &b);
	eg_recorder_ending(NULL);
	eg_recorder_close(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recorder");
	TCase *c = tcase_create("recorder");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, all_that_was_put_is_written_by_the_close);
	tcase_add_test(c, killed_host_leaves_what_was_put);
	tcase_add_test(c, full_disk_is_survived_counted_and_said);
	tcase_add_test(c, slow_disk_holds_no_frame_up);
	tcase_add_test(c, without_events_only_what_is_blocked_takes_room);
	tcase_add_test(c, of_a_flood_the_first_are_whole_and_the_rest_is_told_in_sum);
	tcase_add_test(c, sum_comes_within_a_second_of_the_window_s_end);
	tcase_add_test(c, flood_pushes_nothing_out_that_was_there_before);
	tcase_add_test(c, flood_of_days_does_not_remove_the_beginning);
	tcase_add_test(c, counts_add_up_at_any_time);
	tcase_add_test(c, reports_may_come_from_many_threads);
	tcase_add_test(c, answer_stands_directly_behind_what_it_answers);
	tcase_add_test(c, what_would_be_blocked_is_recorded_as_that);
	tcase_add_test(c, frame_of_any_length_is_recorded_or_counted);
	tcase_add_test(c, time_is_that_of_the_sending);
	tcase_add_test(c, files_are_bounded);
	tcase_add_test(c, capture_is_of_blocked_frames_alone);
	tcase_add_test(c, classic_capture_is_written_as_well);
	tcase_add_test(c, no_recorder_records_nothing);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

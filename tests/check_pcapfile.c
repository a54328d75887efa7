/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pcapfile.h"

#include "folder.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <sys/resource.h>

enum { FRAME = 60, RECORD = 16 + FRAME, HEADER = 24 };

static const uint8_t frame[FRAME] = "some frame";
static char error[256];
static const struct eg_refusal why = { .text = error, .size = sizeof(error) };
static uint64_t last; /* packet that was settled; 0: lost */

static void note(void *ctx, unsigned n, uint64_t first, int rc)
{
	(void)ctx;
	(void)rc;
	last = first ? first + n - 1 : 0;
}

static int try_open(struct eg_capture **c, off_t limit)
{
	const struct eg_append_options o = {
		.path = folder_path("x.pcap"),
		.limit = limit,
		.settled = note,
	};

	return eg_capture_open(c, &o, "guest", &why);
}

static struct eg_capture *opened(void)
{
	struct eg_capture *c;

	ck_assert_msg(try_open(&c, 0) == 0, "%s", error);
	return c;
}

static void put(struct eg_capture *c, time_t second)
{
	const struct eg_packet p = {
		.when = { .tv_sec = second, .tv_nsec = 123456789 },
		.bytes = frame,
		.len = FRAME,
		.comment = "not in this format",
	};

	eg_capture_put(c, &p);
}

/* Write records from second FROM to second TO - 1. */
static void write_records(time_t from, time_t to)
{
	struct eg_capture *c = opened();

	for (time_t t = from; t < to; t++)
		put(c, t);
	eg_capture_close(c);
}

/* Check that the file holds exactly the records of seconds 0 to N - 1. */
static void holds(time_t n)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(folder_path("x.pcap"), text);
	struct pcap_pkthdr *h;
	const u_char *data;

	ck_assert_msg(p != NULL, "%s", text);
	ck_assert_int_eq(pcap_datalink(p), DLT_EN10MB);
	for (time_t t = 0; t < n; t++) {
		ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
		ck_assert_int_eq(h->ts.tv_sec, t);
		ck_assert_int_eq(h->ts.tv_usec, 123456);
		ck_assert_uint_eq(h->caplen, FRAME);
		ck_assert_uint_eq(h->len, FRAME);
		ck_assert_mem_eq(data, frame, FRAME);
	}
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
}

START_TEST(new_file_is_readable_at_once_and_what_libpcap_writes_but_for_the_mark)
{
	struct eg_capture *c = opened();
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, EG_SNAPLEN);
	char *ours, *theirs;
	size_t n;

	holds(0);
	pcap_dump_close(pcap_dump_open(dead, folder_path("other.pcap")));
	ours = folder_read("x.pcap", &n);
	ck_assert_uint_eq(n, HEADER);
	theirs = folder_read("other.pcap", &n);
	ck_assert_uint_eq(n, HEADER);
	ck_assert_mem_eq(ours, theirs, 12);
	ck_assert_mem_ne(ours + 12, theirs + 12, 4); /* the accuracy of times, which nobody reads */
	ck_assert_mem_eq(ours + 16, theirs + 16, HEADER - 16);
	ck_assert(!eg_capture_has_comments(c));
	eg_capture_close(c);
	pcap_close(dead);
	free(ours);
	free(theirs);
}
END_TEST

START_TEST(flushed_records_are_there_and_unflushed_are_not)
{
	struct eg_capture *c = opened();

	put(c, 0);
	eg_capture_flush(c);
	put(c, 1);
	holds(1);
	eg_capture_close(c);
	holds(2);
}
END_TEST

START_TEST(second_open_appends)
{
	write_records(0, 300);
	write_records(300, 500);
	holds(500);
	ck_assert_uint_eq(last, 500);
}
END_TEST

/* Cut anywhere in the last record, or in the file header: what is whole stays. */
START_TEST(torn_tail_is_cut_off)
{
	for (off_t cut = 22 * _i; cut < 22 * (_i + 1); cut++) {
		unlink(folder_path("x.pcap"));
		write_records(0, 2);
		ck_assert_int_eq(truncate(folder_path("x.pcap"), cut), 0);
		if (cut < HEADER + RECORD)
			write_records(0, 3);
		else
			write_records(cut == HEADER + 2 * RECORD ? 2 : 1, 3);
		holds(3);
		ck_assert_uint_eq(last, 3);
	}
}
END_TEST

START_TEST(file_of_another_kind_is_left_alone)
{
	static const char *const others[] = { "\x0a\x0d\x0d\x0a pcapng", "root:x:0:0",
					      "\xd4\xc3\xb2\xa1 but not ours.....",
					      "\x4d\x3c\xb2\xa1\x02" };
	struct eg_capture *c;
	size_t n = strlen(others[_i]);

	folder_write("x.pcap", others[_i], n);
	ck_assert_int_eq(try_open(&c, 0), -EINVAL);
	ck_assert_str_eq(error, "is not a capture of this plugin's: it will not be written to");
	ck_assert_int_eq(folder_size("x.pcap"), (long)n);
}
END_TEST

/* What tcpdump writes is not ours to append to, nor to rotate away. */
START_TEST(another_program_s_capture_is_left_alone)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, EG_SNAPLEN);
	struct eg_capture *c;

	pcap_dump_close(pcap_dump_open(dead, folder_path("x.pcap")));
	pcap_close(dead);
	ck_assert_int_eq(try_open(&c, 0), -EINVAL);
	ck_assert_int_eq(folder_size("x.pcap"), HEADER);
}
END_TEST

/* Without its payload, and as long as it was: no reader takes it for a note. */
START_TEST(frame_that_looks_like_a_note_is_cut)
{
	static uint8_t bytes[FRAME] = { [12] = 0x88, [13] = 0xb5, 'e', 'g' };
	static const struct {
		size_t at;
		uint8_t value;
		bool note;
		unsigned len, caplen;
	} rows[] = {
		{ 0, 0, false, FRAME, 14 },     { 0, 0, true, FRAME, FRAME },
		{ 0, 0, false, 15, 14 },        { 0, 0, false, 14, 14 },
		{ 0, 0, false, 13, 13 },        { 5, 1, false, FRAME, FRAME },
		{ 11, 1, false, FRAME, FRAME }, { 13, 0xb6, false, FRAME, FRAME },
	};
	char text[PCAP_ERRBUF_SIZE];
	struct eg_capture *c = opened();
	struct pcap_pkthdr *h;
	const u_char *data;
	pcap_t *p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct eg_packet packet = { .bytes = bytes,
						  .len = rows[i].len,
						  .note = rows[i].note };
		uint8_t before = bytes[rows[i].at];

		bytes[rows[i].at] = rows[i].value;
		eg_capture_put(c, &packet);
		bytes[rows[i].at] = before;
	}
	eg_capture_close(c);
	p = pcap_open_offline(folder_path("x.pcap"), text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
		ck_assert_uint_eq(h->len, rows[i].len);
		ck_assert_uint_eq(h->caplen, rows[i].caplen);
	}
	pcap_close(p);
}
END_TEST

START_TEST(damage_beyond_a_torn_tail_is_left_alone)
{
	struct eg_capture *c;
	char *ones = malloc(300000);
	FILE *file;

	write_records(0, 2);
	file = fopen(folder_path("x.pcap"), "a");
	memset(ones, 0xff, 300000);
	ck_assert_uint_eq(fwrite(ones, 1, 300000, file), 300000);
	fclose(file);
	free(ones);
	ck_assert_int_eq(try_open(&c, 0), -EINVAL);
	ck_assert_str_eq(error, "is damaged at byte 176: move it away");
}
END_TEST

/* As on a full disk: writes fail, the file stays whole, and goes on once they work. */
START_TEST(failed_write_loses_its_records_only)
{
	struct eg_capture *c = opened();
	struct rlimit small, before;

	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	put(c, 0);
	eg_capture_flush(c);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = HEADER + RECORD + 20;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	put(c, 7);
	put(c, 8);
	eg_capture_flush(c);
	ck_assert_uint_eq(last, 0);
	holds(1);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	put(c, 1);
	eg_capture_close(c);
	holds(2);
	ck_assert_uint_eq(last, 2);
}
END_TEST

START_TEST(frame_over_the_limit_is_cut_and_says_so)
{
	static const struct {
		off_t limit;
		unsigned caplen;
	} rows[] = { { 0, 262144 }, { 65536, 65536 - 4096 }, { 1 << 20, 262144 } };
	uint8_t *big = calloc(1, 300000);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct eg_packet packet = { .bytes = big, .len = 300000 };
		char text[PCAP_ERRBUF_SIZE];
		struct pcap_pkthdr *h;
		struct eg_capture *c;
		const u_char *data;
		pcap_t *p;

		unlink(folder_path("x.pcap"));
		ck_assert_int_eq(try_open(&c, rows[i].limit), 0);
		eg_capture_put(c, &packet);
		eg_capture_close(c);
		p = pcap_open_offline(folder_path("x.pcap"), text);
		ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
		ck_assert_uint_eq(h->caplen, rows[i].caplen);
		ck_assert_uint_eq(h->len, 300000);
		pcap_close(p);
		if (rows[i].limit)
			ck_assert_int_le(folder_size("x.pcap"), rows[i].limit);
	}
	free(big);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pcapfile");
	TCase *c = tcase_create("pcapfile");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, folder_make, folder_remove);
	tcase_add_test(c, new_file_is_readable_at_once_and_what_libpcap_writes_but_for_the_mark);
	tcase_add_test(c, flushed_records_are_there_and_unflushed_are_not);
	tcase_add_test(c, second_open_appends);
	tcase_add_loop_test(c, torn_tail_is_cut_off, 0, 8);
	tcase_add_loop_test(c, file_of_another_kind_is_left_alone, 0, 4);
	tcase_add_test(c, another_program_s_capture_is_left_alone);
	tcase_add_test(c, frame_that_looks_like_a_note_is_cut);
	tcase_add_test(c, damage_beyond_a_torn_tail_is_left_alone);
	tcase_add_test(c, failed_write_loses_its_records_only);
	tcase_add_test(c, frame_over_the_limit_is_cut_and_says_so);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

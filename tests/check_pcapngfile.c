/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read back by tests/pcapng.c, and by libpcap. */
#include "pcapngfile.h"

#include "folder.h"
#include "pcapng.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <sys/wait.h>

static char error[256];
static const struct eg_refusal why = { .text = error, .size = sizeof(error) };
static uint64_t last; /* packet that was settled; 0: lost */
static struct pcapng found;
static struct eg_append_options options;

static void note(void *ctx, unsigned n, uint64_t first, int rc)
{
	(void)ctx;
	(void)rc;
	last = first ? first + n - 1 : 0;
}

static void setup(void)
{
	folder_make();
	options = (struct eg_append_options){ .path = folder_path("x.pcapng"), .settled = note };
	memset(&found, 0, sizeof(found));
}

static void teardown(void)
{
	pcapng_free(&found);
	folder_remove();
}

static struct eg_capture *opened(const char *label)
{
	struct eg_capture *c;

	ck_assert_msg(eg_capture_open(&c, &options, label, &why) == 0, "%s", error);
	return c;
}

/* Packet NUMBER, LEN bytes long. */
static void put(struct eg_capture *c, unsigned number, size_t len)
{
	static uint8_t bytes[10000];
	char comment[64];
	const struct eg_packet p = {
		.when = { .tv_sec = 1700000000 + number, .tv_nsec = 123456789 },
		.bytes = memset(bytes, (int)number, sizeof(bytes)),
		.len = len,
		.way = number % 3,
		.comment = comment,
	};

	snprintf(comment, sizeof(comment), "egress number=%u", number);
	eg_capture_put(c, &p);
}

/* Read the file again; it must be whole. */
static void reread(const char *name)
{
	pcapng_free(&found);
	pcapng_read(&found, folder_path(name));
	ck_assert_msg(!found.fault, "%s: %s at %zu", name, found.fault, found.fault_at);
}

/* NAME holds packets FIRST to LAST and no others, for libpcap, too. */
static void holds(const char *name, unsigned first, unsigned last_one)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(folder_path(name),
							    PCAP_TSTAMP_PRECISION_NANO, text);
	struct pcap_pkthdr *h;
	const u_char *data;
	unsigned wrong = 0;

	ck_assert_msg(p != NULL, "%s", text);
	reread(name);
	ck_assert_uint_eq(found.count, last_one - first + 1);
	for (unsigned i = first; i <= last_one; i++) {
		const struct pcapng_packet *packet = &found.packets[i - first];
		unsigned number;

		ck_assert_int_eq(sscanf(packet->comment, "egress number=%u", &number), 1);
		ck_assert_uint_eq(number, i);
		ck_assert_uint_eq(packet->time, (1700000000 + i) * 1000000000ull + 123456789);
		ck_assert_uint_eq(packet->flags, i % 3);
		ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
		ck_assert_int_eq(h->ts.tv_sec, 1700000000 + i);
		ck_assert_int_eq(h->ts.tv_usec, 123456789);
		ck_assert_uint_eq(h->caplen, packet->caplen);
		ck_assert_uint_eq(h->len, packet->len);
		ck_assert_mem_eq(data, packet->bytes, packet->caplen);
		for (uint32_t j = 0; j < packet->caplen; j++)
			wrong += packet->bytes[j] != (i & 0xff);
	}
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	ck_assert_uint_eq(wrong, 0);
	pcap_close(p);
}

START_TEST(new_file_names_us_and_the_guest)
{
	struct eg_capture *c = opened("build-7");
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p;

	reread("x.pcapng");
	ck_assert_str_eq(found.userappl, "vdeplug_egress " PACKAGE_VERSION);
	ck_assert_str_eq(found.name, "build-7");
	ck_assert_uint_eq(found.snaplen, 262144);
	ck_assert_uint_eq(found.count, 0);
	ck_assert(eg_capture_has_comments(c));
	p = pcap_open_offline(folder_path("x.pcapng"), text);
	ck_assert_msg(p != NULL, "%s", text);
	ck_assert_int_eq(pcap_datalink(p), DLT_EN10MB);
	ck_assert_int_eq(pcap_snapshot(p), 262144);
	pcap_close(p);
	eg_capture_close(c);
}
END_TEST

START_TEST(label_is_cut_and_made_printable)
{
	char label[400];
	struct eg_capture *c;

	memset(label, 'x', sizeof(label));
	label[399] = '\0';
	memcpy(label, "a\nb\x1b\xc3\xa4 ", 7);
	c = opened(label);
	reread("x.pcapng");
	ck_assert_uint_eq(strlen(found.name), 255);
	ck_assert_mem_eq(found.name, "a?b??? x", 8);
	eg_capture_close(c);
}
END_TEST

START_TEST(packets_are_read_back_with_all_that_is_said_of_them)
{
	struct eg_capture *c = opened("guest");

	for (unsigned i = 0; i < 300; i++)
		put(c, i, i % 97);
	eg_capture_close(c);
	holds("x.pcapng", 0, 299);
	ck_assert_uint_eq(last, 300);
	ck_assert_uint_eq(found.crossing, 0);
}
END_TEST

/* Every length, so that every rest of a page comes up. */
START_TEST(no_block_crosses_a_page_that_fits_into_one)
{
	struct eg_capture *c = opened("guest");
	unsigned n = 0;

	for (size_t len = (size_t)_i; len < 4000; len += 7)
		put(c, n++, len);
	eg_capture_close(c);
	holds("x.pcapng", 0, n - 1);
	ck_assert_uint_eq(found.crossing, 0);
}
END_TEST

START_TEST(longer_packets_are_whole_as_well)
{
	struct eg_capture *c = opened("guest");

	for (unsigned i = 0; i < 200; i++)
		put(c, i, i % 3 ? 60 : 3990 + i);
	put(c, 200, 9014);
	eg_capture_close(c);
	holds("x.pcapng", 0, 200);
	ck_assert_uint_ge(found.crossing, 20);
	ck_assert_uint_le(found.crossing, 68);
}
END_TEST

START_TEST(packet_without_a_comment_has_none)
{
	struct eg_capture *c = opened("guest");
	const struct eg_packet p = { .bytes = (const uint8_t *)"x", .len = 1 };

	eg_capture_put(c, &p);
	eg_capture_close(c);
	reread("x.pcapng");
	ck_assert_uint_eq(found.count, 1);
	ck_assert_str_eq(found.packets[0].comment, "");
}
END_TEST

START_TEST(frame_over_the_limit_is_cut_and_says_so)
{
	uint8_t *big = calloc(1, 300000);
	char comment[4000];
	const struct eg_packet p = { .bytes = big, .len = 300000, .comment = comment };
	struct eg_capture *c = opened("guest");

	memset(comment, 'c', sizeof(comment));
	comment[sizeof(comment) - 1] = '\0';
	eg_capture_put(c, &p);
	eg_capture_close(c);
	reread("x.pcapng");
	ck_assert_uint_eq(found.packets[0].caplen, 262144);
	ck_assert_uint_eq(found.packets[0].len, 300000);
	ck_assert_uint_eq(strlen(found.packets[0].comment), 2048);
	free(big);
}
END_TEST

START_TEST(statistics_are_at_the_end_of_each_section)
{
	struct eg_capture *c = opened("guest");

	put(c, 0, 60);
	eg_capture_count(c, 12345678901, 345);
	eg_capture_close(c);
	holds("x.pcapng", 0, 0);
	ck_assert_uint_eq(found.statistics, 1);
	ck_assert_uint_eq(found.received, 12345678901);
	ck_assert_uint_eq(found.dropped, 345);
	c = opened("guest");
	eg_capture_close(c);
	reread("x.pcapng");
	ck_assert_uint_eq(found.statistics, 2);
	ck_assert_uint_eq(found.received, 0);
}
END_TEST

START_TEST(second_open_appends_a_section_and_counts_on)
{
	for (unsigned i = 0; i < 5; i++) {
		struct eg_capture *c = opened(i % 2 ? "odd" : "even");

		for (unsigned j = 0; j < 40; j++)
			put(c, 40 * i + j, 60);
		eg_capture_close(c);
		ck_assert_uint_eq(last, 40 * (i + 1));
	}
	holds("x.pcapng", 0, 199);
	ck_assert_uint_eq(found.sections, 5);
	ck_assert_uint_eq(found.packets[199].section, 5);
	ck_assert_str_eq(found.name, "even");
}
END_TEST

/* Whatever Wireshark gives a number has one. */
START_TEST(packets_of_all_kinds_are_counted)
{
	static const uint32_t others[] = { 3, 16, 0, 16, 2, 32, 0, 0, 0, 0, 0, 32, 10, 12, 12 };
	struct eg_capture *c = opened("guest");
	FILE *f;

	put(c, 0, 60);
	eg_capture_close(c);
	f = fopen(folder_path("x.pcapng"), "a");
	ck_assert_uint_eq(fwrite(others, 1, sizeof(others), f), sizeof(others));
	fclose(f);
	c = opened("guest");
	put(c, 1, 60);
	eg_capture_close(c);
	ck_assert_uint_eq(last, 1 + 2 + 1);
}
END_TEST

/* Cut anywhere: the packets that are whole stay, and new ones follow. */
START_TEST(torn_tail_is_cut_off)
{
	struct eg_capture *c = opened("guest");
	char *bytes;
	size_t n;

	for (unsigned i = 0; i < 3; i++)
		put(c, i, 60);
	eg_capture_close(c);
	bytes = folder_read("x.pcapng", &n);
	for (size_t cut = (size_t)_i; cut <= n; cut += 10) {
		size_t whole;

		folder_write("x.pcapng", bytes, cut);
		pcapng_free(&found);
		pcapng_read(&found, folder_path("x.pcapng"));
		whole = found.count;
		c = opened("guest");
		for (unsigned i = (unsigned)whole; i < 5; i++)
			put(c, i, 60);
		eg_capture_close(c);
		holds("x.pcapng", 0, 4);
		ck_assert_uint_eq(last, 5);
	}
	free(bytes);
}
END_TEST

/* A section header block of N bytes, with MAGIC, and a userappl that begins like ours. */
static size_t make_section(uint8_t *buf, uint32_t magic, const char *userappl)
{
	const uint32_t head[] = { 0x0a0d0d0a, 60, magic, 1, 0xffffffff, 0xffffffff };
	const uint16_t option[] = { 4, 28 };

	memset(buf, 0, 60);
	memcpy(buf, head, sizeof(head));
	memcpy(buf + 24, option, 4);
	memcpy(buf + 28, userappl, strlen(userappl));
	memcpy(buf + 56, &head[1], 4);
	return 60;
}

START_TEST(capture_of_another_program_or_byte_order_is_left_alone)
{
	static const struct {
		uint32_t magic;
		const char *userappl;
		int rc;
	} rows[] = {
		{ 0x1a2b3c4d, "vdeplug_egress 99", 0 },
		{ 0x1a2b3c4d, "vdeplug_egress", -EINVAL },
		{ 0x1a2b3c4d, "Dumpcap (Wireshark) 4.0", -EINVAL },
		{ 0x4d3c2b1a, "vdeplug_egress 0.1.0", -EINVAL },
	};
	struct eg_capture *c;
	uint8_t block[60];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		folder_write("x.pcapng", block,
			     make_section(block, rows[i].magic, rows[i].userappl));
		ck_assert_int_eq(eg_capture_open(&c, &options, "guest", &why), rows[i].rc);
		if (rows[i].rc == 0)
			eg_capture_close(c);
		else
			ck_assert_int_eq(folder_size("x.pcapng"), 60);
	}
}
END_TEST

START_TEST(damage_beyond_a_torn_tail_is_left_alone)
{
	struct eg_capture *c = opened("guest");
	char *zeros = calloc(1, 300000);
	long size;
	FILE *f;

	put(c, 0, 60);
	eg_capture_close(c);
	size = folder_size("x.pcapng");
	f = fopen(folder_path("x.pcapng"), "a");
	ck_assert_uint_eq(fwrite(zeros, 1, 300000, f), 300000);
	fclose(f);
	free(zeros);
	ck_assert_int_eq(eg_capture_open(&c, &options, "guest", &why), -EINVAL);
	snprintf(zeros = malloc(64), 64, "is damaged at byte %ld: move it away", size);
	ck_assert_str_eq(error, zeros);
	ck_assert_int_eq(folder_size("x.pcapng"), size + 300000);
	free(zeros);
}
END_TEST

START_TEST(each_rotated_file_is_a_capture_of_its_own)
{
	struct eg_capture *c;
	unsigned first = 0;

	options.limit = 65536;
	options.kept = 2;
	c = opened("guest");
	for (unsigned i = 0; i < 1200; i++)
		put(c, i, 60);
	eg_capture_close(c);
	ck_assert_int_eq(folder_size("x.3.pcapng"), -1);
	for (int k = 2; k >= 0; k--) {
		static const char *const names[] = { "x.pcapng", "x.1.pcapng", "x.2.pcapng" };

		reread(names[k]);
		ck_assert_int_eq(sscanf(found.packets[0].comment, "egress number=%u", &first), 1);
		holds(names[k], first, first + (unsigned)found.count - 1);
		ck_assert_uint_eq(found.sections, 1);
		ck_assert_uint_eq(found.statistics, 1);
		ck_assert_uint_le(found.size, 65536);
	}
	ck_assert_uint_eq(first + found.count, 1200);
	ck_assert_uint_eq(last, found.count);
}
END_TEST

/* The real thing: killed at any moment, the file is whole, and all that was flushed is in it. */
START_TEST(killed_writer_leaves_whole_blocks)
{
	const struct timespec moment = { .tv_nsec = 1000000 + 2000000 * _i };
	unsigned flushed;
	int p[2];
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		struct eg_capture *c = opened("guest");

		for (unsigned i = 0;; i++) {
			put(c, i, i % 200);
			if (i % 7 == 0)
				eg_capture_flush(c);
			if (i % 7 == 0 && write(p[1], &i, sizeof(i)) < 0)
				_exit(1);
		}
	}
	/* A pipe that is full would stop it: take what comes, for a moment. */
	close(p[1]);
	ck_assert_int_eq(read(p[0], &flushed, sizeof(flushed)), sizeof(flushed));
	nanosleep(&moment, NULL);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	while (read(p[0], &flushed, sizeof(flushed)) == sizeof(flushed))
		;
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(p[0]);
	reread("x.pcapng");
	ck_assert_uint_gt(found.count, flushed);
	holds("x.pcapng", 0, (unsigned)found.count - 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pcapngfile");
	TCase *c = tcase_create("pcapngfile");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, new_file_names_us_and_the_guest);
	tcase_add_test(c, label_is_cut_and_made_printable);
	tcase_add_test(c, packets_are_read_back_with_all_that_is_said_of_them);
	tcase_add_loop_test(c, no_block_crosses_a_page_that_fits_into_one, 0, 7);
	tcase_add_test(c, longer_packets_are_whole_as_well);
	tcase_add_test(c, packet_without_a_comment_has_none);
	tcase_add_test(c, frame_over_the_limit_is_cut_and_says_so);
	tcase_add_test(c, statistics_are_at_the_end_of_each_section);
	tcase_add_test(c, second_open_appends_a_section_and_counts_on);
	tcase_add_test(c, packets_of_all_kinds_are_counted);
	tcase_add_loop_test(c, torn_tail_is_cut_off, 0, 10);
	tcase_add_test(c, capture_of_another_program_or_byte_order_is_left_alone);
	tcase_add_test(c, damage_beyond_a_torn_tail_is_left_alone);
	tcase_add_test(c, each_rotated_file_is_a_capture_of_its_own);
	tcase_add_loop_test(c, killed_writer_leaves_whole_blocks, 0, 10);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

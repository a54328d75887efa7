/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This program's pwrite stands in for the C library's, so that the disk can be full. */
#include "outputs.h"

#include "folder.h"
#include "pcapng.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <sys/syscall.h>

#define EXPORT __attribute__((visibility("default")))

static bool full;
static struct eg_outputs *o;
static struct pcapng found;
static uint64_t memory[100000];
static struct eg_batch batch;

EXPORT ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	if (full) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

static void setup(void)
{
	folder_make();
	full = false;
	o = NULL;
	memset(&found, 0, sizeof(found));
	batch = (struct eg_batch){ .bytes = (uint8_t *)memory, .size = sizeof(memory) };
}

static void teardown(void)
{
	eg_outputs_close(o);
	pcapng_free(&found);
	folder_remove();
}

static void open_log(const char *name)
{
	const struct eg_outputs_options options = { .log = folder_path(name), .label = "guest" };

	ck_assert_int_eq(eg_outputs_open(&o, &options), 0);
}

static void close_log(void)
{
	eg_outputs_close(o);
	o = NULL;
}

static void add(enum eg_record_kind kind, enum eg_reason reason, const void *bytes, size_t len)
{
	const struct eg_record r = {
		.when = { 1700000000, 5000 },
		.kind = (uint8_t)kind,
		.reason = (uint8_t)reason,
		.len = (uint32_t)len,
	};

	ck_assert(eg_batch_add(&batch, &r, bytes));
}

static void add_blocked(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		add(EG_RECORD_BLOCKED, EG_R_UDP_NEW, "a frame without a header", 24);
}

static void add_suppressed(uint64_t count)
{
	const struct eg_record_suppressed s = { .count = count, .proto = -1 };

	add(EG_RECORD_SUPPRESSED, EG_R_UDP_NEW, &s, sizeof(s));
}

/* Write the batch and begin a new one. */
static struct eg_outputs_loss write_batch(void)
{
	struct eg_outputs_loss loss = eg_outputs_write(o, &batch);

	batch.used = 0;
	return loss;
}

static void reread(void)
{
	pcapng_free(&found);
	pcapng_read(&found, folder_path("x.pcapng"));
	ck_assert_msg(!found.fault, "%s at %zu", found.fault, found.fault_at);
}

/* Packet I has this comment; of a note that is its payload, too. */
static void says(size_t i, const char *comment)
{
	ck_assert_uint_lt(i, found.count);
	ck_assert_str_eq(found.packets[i].comment, comment);
}

static const char blocked[] = "egress verdict=block reason=udp-new rule=allow proto=0x6f75";

START_TEST(packets_of_the_capture_are_numbered_and_others_are_not)
{
	struct eg_item *item = NULL;
	uint64_t numbers[16];
	size_t n = 0;

	open_log("x.pcapng");
	add(EG_RECORD_ENGINE, EG_R_NONE, "", 0);
	add_blocked(1);
	add(EG_RECORD_ANSWER, EG_R_UDP_NEW, "answer", 6);
	add(EG_RECORD_QUERY, EG_R_NONE, "query", 5);
	add_blocked(1);
	add(EG_RECORD_FLOW_START, EG_R_NONE, "", 0);
	add(EG_RECORD_FLOW_END, EG_R_NONE, "", 0);
	add_suppressed(7);
	add(EG_RECORD_STATS, EG_R_NONE, "", 0);
	add_blocked(1);
	ck_assert_uint_eq(eg_outputs_write(o, &batch).frames, 0);
	while ((item = eg_batch_next(&batch, item)))
		numbers[n++] = item->number;
	ck_assert_uint_eq(n, 10);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(numbers[i],
				  ((const uint64_t[]){ 0, 1, 2, 0, 3, 0, 0, 4, 0, 5 })[i]);
	close_log();
	reread();
	ck_assert_uint_eq(found.count, 5);
	says(0, blocked);
	says(1, "egress verdict=answer answer=none reason=udp-new");
	says(4, blocked);
}
END_TEST

/* What was counted of queries and of flows is no news of the capture's. */
START_TEST(summary_of_what_was_not_blocked_is_no_packet)
{
	const struct eg_record_suppressed s = { .of = EG_RECORD_QUERY, .count = 5 };

	open_log("x.pcapng");
	add(EG_RECORD_SUPPRESSED, EG_R_NONE, &s, sizeof(s));
	write_batch();
	close_log();
	reread();
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(note_is_a_frame_of_ours_with_its_text)
{
	static const char text[] = "egress note=suppressed count=7 reason=udp-new "
				   "first=0.000000000 last=0.000000000";
	static const uint8_t header[14] = { [12] = 0x88, [13] = 0xb5 };
	const struct pcapng_packet *p;

	open_log("x.pcapng");
	add_suppressed(7);
	write_batch();
	close_log();
	reread();
	says(0, text);
	p = &found.packets[0];
	ck_assert_uint_eq(p->len, sizeof(header) + sizeof(text) - 1);
	ck_assert_uint_eq(p->caplen, p->len);
	ck_assert_mem_eq(p->bytes, header, sizeof(header));
	ck_assert_mem_eq(p->bytes + sizeof(header), text, sizeof(text) - 1);
}
END_TEST

START_TEST(packets_have_their_direction)
{
	const struct eg_record in = { .kind = EG_RECORD_BLOCKED, .dir = 1, .reason = EG_R_GROUP };

	open_log("x.pcapng");
	add_blocked(1);
	add(EG_RECORD_ANSWER, EG_R_UDP_NEW, "answer", 6);
	ck_assert(eg_batch_add(&batch, &in, ""));
	add_suppressed(1);
	write_batch();
	full = true;
	add_blocked(1);
	write_batch();
	full = false;
	close_log();
	reread();
	ck_assert_uint_eq(found.count, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(found.packets[i].flags, ((const uint32_t[]){ 2, 1, 1, 2, 0 })[i]);
}
END_TEST

START_TEST(classic_capture_has_the_frames_and_the_notes)
{
	char text[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;
	pcap_t *p;

	open_log("x.pcap");
	add_blocked(1);
	add(EG_RECORD_ANSWER, EG_R_UDP_NEW, "answer", 6);
	add_blocked(1);
	add_suppressed(7);
	write_batch();
	close_log();
	p = pcap_open_offline(folder_path("x.pcap"), text);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
		ck_assert_uint_eq(h->len, 24);
		ck_assert_int_eq(h->ts.tv_sec, 1700000000);
		ck_assert_int_eq(h->ts.tv_usec, 5);
	}
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_mem_eq(data + 14, "egress note=suppressed count=7", 30);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
}
END_TEST

/* A note says so before anything else, once it can, and nothing is counted twice. */
START_TEST(what_a_full_disk_refuses_is_counted_and_said)
{
	struct eg_outputs_loss loss;

	open_log("x.pcapng");
	add_blocked(2);
	write_batch();
	full = true;
	add_blocked(300);
	add(EG_RECORD_ANSWER, EG_R_UDP_NEW, "answer", 6);
	add(EG_RECORD_QUERY, EG_R_NONE, "query", 5);
	add_suppressed(1000);
	loss = write_batch();
	ck_assert_uint_eq(loss.frames, 300);
	ck_assert_uint_eq(loss.summed, 1000);
	ck_assert_int_eq(loss.error, -ENOSPC);
	add_blocked(5);
	ck_assert_uint_eq(write_batch().frames, 5);
	full = false;
	add_blocked(1);
	loss = write_batch();
	ck_assert_uint_eq(loss.frames + loss.summed, 0);
	ck_assert_int_eq(loss.error, 0);
	add_blocked(1);
	write_batch();
	close_log();
	reread();
	ck_assert_uint_eq(found.count, 5);
	says(1, blocked);
	says(2, "egress note=lost count=1305 why=disk");
	says(3, blocked);
	says(4, blocked);
}
END_TEST

START_TEST(loss_at_the_end_is_said_at_the_close)
{
	open_log("x.pcapng");
	full = true;
	add_blocked(3);
	write_batch();
	full = false;
	close_log();
	reread();
	ck_assert_uint_eq(found.count, 1);
	says(0, "egress note=lost count=3 why=disk");
	ck_assert_uint_eq(found.statistics, 1);
}
END_TEST

START_TEST(lost_items_have_no_number_and_the_next_have_the_right_ones)
{
	open_log("x.pcapng");
	add_blocked(2);
	write_batch();
	full = true;
	add_blocked(2);
	eg_outputs_write(o, &batch);
	ck_assert_uint_eq(eg_batch_next(&batch, NULL)->number, 0);
	batch.used = 0;
	full = false;
	add_blocked(1);
	eg_outputs_write(o, &batch);
	ck_assert_uint_eq(eg_batch_next(&batch, NULL)->number, 4); /* the third is the note */
}
END_TEST

START_TEST(statistics_are_what_was_counted)
{
	open_log("x.pcapng");
	eg_outputs_count(o, 1234, 56);
	close_log();
	reread();
	ck_assert_uint_eq(found.received, 1234);
	ck_assert_uint_eq(found.dropped, 56);
}
END_TEST

/* Batches of every size up to many pages: each item gets its own number, in order. */
START_TEST(numbers_are_in_order_over_many_pages)
{
	uint64_t next = 1;

	open_log("x.pcapng");
	for (unsigned n = 1; n < 300; n += 7) {
		struct eg_item *item = NULL;

		for (unsigned i = 0; i < n; i++) {
			add_blocked(1);
			add(EG_RECORD_QUERY, EG_R_NONE, "query", 5);
		}
		eg_outputs_write(o, &batch);
		while ((item = eg_batch_next(&batch, item)))
			ck_assert_uint_eq(item->number,
					  item->record.kind == EG_RECORD_BLOCKED ? next++ : 0);
		batch.used = 0;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("outputs");
	TCase *c = tcase_create("outputs");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, packets_of_the_capture_are_numbered_and_others_are_not);
	tcase_add_test(c, summary_of_what_was_not_blocked_is_no_packet);
	tcase_add_test(c, note_is_a_frame_of_ours_with_its_text);
	tcase_add_test(c, packets_have_their_direction);
	tcase_add_test(c, classic_capture_has_the_frames_and_the_notes);
	tcase_add_test(c, what_a_full_disk_refuses_is_counted_and_said);
	tcase_add_test(c, loss_at_the_end_is_said_at_the_close);
	tcase_add_test(c, lost_items_have_no_number_and_the_next_have_the_right_ones);
	tcase_add_test(c, statistics_are_what_was_counted);
	tcase_add_test(c, numbers_are_in_order_over_many_pages);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

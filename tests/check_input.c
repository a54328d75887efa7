/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "captures.h"
#include "input.h"
#include "packet.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct captures file;
static struct eg_input *c;
static struct eg_input_packet p;
static char error[EG_INPUT_ERROR_MAX];

static void setup(void)
{
	memset(&file, 0, sizeof(file));
	c = NULL;
}

static void teardown(void)
{
	eg_input_close(c);
	captures_free(&file);
}

static void opened(enum eg_input_kind kind)
{
	ck_assert_msg(eg_input_open_memory(&c, file.p, file.n, error) == 0, "%s", error);
	ck_assert_int_eq(eg_input_kind(c), kind);
}

static void refused(const char *why)
{
	ck_assert_int_eq(eg_input_open_memory(&c, file.p, file.n, error), -EINVAL);
	ck_assert_str_eq(error, why);
	ck_assert_ptr_null(c);
}

/* The next packet is the one with NUMBER, time WHEN and the bytes of TEXT. */
static void next_is(uint64_t number, uint64_t when, const char *text)
{
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	ck_assert_uint_eq(p.number, number);
	ck_assert_uint_eq(p.when_ns, when);
	ck_assert(p.timed);
	ck_assert_uint_eq(p.linktype, EG_LINKTYPE_ETHERNET);
	ck_assert_uint_eq(p.bytes.n, strlen(text));
	ck_assert_uint_eq(p.len, strlen(text));
	ck_assert_mem_eq(p.bytes.p, text, strlen(text));
}

static void span_is(struct eg_span span, const char *text)
{
	ck_assert_uint_eq(span.n, strlen(text));
	if (span.n)
		ck_assert_mem_eq(span.p, text, span.n);
}

/* No more comes, now and later, and WHY (NULL: nothing) is said. */
static void over(int rc, const char *why)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(eg_input_next(c, &p), rc);
		ck_assert_pstr_eq(eg_input_trouble(c), why);
	}
}

static void packet(const char *text, const char *comment)
{
	captures_packet(&file, 0, 1000000, text, (uint32_t)strlen(text), comment, 0);
}

/* The first section and its interface, whose packets have microseconds. */
static void begin(void)
{
	captures_section(&file);
	captures_interface(&file, NULL, 6);
}

START_TEST(pcap_of_both_byte_orders_and_units)
{
	static const struct {
		uint32_t magic;
		uint64_t ns;
	} units[] = { { 0xa1b2c3d4, 7000000005000 }, { 0xa1b23c4d, 7000000000005 } };

	file.big = _i & 1;
	captures_pcap(&file, units[_i / 2].magic);
	captures_record(&file, 7000, 5, "first", 5);
	captures_record(&file, 7000, 5, "", 0);
	opened(EG_INPUT_PCAP);
	next_is(1, units[_i / 2].ns, "first");
	span_is(p.comment, "");
	span_is(p.guest, "");
	ck_assert_int_eq(p.dir, EG_INPUT_UNKNOWN);
	next_is(2, units[_i / 2].ns, "");
	over(0, NULL);
}
END_TEST

START_TEST(pcap_names_its_link_type_and_the_length_before_a_cut)
{
	captures_pcap(&file, 0xa1b2c3d4);
	file.p[20] = 113;
	file.p[23] = 0x14; /* what is said of checksums is no part of it */
	captures_record(&file, 0, 0, "text", 4);
	file.p[24 + 12] = 200;
	opened(EG_INPUT_PCAP);
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	ck_assert_uint_eq(p.linktype, 113);
	ck_assert_uint_eq(p.len, 200);
	span_is(p.bytes, "text");
}
END_TEST

START_TEST(seconds_of_a_pcap_last_until_2106)
{
	captures_pcap(&file, 0xa1b2c3d4);
	captures_record(&file, UINT32_MAX, UINT32_MAX, "x", 1);
	opened(EG_INPUT_PCAP);
	next_is(1, UINT32_MAX * UINT64_C(1000000000) + UINT32_MAX * UINT64_C(1000), "x");
}
END_TEST

START_TEST(pcapng_of_both_byte_orders)
{
	file.big = _i;
	captures_section(&file);
	captures_interface(&file, "build-7", 9);
	captures_packet(&file, 0, 1700000000123456789, "frame", 5, "egress verdict=block", 2);
	opened(EG_INPUT_PCAPNG);
	next_is(1, 1700000000123456789, "frame");
	span_is(p.comment, "egress verdict=block");
	span_is(p.guest, "build-7");
	ck_assert_int_eq(p.dir, EG_INPUT_FROM_GUEST);
	over(0, NULL);
}
END_TEST

START_TEST(sections_have_their_own_byte_order_and_interfaces)
{
	captures_section(&file);
	captures_interface(&file, "one", 6);
	captures_packet(&file, 0, 1, "a", 1, NULL, 0);
	file.big = true;
	captures_section(&file);
	captures_interface(&file, "other", 9);
	captures_interface(&file, "two", 3);
	captures_packet(&file, 1, 1, "bb", 2, NULL, 1);
	opened(EG_INPUT_PCAPNG);
	next_is(1, 1000, "a");
	span_is(p.guest, "one");
	next_is(2, 1000000, "bb");
	span_is(p.guest, "two");
	ck_assert_int_eq(p.dir, EG_INPUT_TO_GUEST);
	over(0, NULL);
	ck_assert_uint_eq(eg_input_totals(c)->sections, 2);
	ck_assert_uint_eq(eg_input_totals(c)->packets, 2);
}
END_TEST

START_TEST(section_forgets_the_interfaces_before_it)
{
	begin();
	captures_section(&file);
	packet("a", NULL);
	opened(EG_INPUT_PCAPNG);
	over(-EINVAL, "is damaged at byte 76: a packet of no known interface");
}
END_TEST

static const struct {
	uint8_t resolution;
	uint64_t ticks, ns;
} resolutions[] = {
	{ 0, 5, 5000000000 },
	{ 3, 1700000000123, 1700000000123000000 },
	{ 6, 5, 5000 },
	{ 9, UINT64_MAX, UINT64_MAX },
	{ 12, 5000, 5 },
	{ 127, 5000, 0 },
	{ 6, UINT64_MAX, UINT64_MAX }, /* too large for nanoseconds */
	{ 0x80, 3, 3000000000 },
	{ 0x80 | 1, 3, 1500000000 },
	{ 0x80 | 32, (UINT64_C(7) << 32) + (UINT64_C(1) << 31), 7500000000 },
	{ 0x80 | 40, (UINT64_C(7) << 40) + (UINT64_C(1) << 39), 7500000000 },
	{ 0x80 | 63, UINT64_C(3) << 62, 1500000000 },
	{ 0x80 | 64, UINT64_MAX, 0 },
	{ 0x80 | 0, UINT64_MAX, UINT64_MAX },
	{ 0x80 | 1, UINT64_C(18446744073) << 1 | 1, 18446744073500000000u },
	{ 0x80 | 2, UINT64_C(18446744073) << 2 | 3, UINT64_MAX },
};

START_TEST(time_is_read_by_the_interface_s_resolution)
{
	captures_section(&file);
	captures_interface(&file, NULL, resolutions[_i].resolution);
	captures_packet(&file, 0, resolutions[_i].ticks, "x", 1, NULL, 0);
	opened(EG_INPUT_PCAPNG);
	next_is(1, resolutions[_i].ns, "x");
}
END_TEST

static const struct {
	int64_t offset;
	uint64_t ns;
} offsets[] = {
	{ 10, 11000000000 }, { -1, 0 }, { -2, 0 }, { INT64_MAX, UINT64_MAX }, { INT64_MIN, 0 },
};

START_TEST(time_is_shifted_by_the_interface_s_offset)
{
	size_t at;

	file.big = _i & 1;
	captures_section(&file);
	at = captures_begin(&file, 1);
	captures_32(&file, file.big ? 0x00010000 : 1);
	captures_32(&file, 0);
	captures_16(&file, 14);
	captures_16(&file, 8);
	captures_32(&file, (uint32_t)((uint64_t)offsets[_i].offset >> (file.big ? 32 : 0)));
	captures_32(&file, (uint32_t)((uint64_t)offsets[_i].offset >> (file.big ? 0 : 32)));
	captures_end(&file, at);
	captures_packet(&file, 0, 1000000, "x", 1, NULL, 0);
	opened(EG_INPUT_PCAPNG);
	next_is(1, offsets[_i].ns, "x");
}
END_TEST

START_TEST(our_comment_is_found_among_others)
{
	size_t at;

	begin();
	at = captures_begin(&file, 6);
	for (int i = 0; i < 5; i++)
		captures_32(&file, 0);
	captures_option(&file, 1, "seen by me", 10);
	captures_option(&file, 0x0baa, "x", 1);
	captures_option(&file, 1, "egress verdict=block", 20);
	captures_option(&file, 1, "egress verdict=pass", 19);
	captures_end(&file, at);
	packet("", "looked at");
	opened(EG_INPUT_PCAPNG);
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	span_is(p.comment, "egress verdict=block");
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	span_is(p.comment, "looked at");
}
END_TEST

START_TEST(options_that_lie_are_left_out_and_the_packet_stays)
{
	size_t at;

	begin();
	at = captures_begin(&file, 6);
	for (int i = 0; i < 5; i++)
		captures_32(&file, 0);
	captures_option(&file, 2, "\3\0\0", 3); /* flags of three bytes */
	captures_option(&file, 1, "first", 5);
	captures_16(&file, 1);
	captures_16(&file, 17);
	captures_bytes(&file, "egress and more.", 16);
	captures_end(&file, at);
	opened(EG_INPUT_PCAPNG);
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	span_is(p.comment, "first");
	ck_assert_int_eq(p.dir, EG_INPUT_UNKNOWN);
	over(0, NULL);
}
END_TEST

START_TEST(direction_is_the_low_two_bits_and_3_is_none)
{
	begin();
	captures_packet(&file, 0, 0, "", 0, NULL, 0xfffffffe);
	captures_packet(&file, 0, 0, "", 0, NULL, 3);
	opened(EG_INPUT_PCAPNG);
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	ck_assert_int_eq(p.dir, EG_INPUT_FROM_GUEST);
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	ck_assert_int_eq(p.dir, EG_INPUT_UNKNOWN);
}
END_TEST

START_TEST(blocks_of_other_types_are_passed_however_long)
{
	static const uint8_t zeros[70000];
	size_t at;

	begin();
	at = captures_begin(&file, 0x80000ef1);
	captures_bytes(&file, zeros, 3000);
	captures_end(&file, at);
	captures_end(&file, captures_begin(&file, 0xbad));
	packet("a", NULL);
	at = captures_begin(&file, 4);
	captures_bytes(&file, zeros, sizeof(zeros));
	captures_end(&file, at);
	packet("b", NULL);
	opened(EG_INPUT_PCAPNG);
	next_is(1, 1000000000, "a");
	next_is(2, 1000000000, "b");
	over(0, NULL);
}
END_TEST

START_TEST(simple_packet_has_no_time_and_is_cut_to_the_snaplen)
{
	size_t at;

	begin();
	file.p[28 + 12] = 3; /* snaplen 0x40003: as good as none */
	for (int i = 0; i < 2; i++) {
		at = captures_begin(&file, 3);
		captures_32(&file, 5);
		captures_bytes(&file, "frame", 5);
		captures_end(&file, at);
	}
	opened(EG_INPUT_PCAPNG);
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	ck_assert(!p.timed);
	span_is(p.bytes, "frame");
	file.p[28 + 14] = 0;
	eg_input_close(c);
	opened(EG_INPUT_PCAPNG);
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	span_is(p.bytes, "fra");
	ck_assert_uint_eq(p.len, 5);
}
END_TEST

START_TEST(packet_block_of_old_is_read)
{
	size_t at;

	begin();
	at = captures_begin(&file, 2);
	captures_16(&file, 0);
	captures_16(&file, 9); /* drops */
	captures_32(&file, 0);
	captures_32(&file, 77);
	captures_32(&file, 1);
	captures_32(&file, 1);
	captures_bytes(&file, "x\0\0", 4);
	captures_option(&file, 1, "egress old", 10);
	captures_end(&file, at);
	opened(EG_INPUT_PCAPNG);
	next_is(1, 77000, "x");
	span_is(p.comment, "egress old");
}
END_TEST

START_TEST(statistics_are_summed_up_to_the_largest_number)
{
	static const uint8_t most[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };

	begin();
	for (int i = 0; i < 3; i++) {
		size_t at = captures_begin(&file, 5);

		for (int j = 0; j < 3; j++)
			captures_32(&file, 0);
		captures_option(&file, 4, i ? "\7\0\0\0\0\0\0" : "\0\1\0\0\0\0\0", 8);
		captures_option(&file, 5, most, 8);
		captures_end(&file, at);
	}
	opened(EG_INPUT_PCAPNG);
	over(0, NULL);
	ck_assert_uint_eq(eg_input_totals(c)->received, 256 + 14);
	ck_assert_uint_eq(eg_input_totals(c)->dropped, UINT64_MAX);
}
END_TEST

static struct captures whole;

/* Cut anywhere: what is whole stands, what is not is said, and no byte behind is read. */
static void cut(uint8_t *copy, size_t n, void *ctx)
{
	const size_t *ends = ctx;
	size_t complete = 0;
	bool border = n == ends[0];

	/* So short, nothing can be made of it. */
	if (n < ends[0])
		return;
	for (; complete < 2 && n >= ends[complete + 1]; complete++)
		border = n == ends[complete + 1];
	ck_assert_int_eq(eg_input_open_memory(&c, copy, n, error), 0);
	for (size_t i = 0; i < complete; i++)
		ck_assert_int_eq(eg_input_next(c, &p), 1);
	ck_assert_int_eq(eg_input_next(c, &p), 0);
	ck_assert_msg(border == !eg_input_trouble(c), "at %zu: %s", n, eg_input_trouble(c));
	eg_input_close(c);
	c = NULL;
}

START_TEST(torn_tail_of_a_pcapng_is_said_and_the_rest_used)
{
	size_t ends[3];

	captures_section(&whole);
	captures_interface(&whole, NULL, 6);
	ends[0] = whole.n;
	for (int i = 0; i < 2; i++) {
		captures_packet(&whole, 0, 0, "some text", 9, "egress", 1);
		ends[i + 1] = whole.n;
	}
	guarded_each_cut(whole.p, whole.n, cut, ends);
}
END_TEST

START_TEST(torn_tail_of_a_pcap_is_said_and_the_rest_used)
{
	size_t ends[3];

	captures_pcap(&whole, 0xa1b2c3d4);
	ends[0] = whole.n;
	for (int i = 0; i < 2; i++) {
		captures_record(&whole, 0, 0, "some text", 9);
		ends[i + 1] = whole.n;
	}
	guarded_each_cut(whole.p, whole.n, cut, ends);
}
END_TEST

START_TEST(torn_tail_says_how_much)
{
	begin();
	packet("some text", NULL);
	packet("some text", NULL);
	file.n -= 3;
	opened(EG_INPUT_PCAPNG);
	next_is(1, 1000000000, "some text");
	over(0, "ends within a record: the last 41 bytes are not used");
}
END_TEST

/* One number in the second packet's block (byte 92, 44 bytes long) is wrong. */
static const struct {
	size_t at;
	uint32_t value;
	const char *what;
} damages[] = {
	{ 92 + 4, 8, "a block of an impossible length" },
	{ 92 + 4, 0, "a block of an impossible length" },
	{ 92 + 4, 45, "a block of an impossible length" },
	{ 92 + 4, 40, "a block whose two lengths differ" },
	{ 92 + 4, (16 << 20) + 4, "a block that is too long" },
	{ 92 + 4, 0xfffffffc, "a block that is too long" },
	{ 92 + 40, 48, "a block whose two lengths differ" },
	{ 92 + 8, 1, "a packet of no known interface" },
	{ 92 + 8, 0xffffffff, "a packet of no known interface" },
	{ 92 + 20, 13, "a packet that is longer than its block" },
	{ 92 + 20, 0xfffffffe, "a packet that is longer than its block" },
	{ 92, 0x0a0d0d0a, "a section without a byte order" },
};

START_TEST(damage_ends_it_and_what_came_before_stands)
{
	char why[128];

	begin();
	packet("some text", NULL);
	packet("some text", NULL);
	ck_assert_uint_eq(file.n, 92 + 44);
	file.n = damages[_i].at;
	captures_32(&file, damages[_i].value);
	file.n = 92 + 44;
	opened(EG_INPUT_PCAPNG);
	next_is(1, 1000000000, "some text");
	snprintf(why, sizeof(why), "is damaged at byte 92: %s", damages[_i].what);
	over(-EINVAL, why);
}
END_TEST

/* Blocks that are shorter than what each must have. */
static const struct {
	uint32_t type;
	size_t body;
	const char *what;
} shorts[] = {
	{ 6, 16, "a packet block that is too short" },
	{ 2, 16, "a packet block that is too short" },
	{ 3, 0, "a simple packet block that is too short, or of no known interface" },
	{ 1, 4, "an interface's description that is too short" },
	{ 5, 8, "an interface's statistics that are too short" },
};

START_TEST(block_that_is_too_short_is_damage)
{
	static const uint8_t zeros[32];
	char why[128];
	size_t at;

	begin();
	at = captures_begin(&file, shorts[_i].type);
	captures_bytes(&file, zeros, shorts[_i].body);
	captures_end(&file, at);
	opened(EG_INPUT_PCAPNG);
	snprintf(why, sizeof(why), "is damaged at byte 48: %s", shorts[_i].what);
	over(-EINVAL, why);
}
END_TEST

START_TEST(interfaces_have_a_limit)
{
	captures_section(&file);
	for (int i = 0; i < 65536; i++)
		captures_interface(&file, NULL, 6);
	captures_packet(&file, 65535, 0, "last", 4, NULL, 0);
	captures_interface(&file, NULL, 6);
	opened(EG_INPUT_PCAPNG);
	next_is(1, 0, "last");
	ck_assert_int_eq(eg_input_next(c, &p), -EINVAL);
	ck_assert_ptr_nonnull(strstr(eg_input_trouble(c), ": more than 65536 interfaces"));
}
END_TEST

START_TEST(name_of_an_interface_is_cut)
{
	char name[101] = "";

	memset(name, 'n', sizeof(name) - 1);
	captures_section(&file);
	captures_interface(&file, name, 6);
	packet("", NULL);
	opened(EG_INPUT_PCAPNG);
	ck_assert_int_eq(eg_input_next(c, &p), 1);
	name[EG_INPUT_NAME_MAX] = '\0';
	span_is(p.guest, name);
}
END_TEST

START_TEST(pcap_packet_that_is_too_long_is_damage)
{
	captures_pcap(&file, 0xa1b2c3d4);
	captures_record(&file, 0, 0, "a", 1);
	captures_record(&file, 0, 0, "b", 1);
	file.p[24 + 17 + 11] = 2;
	opened(EG_INPUT_PCAP);
	next_is(1, 0, "a");
	over(-EINVAL, "is damaged at byte 41: a packet of 33554433 bytes");
}
END_TEST

START_TEST(events_are_lines)
{
	static const char text[] = "{\"a\":1}\n\n{\"b\":2}\r\n{\"c\"";
	static const char *const lines[] = { "{\"a\":1}", "{\"b\":2}\r", "{\"c\"" };
	struct eg_span line;

	captures_bytes(&file, text, sizeof(text) - 1);
	opened(EG_INPUT_EVENTS);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(eg_input_line(c, &line), 1);
		span_is(line, lines[i]);
		ck_assert_int_eq(eg_input_cut(c), i == 2);
	}
	ck_assert_int_eq(eg_input_line(c, &line), 0);
	ck_assert_int_eq(eg_input_next(c, &p), 0);
}
END_TEST

START_TEST(line_that_is_too_long_is_passed_and_counted)
{
	struct eg_span line;

	for (int i = 0; i < 2; i++) {
		captures_8(&file, '{');
		for (int j = 0; j < EG_INPUT_LINE_MAX - i; j++)
			captures_8(&file, 'x');
		captures_8(&file, '\n');
	}
	opened(EG_INPUT_EVENTS);
	ck_assert_int_eq(eg_input_line(c, &line), 1);
	ck_assert_uint_eq(line.n, EG_INPUT_LINE_MAX);
	ck_assert_uint_eq(eg_input_long_lines(c), 1);
	ck_assert_int_eq(eg_input_line(c, &line), 0);
}
END_TEST

static const struct {
	const char *text, *why;
	size_t n;
} others[] = {
	{ "root:x:0:0", "is neither a capture nor a file of events", 10 },
	{ "\n", "is neither a capture nor a file of events", 1 },
	{ "\xa1\xb2\xc3", "is neither a capture nor a file of events", 3 },
	{ "\xa1\xb2\xc3\xd4", "ends within its header", 4 },
	{ "\xa1\xb2\xc3\xd4\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1",
	  "is a .pcap of an unknown version", 24 },
	{ "\x1f\x8b\x08\x00", "is compressed: gzip -dc FILE, and - for FILE", 4 },
};

START_TEST(what_is_neither_is_refused)
{
	captures_bytes(&file, others[_i].text, others[_i].n);
	refused(others[_i].why);
}
END_TEST

START_TEST(empty_file_has_nothing_in_it)
{
	struct eg_span line;

	opened(EG_INPUT_EMPTY);
	ck_assert_int_eq(eg_input_line(c, &line), 0);
	over(0, NULL);
}
END_TEST

/* From a pipe that gives little at a time, and a file far longer than any buffer. */
START_TEST(long_stream_is_read_to_its_end)
{
	static char frame[9000];
	int ends[2], saved = dup(0);
	uint64_t n = 0;

	begin();
	for (int i = 0; i < 1000; i++) {
		frame[0] = (char)i;
		captures_packet(&file, 0, (uint64_t)i, frame, sizeof(frame) - (unsigned int)i, NULL,
				0);
	}
	ck_assert_int_eq(pipe(ends), 0);
	if (fork() == 0) {
		for (size_t at = 0, step; at < file.n; at += step) {
			step = file.n - at < 4093 ? file.n - at : 4093;
			if (write(ends[1], file.p + at, step) != (ssize_t)step)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], 0);
	close(ends[0]);
	ck_assert_int_eq(eg_input_open(&c, "-", error), 0);
	for (; eg_input_next(c, &p) == 1; n++) {
		ck_assert_uint_eq(p.when_ns, 1000 * n);
		ck_assert_uint_eq(p.bytes.n, sizeof(frame) - n);
		ck_assert_int_eq(p.bytes.p[0], (uint8_t)n);
	}
	ck_assert_uint_eq(n, 1000);
	over(0, NULL);
	ck_assert_uint_eq(eg_input_offset(c), file.n);
	dup2(saved, 0);
	close(saved);
}
END_TEST

START_TEST(what_cannot_be_opened_or_read_says_so)
{
	ck_assert_int_eq(eg_input_open(&c, "/nonexistent/x", error), -ENOENT);
	ck_assert_str_eq(error, "No such file or directory");
	ck_assert_int_eq(eg_input_open(&c, "/", error), -EISDIR);
	ck_assert_str_eq(error, "cannot be read: Is a directory");
}
END_TEST

static TCase *good_case(void)
{
	TCase *t = tcase_create("good");

	tcase_add_loop_test(t, pcap_of_both_byte_orders_and_units, 0, 4);
	tcase_add_test(t, pcap_names_its_link_type_and_the_length_before_a_cut);
	tcase_add_test(t, seconds_of_a_pcap_last_until_2106);
	tcase_add_loop_test(t, pcapng_of_both_byte_orders, 0, 2);
	tcase_add_test(t, sections_have_their_own_byte_order_and_interfaces);
	tcase_add_loop_test(t, time_is_read_by_the_interface_s_resolution, 0,
			    sizeof(resolutions) / sizeof(resolutions[0]));
	tcase_add_loop_test(t, time_is_shifted_by_the_interface_s_offset, 0,
			    sizeof(offsets) / sizeof(offsets[0]));
	tcase_add_test(t, our_comment_is_found_among_others);
	tcase_add_test(t, direction_is_the_low_two_bits_and_3_is_none);
	tcase_add_test(t, blocks_of_other_types_are_passed_however_long);
	tcase_add_test(t, simple_packet_has_no_time_and_is_cut_to_the_snaplen);
	tcase_add_test(t, packet_block_of_old_is_read);
	tcase_add_test(t, statistics_are_summed_up_to_the_largest_number);
	tcase_add_test(t, name_of_an_interface_is_cut);
	tcase_add_test(t, events_are_lines);
	tcase_add_test(t, empty_file_has_nothing_in_it);
	tcase_add_test(t, long_stream_is_read_to_its_end);
	return t;
}

static TCase *bad_case(void)
{
	TCase *t = tcase_create("bad");

	tcase_add_test(t, section_forgets_the_interfaces_before_it);
	tcase_add_test(t, options_that_lie_are_left_out_and_the_packet_stays);
	tcase_add_test(t, torn_tail_of_a_pcapng_is_said_and_the_rest_used);
	tcase_add_test(t, torn_tail_of_a_pcap_is_said_and_the_rest_used);
	tcase_add_test(t, torn_tail_says_how_much);
	tcase_add_loop_test(t, damage_ends_it_and_what_came_before_stands, 0,
			    sizeof(damages) / sizeof(damages[0]));
	tcase_add_loop_test(t, block_that_is_too_short_is_damage, 0,
			    sizeof(shorts) / sizeof(shorts[0]));
	tcase_add_test(t, interfaces_have_a_limit);
	tcase_add_test(t, pcap_packet_that_is_too_long_is_damage);
	tcase_add_test(t, line_that_is_too_long_is_passed_and_counted);
	tcase_add_loop_test(t, what_is_neither_is_refused, 0, sizeof(others) / sizeof(others[0]));
	tcase_add_test(t, what_cannot_be_opened_or_read_says_so);
	return t;
}

int main(void)
{
	Suite *s = suite_create("input");
	TCase *cases[] = { good_case(), bad_case() };
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tcase_add_checked_fixture(cases[i], setup, teardown);
		suite_add_tcase(s, cases[i]);
	}
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

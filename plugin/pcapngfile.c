/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capture files in the pcapng format (.pcapng), which libpcap reads and does not write.
 *
 * A file is a row of sections, one for each time that it was opened: a Section Header
 * Block that names us, an Interface Description Block that names the guest, then an Enhanced Packet
 * Block for each packet, with its direction and its comment, and at the end an
 * Interface Statistics Block. Filler is a block of a local type, which readers skip.
 * All integers are in the byte order of the host, as the format wants it.
 *
 * A file of ours is known by its first block. One of a host of the other byte order
 * is not, because libpcap does not read files of mixed order.
 *
 * Reference. draft-ietf-opsawg-pcapng.
 */
#include "pcapngfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SECTION = 0x0a0d0d0a,
	INTERFACE = 1,
	OLD_PACKET = 2, /* the three that Wireshark numbers */
	SIMPLE_PACKET = 3,
	STATISTICS = 5,
	ENHANCED_PACKET = 6,
	ORDER_MAGIC = 0x1a2b3c4d,
	ETHERNET = 1, /* LINKTYPE_ETHERNET */
	NANOSECONDS = 9,
	BLOCK_LEAST = 12, /* type, length, and length again */
	COMMENT_MAX = 2048,
	BLOCK_MAX = EG_SNAPLEN + 2 * COMMENT_MAX,
};

#define FILLER 0x80000ef1u /* the highest bit says: a local type */

/* Options; their numbers mean what they mean in one kind of block. */
enum {
	END_OF_OPTIONS = 0,
	COMMENT = 1,
	SECTION_USERAPPL = 4,
	INTERFACE_NAME = 2,
	INTERFACE_TSRESOL = 9,
	PACKET_FLAGS = 2, /* the lowest bits: 1 inbound, 2 outbound */
	STATISTICS_RECEIVED = 4,
	STATISTICS_DROPPED = 5,
};

struct state {
	const struct eg_capture_about *about;
	uint8_t block[BLOCK_MAX];
};

/*
 * Blocks. Each function writes at P and returns where the next byte goes.
 */

static uint8_t *give(uint8_t *p, const void *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}

static uint8_t *give16(uint8_t *p, size_t value)
{
	uint16_t v = (uint16_t)value;

	return give(p, &v, sizeof(v));
}

static uint8_t *give32(uint8_t *p, size_t value)
{
	uint32_t v = (uint32_t)value;

	return give(p, &v, sizeof(v));
}

/* Bytes, and zeros up to a multiple of four. */
static uint8_t *give_padded(uint8_t *p, const void *bytes, size_t n)
{
	static const uint8_t zeros[3];

	p = give(p, bytes, n);
	return give(p, zeros, -n & 3);
}

static uint8_t *give_option(uint8_t *p, size_t code, const void *value, size_t n)
{
	p = give16(p, code);
	p = give16(p, n);
	return give_padded(p, value, n);
}

/* Nanoseconds since 1970, the upper half first. */
static uint8_t *give_time(uint8_t *p, const struct timespec *t)
{
	uint64_t ns = (uint64_t)t->tv_sec * 1000000000 + (uint64_t)t->tv_nsec;

	p = give32(p, ns >> 32);
	return give32(p, ns & 0xffffffff);
}

/* Begin a block of TYPE; its length is set by end_block. */
static uint8_t *begin_block(uint8_t *p, size_t type)
{
	p = give32(p, type);
	return give32(p, 0);
}

static uint8_t *end_block(uint8_t *start, uint8_t *p)
{
	size_t len = (size_t)(p - start) + 4;

	give32(start + 4, len);
	return give32(p, len);
}

/* The same behind options. */
static uint8_t *end_options(uint8_t *start, uint8_t *p)
{
	p = give_option(p, END_OF_OPTIONS, "", 0);
	return end_block(start, p);
}

static uint8_t *give_section(uint8_t *start)
{
	static const char us[] = "vdeplug_egress " PACKAGE_VERSION;
	static const uint8_t unknown[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	uint8_t *p = begin_block(start, SECTION);

	p = give32(p, ORDER_MAGIC);
	p = give16(p, 1); /* version 1.0 */
	p = give16(p, 0);
	p = give(p, unknown, sizeof(unknown)); /* the section's length */
	p = give_option(p, SECTION_USERAPPL, us, sizeof(us) - 1);
	return end_options(start, p);
}

static uint8_t *give_interface(uint8_t *start, const char *label)
{
	const uint8_t resolution = NANOSECONDS;
	uint8_t *p = begin_block(start, INTERFACE);

	p = give16(p, ETHERNET);
	p = give16(p, 0);
	p = give32(p, EG_SNAPLEN);
	p = give_option(p, INTERFACE_NAME, label, strlen(label));
	p = give_option(p, INTERFACE_TSRESOL, &resolution, 1);
	return end_options(start, p);
}

static size_t begin(void *state, bool empty, uint8_t *buf)
{
	const struct state *s = state;

	(void)empty; /* a section for each opening */
	return (size_t)(give_interface(give_section(buf), s->about->label) - buf);
}

static size_t end(void *state, uint8_t *buf)
{
	const struct state *s = state;
	uint8_t *p = begin_block(buf, STATISTICS);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	p = give32(p, 0); /* the interface */
	p = give_time(p, &now);
	p = give_option(p, STATISTICS_RECEIVED, &s->about->received, sizeof(uint64_t));
	p = give_option(p, STATISTICS_DROPPED, &s->about->dropped, sizeof(uint64_t));
	return (size_t)(end_options(buf, p) - buf);
}

static void fill(uint8_t *buf, size_t n)
{
	memset(buf, 0, n);
	begin_block(buf, FILLER);
	end_block(buf, buf + n - 4);
}

static const uint8_t *record(void *state, const struct eg_packet *packet, size_t caplen,
			     size_t *len)
{
	struct state *s = state;
	const uint32_t flags = (uint32_t)packet->way;
	uint8_t *p = begin_block(s->block, ENHANCED_PACKET);

	p = give32(p, 0); /* the interface */
	p = give_time(p, &packet->when);
	p = give32(p, caplen);
	p = give32(p, packet->len);
	p = give_padded(p, packet->bytes, caplen);
	p = give_option(p, PACKET_FLAGS, &flags, sizeof(flags));
	if (packet->comment)
		p = give_option(p, COMMENT, packet->comment, strnlen(packet->comment, COMMENT_MAX));
	*len = (size_t)(end_options(s->block, p) - s->block);
	return s->block;
}

/*
 * Reading what is there
 */

/* The beginning of a file of ours; all but two lengths is always the same. */
static bool is_ours(const uint8_t *head, size_t n)
{
	static const char us[] = "vdeplug_egress ";
	uint8_t expected[128];
	/* The section header up to its option's length, and the option's first bytes. */
	const size_t known = 28 + sizeof(us) - 1;

	give_section(expected);
	for (size_t i = 0; i < n && i < known; i++) {
		bool is_length = (i >= 4 && i < 8) || (i >= 26 && i < 28);

		if (!is_length && head[i] != expected[i])
			return false;
	}
	return true;
}

/* A window on a file. */
struct window {
	int fd, error;
	off_t size; /* the file's */
	off_t at;   /* where the window stands */
	size_t filled;
	uint8_t *buf; /* BLOCK_MAX bytes */
};

/* The number at AT, which lies in the file; 0 where it cannot be read. */
static uint32_t number(struct window *w, off_t at)
{
	uint32_t value = 0;

	if (at < w->at || at + 4 > w->at + (off_t)w->filled) {
		ssize_t n = pread(w->fd, w->buf, BLOCK_MAX, at);

		if (n < 0)
			w->error = -errno;
		w->at = at;
		w->filled = n < 0 ? 0 : (size_t)n;
	}
	if (at + 4 <= w->at + (off_t)w->filled)
		memcpy(&value, w->buf + (at - w->at), 4);
	return value;
}

/* The length of the block at AT, or 0 where no whole one is there. */
static off_t block_length(struct window *w, off_t at)
{
	off_t left = w->size - at, len;

	if (left < BLOCK_LEAST)
		return 0;
	len = number(w, at + 4);
	if (len < BLOCK_LEAST || len % 4 || len > BLOCK_MAX || len > left)
		return 0;
	if (number(w, at) == SECTION && (len < 28 || number(w, at + 8) != ORDER_MAGIC))
		return 0;
	return number(w, at + len - 4) == (uint32_t)len ? len : 0;
}

static off_t walk(void *state, int fd, off_t size, uint64_t *records)
{
	struct state *s = state;
	struct window w = { .fd = fd, .size = size, .buf = s->block };
	off_t at = 0, len;

	while ((len = block_length(&w, at)) > 0) {
		uint32_t type = number(&w, at);

		*records += type == ENHANCED_PACKET || type == SIMPLE_PACKET || type == OLD_PACKET;
		at += len;
	}
	return w.error ? w.error : at;
}

static void *new_state(const struct eg_capture_about *about)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s)
		s->about = about;
	return s;
}

const struct eg_capture_format eg_pcapngfile = {
	.ending = ".pcapng",
	.file = {
		.what = "a capture",
		.longest = BLOCK_MAX,
		.is_ours = is_ours,
		.walk = walk,
		.begin = begin,
		.end = end,
		.fill = fill,
		.fill_least = BLOCK_LEAST,
	},
	.new = new_state,
	.free = free,
	.record = record,
};

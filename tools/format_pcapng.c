/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Captures in the next generation's format (.pcapng).
 *
 * Terms. A block is a type, its length, a body, and its length again. A section begins with its
 * own header block, which says the byte order of all that follows, and forgets the interfaces of
 * the section before. A packet names the interface that it is from, whose description says how its
 * times are to be read.
 *
 * Invariants. A body is parsed only when all of it is in memory; what stands inside goes
 * through a span that ends where the body ends. Blocks of other types are passed unseen, however
 * long they say they are.
 *
 * Limits. EG_INPUT_BLOCK_MAX for a block that is parsed; INTERFACES_MAX for a section.
 *
 * Fails how. A block that is not whole is a torn tail: all before it stands. A block whose lengths
 * contradict each other is damage, behind which nothing can be found again.
 *
 * References. draft-ietf-opsawg-pcapng.
 */
#include "format.h"

#include <errno.h>
#include <stdlib.h>

enum {
	SECTION = 0x0a0d0d0a,
	INTERFACE = 1,
	PACKET_OLD = 2,
	PACKET_SIMPLE = 3,
	STATISTICS = 5,
	PACKET = 6,
	BLOCK_HEAD = 8,
	BLOCK_FRAME = 12, /* without a body */
	INTERFACES_MAX = 65536,
	OPTION_COMMENT = 1,
	RESOLUTION_DEFAULT = 6, /* microseconds */
	RESOLUTION_BINARY = 0x80,
};

/* Take the next option off BODY into CODE and VALUE. Returns false at their end, and where the
 * rest makes no sense. */
static bool next_option(const struct eg_input *c, struct eg_span *body, uint16_t *code,
			struct eg_span *value)
{
	size_t len, padded;

	if (body->n < 4)
		return false;
	*code = eg_format_get16(c, body->p);
	len = eg_format_get16(c, body->p + 2);
	padded = (len + 3) & ~(size_t)3;
	if (*code == 0 || body->n - 4 < padded)
		return false;
	*value = (struct eg_span){ .p = body->p + 4, .n = len };
	body->p += 4 + padded;
	body->n -= 4 + padded;
	return true;
}

static bool is_ours(const struct eg_span *comment)
{
	static const char begin[] = "egress ";

	return comment->n >= sizeof(begin) - 1 && memcmp(comment->p, begin, sizeof(begin) - 1) == 0;
}

static void packet_options(const struct eg_input *c, struct eg_span body, struct eg_input_packet *p)
{
	enum { FLAGS = 2 };
	struct eg_span value;
	uint16_t code;

	while (next_option(c, &body, &code, &value)) {
		if (code == OPTION_COMMENT &&
		    (!p->comment.p || (is_ours(&value) && !is_ours(&p->comment))))
			p->comment = value;
		else if (code == FLAGS && value.n == 4)
			p->dir = eg_format_get32(c, value.p) & 3;
	}
	if (p->dir > EG_INPUT_FROM_GUEST)
		p->dir = EG_INPUT_UNKNOWN;
}

/* TICKS of 2^-BITS seconds. */
static uint64_t binary_when(uint64_t ticks, unsigned int bits)
{
	if (bits > 63)
		return 0;
	if (bits > 32) { /* what is finer than that is no nanosecond */
		ticks >>= bits - 32;
		bits = 32;
	}
	return eg_format_when(
		ticks >> bits,
		(uint32_t)((ticks & (((uint64_t)1 << bits) - 1)) * 1000000000 >> bits));
}

/* TICKS of 10^-DIGITS seconds. */
static uint64_t decimal_when(uint64_t ticks, unsigned int digits)
{
	for (; digits > 9 && ticks > 0; digits--)
		ticks /= 10;
	for (; digits < 9; digits++) {
		if (ticks > UINT64_MAX / 10)
			return UINT64_MAX;
		ticks *= 10;
	}
	return ticks;
}

static uint64_t shift(uint64_t when, int64_t seconds)
{
	/* Negated after one was added: the smallest number has no positive. */
	uint64_t by = seconds < 0 ? (uint64_t) - (seconds + 1) + 1 : (uint64_t)seconds;
	uint64_t ns = eg_format_when(by, 0);

	if (seconds < 0)
		return when > ns ? when - ns : 0;
	return when > UINT64_MAX - ns ? UINT64_MAX : when + ns;
}

static void packet_time(const struct eg_format_interface *i, uint32_t high, uint32_t low,
			struct eg_input_packet *p)
{
	uint64_t ticks = (uint64_t)high << 32 | low;
	unsigned int resolution = i->resolution & (RESOLUTION_BINARY - 1);

	p->when_ns = i->resolution & RESOLUTION_BINARY ? binary_when(ticks, resolution)
						       : decimal_when(ticks, resolution);
	p->when_ns = shift(p->when_ns, i->offset);
	p->timed = true;
}

static void packet_interface(const struct eg_format_interface *i, struct eg_input_packet *p)
{
	p->linktype = i->linktype;
	p->guest = (struct eg_span){ .p = i->name, .n = i->name_len };
}

static int damaged(struct eg_input *c, const char *what)
{
	return eg_format_fail(c, -EINVAL, "is damaged at byte %llu: %s",
			      (unsigned long long)c->source.offset, what);
}

/* An enhanced packet block, or what was there before it: the same but for the interface's number,
 * of which 16 bits became a count. */
static int read_packet(struct eg_input *c, struct eg_span body, struct eg_input_packet *p, bool old)
{
	enum { FIXED = 20 };
	const struct eg_format_interface *i;
	uint32_t number, caplen, padded;

	if (body.n < FIXED)
		return damaged(c, "a packet block that is too short");
	number = old ? eg_format_get16(c, body.p) : eg_format_get32(c, body.p);
	if (number >= c->interface_count)
		return damaged(c, "a packet of no known interface");
	i = &c->interfaces[number];
	packet_interface(i, p);
	packet_time(i, eg_format_get32(c, body.p + 4), eg_format_get32(c, body.p + 8), p);
	caplen = eg_format_get32(c, body.p + 12);
	p->len = eg_format_get32(c, body.p + 16);
	body.p += FIXED;
	body.n -= FIXED;
	if (caplen > body.n)
		return damaged(c, "a packet that is longer than its block");
	p->bytes = (struct eg_span){ .p = body.p, .n = caplen };
	/* The body is a multiple of four. */
	padded = (caplen + 3) & ~(uint32_t)3;
	packet_options(c, (struct eg_span){ .p = body.p + padded, .n = body.n - padded }, p);
	return 1;
}

static int read_enhanced(struct eg_input *c, struct eg_span body, struct eg_input_packet *p)
{
	return read_packet(c, body, p, false);
}

static int read_old(struct eg_input *c, struct eg_span body, struct eg_input_packet *p)
{
	return read_packet(c, body, p, true);
}

static int read_simple(struct eg_input *c, struct eg_span body, struct eg_input_packet *p)
{
	const struct eg_format_interface *i = c->interfaces;
	size_t n;

	if (c->interface_count == 0 || body.n < 4)
		return damaged(c,
			       "a simple packet block that is too short, or of no known interface");
	packet_interface(i, p);
	p->len = eg_format_get32(c, body.p);
	n = body.n - 4 < p->len ? body.n - 4 : p->len;
	if (i->snaplen && n > i->snaplen)
		n = i->snaplen;
	p->bytes = (struct eg_span){ .p = body.p + 4, .n = n };
	return 1;
}

static void interface_options(const struct eg_input *c, struct eg_span body,
			      struct eg_format_interface *i)
{
	enum { NAME = 2, RESOLUTION = 9, OFFSET = 14 };
	struct eg_span value;
	uint32_t first, second;
	uint16_t code;

	while (next_option(c, &body, &code, &value)) {
		if (code == NAME) {
			i->name_len =
				(uint8_t)(value.n < sizeof(i->name) ? value.n : sizeof(i->name));
			memcpy(i->name, value.p, i->name_len);
		} else if (code == RESOLUTION && value.n == 1) {
			i->resolution = value.p[0];
		} else if (code == OFFSET && value.n == 8) {
			first = eg_format_get32(c, value.p);
			second = eg_format_get32(c, value.p + 4);
			i->offset = (int64_t)(c->big_endian ? (uint64_t)first << 32 | second
							    : (uint64_t)second << 32 | first);
		}
	}
}

/* Room for one more, zero. NULL where memory is short. */
static struct eg_format_interface *new_interface(struct eg_input *c)
{
	struct eg_format_interface *more;
	uint32_t room;

	if (c->interface_count == c->interface_room) {
		room = c->interface_room ? 2 * c->interface_room : 1;
		more = realloc(c->interfaces, room * sizeof(*more));
		if (!more)
			return NULL;
		c->interfaces = more;
		c->interface_room = room;
	}
	return memset(&c->interfaces[c->interface_count++], 0, sizeof(*more));
}

static int read_interface(struct eg_input *c, struct eg_span body, struct eg_input_packet *p)
{
	enum { FIXED = 8 };
	struct eg_format_interface *i;

	(void)p;
	if (body.n < FIXED)
		return damaged(c, "an interface's description that is too short");
	if (c->interface_count == INTERFACES_MAX)
		return damaged(c, "more than 65536 interfaces");
	i = new_interface(c);
	if (!i)
		return eg_format_fail(c, -ENOMEM, "no memory for its interfaces");
	i->linktype = eg_format_get16(c, body.p);
	i->snaplen = eg_format_get32(c, body.p + 4);
	i->resolution = RESOLUTION_DEFAULT;
	body.p += FIXED;
	body.n -= FIXED;
	interface_options(c, body, i);
	return 0;
}

static void add(const struct eg_input *c, uint64_t *sum, const uint8_t *p)
{
	uint32_t first = eg_format_get32(c, p), second = eg_format_get32(c, p + 4);
	uint64_t n =
		c->big_endian ? (uint64_t)first << 32 | second : (uint64_t)second << 32 | first;

	*sum = n > UINT64_MAX - *sum ? UINT64_MAX : *sum + n;
}

static int read_statistics(struct eg_input *c, struct eg_span body, struct eg_input_packet *p)
{
	enum { FIXED = 12, RECEIVED = 4, DROPPED = 5 };
	struct eg_span value;
	uint16_t code;

	(void)p;
	if (body.n < FIXED)
		return damaged(c, "an interface's statistics that are too short");
	body.p += FIXED;
	body.n -= FIXED;
	while (next_option(c, &body, &code, &value)) {
		if (code == RECEIVED && value.n == 8)
			add(c, &c->totals.received, value.p);
		else if (code == DROPPED && value.n == 8)
			add(c, &c->totals.dropped, value.p);
	}
	return 0;
}

static int read_section(struct eg_input *c, struct eg_span body, struct eg_input_packet *p)
{
	(void)p;
	if (body.n < 16 || eg_format_get16(c, body.p + 4) != 1)
		return damaged(c, "a section of an unknown version");
	c->interface_count = 0;
	c->totals.sections++;
	return 0;
}

/* What a block of each type that matters does: 1 where it is a packet, 0, or a negative errno. */
static const struct reader {
	uint32_t type;
	int (*read)(struct eg_input *c, struct eg_span body, struct eg_input_packet *p);
} readers[] = {
	{ PACKET, read_enhanced }, { SECTION, read_section },      { INTERFACE, read_interface },
	{ PACKET_OLD, read_old },  { PACKET_SIMPLE, read_simple }, { STATISTICS, read_statistics },
};

/* A section's header says the byte order before its length can be read. */
static int section_order(struct eg_input *c, uint64_t start)
{
	static const uint8_t big[] = { 0x1a, 0x2b, 0x3c, 0x4d },
			     little[] = { 0x4d, 0x3c, 0x2b, 0x1a };
	const uint8_t *h = eg_source_peek(&c->source, BLOCK_FRAME);

	if (!h)
		return eg_format_torn(c, start);
	c->big_endian = memcmp(h + BLOCK_HEAD, big, sizeof(big)) == 0;
	if (!c->big_endian && memcmp(h + BLOCK_HEAD, little, sizeof(little)) != 0)
		return damaged(c, "a section without a byte order");
	return 1;
}

/* A block of LEN bytes that is to be parsed by R, NULL: passed. */
static int read_block(struct eg_input *c, uint32_t len, const struct reader *r,
		      struct eg_input_packet *p)
{
	uint64_t start = c->source.offset;
	const uint8_t *block;
	int rc;

	if (!r)
		return eg_source_pass(&c->source, len) ? 0 : eg_format_torn(c, start);
	if (len > EG_INPUT_BLOCK_MAX)
		return damaged(c, "a block that is too long");
	block = eg_source_peek(&c->source, len);
	if (!block)
		return eg_format_torn(c, start);
	if (eg_format_get32(c, block + len - 4) != len)
		return damaged(c, "a block whose two lengths differ");
	rc = r->read(c, (struct eg_span){ .p = block + BLOCK_HEAD, .n = len - BLOCK_FRAME }, p);
	if (rc >= 0)
		eg_source_take(&c->source, len);
	return rc;
}

static const struct reader *reader_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i].type == type)
			return &readers[i];
	return NULL;
}

/* One block, whatever it is. Returns 1 where it was a packet; 0 where it was none, or C is over. */
static int next_block(struct eg_input *c, struct eg_input_packet *p)
{
	uint64_t start = c->source.offset;
	const uint8_t *h = eg_source_peek(&c->source, BLOCK_HEAD);
	uint32_t type, len;

	if (!h)
		return eg_format_torn(c, start);
	type = eg_format_get32(c, h);
	if (type == SECTION && section_order(c, start) != 1)
		return c->over;
	h = eg_source_peek(&c->source, BLOCK_HEAD);
	len = eg_format_get32(c, h + 4);
	if (len < BLOCK_FRAME || len % 4 != 0)
		return damaged(c, "a block of an impossible length");
	return read_block(c, len, reader_of(type), p);
}

int eg_format_pcapng_next(struct eg_input *c, struct eg_input_packet *p)
{
	int rc = 0;

	while (rc == 0 && c->over == 1 && eg_format_more(c))
		rc = next_block(c, p);
	return rc == 0 ? c->over : rc;
}

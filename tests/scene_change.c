/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What scenes do to a frame that was built right. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

enum { IP6_HEADER = 40, FRAGMENT_HEADER = 8, MORE4 = 0x2000, TO_NEXT = 6 };

static bool is_ip6(const uint8_t *buf)
{
	return buf[12] == 0x86 && buf[13] == 0xdd;
}

static size_t l4_of(const uint8_t *buf)
{
	return is_ip6(buf) ? PACKET_L4_6 : PACKET_L4_4;
}

static void set16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8 & 0xff);
	p[1] = (uint8_t)(v & 0xff);
}

/* "ip+20": an offset in the frame at BUF. */
static size_t place_of(struct scene_line *l, const char *word, const uint8_t *buf)
{
	const char *plus = strchr(word, '+');
	char *rest;
	size_t at;

	if (plus && strncmp(word, "eth+", 4) == 0)
		at = 0;
	else if (plus && strncmp(word, "ip+", 3) == 0)
		at = PACKET_ETH;
	else if (plus && strncmp(word, "l4+", 3) == 0)
		at = l4_of(buf);
	else
		plus = NULL;
	if (!plus || plus[1] < '0' || plus[1] > '9') {
		scene_fail(l, "%s is no place: eth+N, ip+N or l4+N", word);
		return 0;
	}
	at += strtoul(plus + 1, &rest, 10);
	if (*rest || at > PACKET_MAX)
		scene_fail(l, "%s is no place in this frame", word);
	return at;
}

/* Put bytes over those at a place; MEND: and make the checksums right again. */
static size_t edit(struct scene_line *l, const char *word, uint8_t *buf, size_t n, bool mend)
{
	static struct scene_data d;
	size_t at = place_of(l, word, buf);

	d.n = 0;
	scene_hex(l, &d);
	if (at + d.n > n)
		scene_fail(l, "%s is behind the frame's end", word);
	if (l->error[0])
		return n;
	memcpy(buf + at, d.bytes, d.n);
	if (mend)
		packet_fix(buf, n);
	return n;
}

/* Put bytes between those at a place. No length is changed. */
static size_t insert(struct scene_line *l, uint8_t *buf, size_t n)
{
	static struct scene_data d;
	const char *word = scene_next(l);
	size_t at = place_of(l, word, buf);

	d.n = 0;
	scene_hex(l, &d);
	if (at > n || n + d.n > PACKET_MAX)
		scene_fail(l, "%s is behind the frame's end, or it grows too long", word);
	if (l->error[0])
		return n;
	memmove(buf + at + d.n, buf + at, n - at);
	memcpy(buf + at, d.bytes, d.n);
	return n + d.n;
}

static size_t append(struct scene_line *l, uint8_t *buf, size_t n, const struct scene_data *d)
{
	if (n + d->n > PACKET_MAX) {
		scene_fail(l, "the frame grows too long");
		return n;
	}
	memcpy(buf + n, d->bytes, d->n);
	return n + d->n;
}

static size_t cut(struct scene_line *l, size_t n)
{
	uint32_t left = scene_number(l, PACKET_MAX);

	if (left > n)
		scene_fail(l, "there are only %zu bytes to cut", n);
	return left;
}

/* What stands in a part's line. */
struct part {
	size_t off, n;
	bool more;
	uint32_t id;
};

static struct part take_part(struct scene_line *l)
{
	struct part p = { .off = scene_number(l, 65528), .n = scene_number(l, PACKET_MAX) };

	p.more = scene_is(l, "more");
	if (!p.more && !scene_is(l, "last"))
		scene_fail(l, "part OFFSET BYTES more|last id NUMBER");
	if (!scene_is(l, "id"))
		scene_fail(l, "part OFFSET BYTES more|last id NUMBER");
	p.id = scene_number(l, UINT32_MAX);
	return p;
}

/* Keep of a datagram one part, as a fragment: bytes OFF to OFF + N behind the IP header. Where
 * the datagram has none to put there, they are zeros. */
static size_t part(struct scene_line *l, uint8_t *buf, size_t n)
{
	const struct part p = take_part(l);
	static uint8_t payload[PACKET_MAX];
	size_t l4 = l4_of(buf), have = n - l4, at = l4;
	uint8_t *ip = buf + PACKET_ETH;

	memset(payload, 0, sizeof(payload));
	if (l->error[0] || n < l4 || l4 + FRAGMENT_HEADER + p.n > PACKET_MAX)
		return n;
	if (p.off < have)
		memcpy(payload, buf + l4 + p.off, have - p.off < p.n ? have - p.off : p.n);
	if (is_ip6(buf)) {
		const uint8_t h[FRAGMENT_HEADER] = {
			ip[TO_NEXT],           0,
			(uint8_t)(p.off >> 8), (uint8_t)((p.off & 0xf8) | p.more),
			(uint8_t)(p.id >> 24), (uint8_t)(p.id >> 16),
			(uint8_t)(p.id >> 8),  (uint8_t)p.id
		};

		ip[TO_NEXT] = 44;
		set16(ip + 4, sizeof(h) + p.n);
		memcpy(buf + l4, h, sizeof(h));
		at += sizeof(h);
	} else {
		set16(ip + 2, 20 + p.n);
		set16(ip + 4, p.id & 0xffff);
		set16(ip + 6, p.off / 8 | (p.more ? MORE4 : 0));
	}
	memcpy(buf + at, payload, p.n);
	packet_fix(buf, at + p.n);
	return at + p.n;
}

size_t scene_change(struct scene_line *l, uint8_t *buf, size_t n)
{
	static struct scene_data d;
	const char *word = scene_next(l);

	d.n = 0;
	if (word[0] == '@' || word[0] == '!')
		return edit(l, word + 1, buf, n, word[0] == '@');
	if (strcmp(word, "from") == 0 && n >= 12)
		scene_mac(l, buf + 6);
	else if (strcmp(word, "to") == 0 && n >= 12)
		scene_mac(l, buf);
	else if (strcmp(word, "insert") == 0)
		return insert(l, buf, n);
	else if (strcmp(word, "cut") == 0)
		return cut(l, n);
	else if (strcmp(word, "part") == 0)
		return part(l, buf, n);
	else if (strcmp(word, "pad") == 0)
		d.n = scene_number(l, 1500);
	else if (strcmp(word, "trail") == 0)
		scene_hex(l, &d);
	else
		scene_fail(l, "%s is not understood here", word);
	if (strcmp(word, "pad") == 0)
		memset(d.bytes, 0, d.n);
	return append(l, buf, n, &d);
}

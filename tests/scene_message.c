/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS and DHCP messages of scenes. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{ "A?", 1 },    { "NS?", 2 },    { "CNAME?", 5 },  { "NULL?", 10 },  { "PTR?", 12 },
	{ "TXT?", 16 }, { "AAAA?", 28 }, { "HTTPS?", 65 }, { "AXFR?", 252 }, { "ANY?", 255 }
};

static uint16_t take_type(struct scene_line *l)
{
	const char *word = scene_next(l);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(word, types[i].name) == 0)
			return types[i].type;
	scene_fail(l, "%s is no type of a question, as A? is", word);
	return 0;
}

/* One label from *P on, up to its dot; \DDD is a byte. Returns its length. */
static size_t take_label(struct scene_line *l, const char **p, uint8_t label[64])
{
	size_t n = 1;

	while (**p && **p != '.' && n < 64) {
		if (**p == '\\' && strspn(*p + 1, "0123456789") >= 3) {
			char digits[4] = { (*p)[1], (*p)[2], (*p)[3], '\0' };

			label[n++] = (uint8_t)strtoul(digits, NULL, 10);
			*p += 4;
		} else {
			label[n++] = (uint8_t) * (*p)++;
		}
	}
	if (**p && **p != '.')
		scene_fail(l, "a label is longer than 63 bytes");
	label[0] = (uint8_t)(n - 1);
	return n;
}

static void add_name(struct scene_line *l, struct scene_data *d)
{
	const char *p = scene_next(l);
	uint8_t label[64] = { 0 };

	while (*p && strcmp(p, ".") != 0) {
		size_t n = take_label(l, &p, label);

		scene_add(l, d, label, n);
		p += *p == '.';
	}
	label[0] = 0;
	scene_add(l, d, label, 1);
}

/* An answer's record: the address of the name asked for. */
static void add_record(struct scene_line *l, const struct scene_context *c, struct scene_data *d)
{
	struct packet_end end;
	int version = scene_end(l, &end, c, false);

	scene_add16(l, d, 0xc00c);
	scene_add16(l, d, version == 4 ? 1 : 28);
	scene_add16(l, d, 1);
	scene_add32(l, d, 60);
	scene_add16(l, d, version == 4 ? 4 : 16);
	scene_add(l, d, version == 4 ? end.ip4 : end.ip6, version == 4 ? 4 : 16);
}

/* An OPT record, with a cookie of a client's where COOKIE. */
static void add_opt(struct scene_line *l, struct scene_data *d, bool cookie)
{
	static const uint8_t option[12] = { 0, 10, 0, 8, 's', 't', 'o', 'w', 'a', 'w', 'a', 'y' };
	static const uint8_t root = 0;

	scene_add(l, d, &root, 1);
	scene_add16(l, d, 41);
	scene_add16(l, d, 1232);
	scene_add32(l, d, 0);
	scene_add16(l, d, cookie ? sizeof(option) : 0);
	scene_add(l, d, option, cookie ? sizeof(option) : 0);
}

static void count_one(struct scene_data *d, size_t at)
{
	if (at < d->n)
		d->bytes[at]++;
}

static void set16(struct scene_data *d, size_t at, unsigned int v)
{
	d->bytes[at] = (uint8_t)(v >> 8 & 0xff);
	d->bytes[at + 1] = (uint8_t)(v & 0xff);
}

/* Write NAME as LEFT, where it is the same but for the letters. */
static void take_letters(uint8_t *name, const uint8_t *left)
{
	size_t n = strnlen((const char *)left, 255) + 1;

	if (strncasecmp((const char *)name, (const char *)left, n) == 0)
		memcpy(name, left, n);
}

void scene_dns(struct scene_line *l, const struct scene_context *c, struct scene_data *d)
{
	static const uint8_t header[12] = { 0xab, 0xcd, 1, 0, 0, 1 };
	size_t start = d->n;
	uint16_t type = take_type(l);

	scene_add(l, d, header, sizeof(header));
	add_name(l, d);
	scene_add16(l, d, type);
	scene_add16(l, d, 1);
	while (!scene_ends(l)) {
		if (scene_is(l, "id")) {
			bool left = scene_is(l, "left");

			set16(d, start, left ? c->left_id : scene_number(l, 65535));
			if (left)
				take_letters(d->bytes + start + 12, c->left_name);
		} else if (scene_is(l, "flags")) {
			set16(d, start + 2, scene_number(l, 65535));
		} else if (scene_is(l, "answer")) {
			set16(d, start + 2, 0x8180);
			add_record(l, c, d);
			count_one(d, start + 7);
		} else if (scene_is(l, "edns")) {
			add_opt(l, d, scene_is(l, "cookie"));
			count_one(d, start + 11);
		} else {
			break;
		}
	}
}

static const char *const dhcp_types[] = { "discover", "offer", "request", "decline",
					  "ack",      "nak",   "release", "inform" };

static uint8_t take_dhcp_type(struct scene_line *l)
{
	const char *word = scene_next(l);

	for (uint8_t i = 0; i < 8; i++)
		if (strcmp(word, dhcp_types[i]) == 0)
			return (uint8_t)(i + 1);
	scene_fail(l, "%s is no DHCP message", word);
	return 0;
}

static void take_ip4(struct scene_line *l, uint8_t *to)
{
	static const struct scene_context none;
	struct packet_end end;

	if (scene_end(l, &end, &none, false) == 4)
		memcpy(to, end.ip4, 4);
	else
		scene_fail(l, "an IPv4 address is wanted");
}

static void add_dhcp_address(struct scene_line *l, struct scene_data *d, uint8_t option)
{
	uint8_t b[6] = { option, 4 };

	take_ip4(l, b + 2);
	scene_add(l, d, b, sizeof(b));
}

void scene_dhcp(struct scene_line *l, const uint8_t mac[6], struct scene_data *d)
{
	uint8_t type = take_dhcp_type(l);
	bool answer = type == 2 || type == 5 || type == 6;
	uint8_t fixed[236] = { answer ? 2 : 1, 1, 6 };
	const uint8_t first[] = { 0x63, 0x82, 0x53, 0x63, 53, 1, type };
	const uint8_t end = 255;
	size_t start = d->n;

	memcpy(fixed + 28, mac, 6);
	scene_add(l, d, fixed, sizeof(fixed));
	scene_add(l, d, first, sizeof(first));
	while (!scene_ends(l)) {
		if (scene_is(l, "xid")) {
			uint32_t xid = scene_number(l, UINT32_MAX);

			set16(d, start + 4, xid >> 16);
			set16(d, start + 6, xid & 0xffff);
		} else if (scene_is(l, "ciaddr")) {
			take_ip4(l, d->bytes + start + 12);
		} else if (scene_is(l, "ask")) {
			add_dhcp_address(l, d, 50);
		} else if (scene_is(l, "server")) {
			add_dhcp_address(l, d, 54);
		} else if (scene_is(l, "option")) {
			scene_hex(l, d);
		} else {
			break;
		}
	}
	scene_add(l, d, &end, 1);
}

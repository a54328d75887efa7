/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words, numbers, times and addresses of scenes. */
#include "scene.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scene_fail(struct scene_line *l, const char *format, ...)
{
	va_list ap;

	if (l->error[0])
		return;
	va_start(ap, format);
	vsnprintf(l->error, sizeof(l->error), format, ap);
	va_end(ap);
}

/* The end of the word that begins at P; *NEXT is what follows, quotes left out. */
static char *end_of_word(struct scene_line *l, char *p, char **next)
{
	char *end;

	if (*p != '"') {
		end = p + strcspn(p, " \t\r\n");
		*next = *end ? end + 1 : end;
		return end;
	}
	end = strchr(p + 1, '"');
	if (!end) {
		scene_fail(l, "a quote that does not end");
		end = p + strlen(p);
	}
	*next = *end ? end + 1 : end;
	return end;
}

void scene_cut(struct scene_line *l, const char *text)
{
	char *p = l->text, *end, *next;

	l->count = l->at = 0;
	l->error[0] = '\0';
	if (strlen(text) >= sizeof(l->text)) {
		scene_fail(l, "the line is too long");
		return;
	}
	memcpy(l->text, text, strlen(text) + 1);
	for (p += strspn(p, " \t\r\n"); *p && *p != '#'; p = next + strspn(next, " \t\r\n")) {
		end = end_of_word(l, p, &next);
		if (l->count == SCENE_WORDS) {
			scene_fail(l, "too many words");
			return;
		}
		l->word[l->count++] = *p == '"' ? p + 1 : p;
		*end = '\0';
	}
}

const char *scene_next(struct scene_line *l)
{
	if (l->at < l->count)
		return l->word[l->at++];
	scene_fail(l, "something is missing at the end");
	return "";
}

bool scene_is(struct scene_line *l, const char *word)
{
	if (l->at == l->count || strcmp(l->word[l->at], word) != 0)
		return false;
	l->at++;
	return true;
}

bool scene_ends(const struct scene_line *l)
{
	return l->error[0] || l->at == l->count || strcmp(l->word[l->at], ")") == 0;
}

uint32_t scene_number(struct scene_line *l, uint32_t most)
{
	const char *word = scene_next(l);
	char *end;
	unsigned long long v = strtoull(word, &end, 0);

	if (*word >= '0' && *word <= '9' && !*end && v <= most)
		return (uint32_t)v;
	scene_fail(l, "%s is no number up to %u", word, most);
	return 0;
}

uint64_t scene_time(struct scene_line *l)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	const char *word = scene_next(l);
	char *end;
	double v = strtod(word, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].name) == 0 && v >= 0 && v < 1e9)
			return (uint64_t)(v * units[i].ms + 0.5);
	scene_fail(l, "%s is no time: 20ms, 1.5s, 5m, 24h", word);
	return 0;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

void scene_add(struct scene_line *l, struct scene_data *d, const void *p, size_t n)
{
	if (n > sizeof(d->bytes) - d->n) {
		scene_fail(l, "too many bytes");
		return;
	}
	if (n)
		memcpy(d->bytes + d->n, p, n);
	d->n += n;
}

void scene_add16(struct scene_line *l, struct scene_data *d, unsigned int v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8 & 0xff), (uint8_t)(v & 0xff) };

	scene_add(l, d, b, 2);
}

void scene_add32(struct scene_line *l, struct scene_data *d, uint32_t v)
{
	scene_add16(l, d, v >> 16);
	scene_add16(l, d, v & 0xffff);
}

void scene_hex(struct scene_line *l, struct scene_data *d)
{
	const char *word = scene_next(l);

	for (const char *p = word; *p; p += 2) {
		int high, low;
		uint8_t byte;

		p += strspn(p, " :");
		high = digit(p[0]);
		low = high < 0 ? -1 : digit(p[1]);
		if (low < 0) {
			scene_fail(l, "%s is not hexadecimal", word);
			return;
		}
		byte = (uint8_t)(high * 16 + low);
		scene_add(l, d, &byte, 1);
	}
}

void scene_mac(struct scene_line *l, uint8_t mac[6])
{
	static struct scene_data d;

	d.n = 0;
	scene_hex(l, &d);
	if (d.n == 6)
		memcpy(mac, d.bytes, 6);
	else
		scene_fail(l, "a MAC address has 6 bytes");
}

/* The port behind the ':' of an address. */
static void take_port(struct scene_line *l, const char *text, struct packet_end *end,
		      const struct scene_context *c)
{
	char *rest;
	unsigned long port = strtoul(text, &rest, 10);

	if (strcmp(text, "left") == 0)
		end->port = c->left_port;
	else if (*text && !*rest && port <= UINT16_MAX)
		end->port = (uint16_t)port;
	else
		scene_fail(l, "%s is no port", text);
}

int scene_end(struct scene_line *l, struct packet_end *end, const struct scene_context *c,
	      bool ports)
{
	const char *word = scene_next(l);
	bool bracket = word[0] == '[';
	const char *stop = ports ? strrchr(word, ':') : word + strlen(word);
	size_t n = stop ? (size_t)(stop - word) : 0;
	char text[64];
	int version = 0;

	if (bracket) {
		word++;
		n = n < 2 ? 0 : n - 2;
	}
	if (n > 0 && n < sizeof(text)) {
		memcpy(text, word, n);
		text[n] = '\0';
		if (inet_pton(AF_INET, text, end->ip4) == 1)
			version = 4;
		else if (bracket == ports && inet_pton(AF_INET6, text, end->ip6) == 1)
			version = 6;
	}
	if (!version)
		scene_fail(l, "%s is no address%s", word, ports ? " with a port" : "");
	else if (ports)
		take_port(l, stop + 1, end, c);
	return version;
}

/* The MAC address that a group's IP address goes to. */
static void group_mac(struct packet_end *end, int version)
{
	if (version == 4 && end->ip4[0] == 255)
		memset(end->mac, 0xff, 6);
	else if (version == 4 && end->ip4[0] >> 4 == 14)
		memcpy(end->mac,
		       (const uint8_t[]){ 1, 0, 0x5e, end->ip4[1] & 0x7f, end->ip4[2],
					  end->ip4[3] },
		       6);
	else if (version == 6 && end->ip6[0] == 0xff)
		memcpy(end->mac,
		       (const uint8_t[]){ 0x33, 0x33, end->ip6[12], end->ip6[13], end->ip6[14],
					  end->ip6[15] },
		       6);
}

int scene_ends_of(struct scene_line *l, struct packet_end *from, struct packet_end *to,
		  const struct scene_context *c, bool ports)
{
	bool out = c->dir == EG_FROM_GUEST;
	int version, other;

	*from = out ? packet_guest : packet_network;
	*to = out ? packet_network : packet_guest;
	version = scene_end(l, from, c, ports);
	if (!scene_is(l, ">"))
		scene_fail(l, "a > is missing between the addresses");
	other = scene_end(l, to, c, ports);
	if (version != other)
		scene_fail(l, "the addresses are of two families");
	group_mac(to, version);
	return version == other ? version : 0;
}

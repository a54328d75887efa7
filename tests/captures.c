/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "captures.h"

#include <stdlib.h>
#include <string.h>

void captures_free(struct captures *c)
{
	free(c->p);
	memset(c, 0, sizeof(*c));
}

void captures_bytes(struct captures *c, const void *p, size_t n)
{
	if (c->room - c->n < n) {
		c->room = 2 * (c->n + n);
		c->p = realloc(c->p, c->room);
		if (!c->p)
			abort();
	}
	if (n)
		memcpy(c->p + c->n, p, n);
	c->n += n;
}

void captures_8(struct captures *c, uint8_t v)
{
	captures_bytes(c, &v, 1);
}

static void number(struct captures *c, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		captures_8(c, (uint8_t)(v >> 8 * (c->big ? bytes - 1 - i : i)));
}

void captures_16(struct captures *c, uint16_t v)
{
	number(c, v, 2);
}

void captures_32(struct captures *c, uint32_t v)
{
	number(c, v, 4);
}

void captures_pcap(struct captures *c, uint32_t magic)
{
	captures_32(c, magic);
	captures_16(c, 2);
	captures_16(c, 4);
	captures_32(c, 0);
	captures_32(c, 0);
	captures_32(c, 262144);
	captures_32(c, 1);
}

void captures_record(struct captures *c, uint32_t seconds, uint32_t fraction, const void *p,
		     uint32_t n)
{
	captures_32(c, seconds);
	captures_32(c, fraction);
	captures_32(c, n);
	captures_32(c, n);
	captures_bytes(c, p, n);
}

size_t captures_begin(struct captures *c, uint32_t type)
{
	size_t begin = c->n;

	captures_32(c, type);
	captures_32(c, 0);
	return begin;
}

static void pad(struct captures *c)
{
	while (c->n % 4)
		captures_8(c, 0);
}

void captures_end(struct captures *c, size_t begin)
{
	size_t end;

	pad(c);
	captures_32(c, (uint32_t)(c->n + 4 - begin));
	end = c->n;
	c->n = begin + 4;
	captures_32(c, (uint32_t)(end - begin));
	c->n = end;
}

void captures_option(struct captures *c, uint16_t code, const void *value, size_t n)
{
	captures_16(c, code);
	captures_16(c, (uint16_t)n);
	captures_bytes(c, value, n);
	pad(c);
}

void captures_section(struct captures *c)
{
	size_t begin = captures_begin(c, 0x0a0d0d0a);

	captures_32(c, 0x1a2b3c4d);
	captures_16(c, 1);
	captures_16(c, 0);
	captures_32(c, 0xffffffff);
	captures_32(c, 0xffffffff);
	captures_end(c, begin);
}

void captures_interface(struct captures *c, const char *name, uint8_t resolution)
{
	size_t begin = captures_begin(c, 1);

	captures_16(c, 1);
	captures_16(c, 0);
	captures_32(c, 262144);
	if (name)
		captures_option(c, 2, name, strlen(name));
	if (resolution != 6)
		captures_option(c, 9, &resolution, 1);
	if (name || resolution != 6)
		captures_option(c, 0, NULL, 0);
	captures_end(c, begin);
}

void captures_packet(struct captures *c, uint32_t interface, uint64_t ticks, const void *p,
		     uint32_t n, const char *comment, uint32_t flags)
{
	size_t begin = captures_begin(c, 6);

	captures_32(c, interface);
	captures_32(c, (uint32_t)(ticks >> 32));
	captures_32(c, (uint32_t)ticks);
	captures_32(c, n);
	captures_32(c, n);
	captures_bytes(c, p, n);
	pad(c);
	if (flags) {
		captures_16(c, 2);
		captures_16(c, 4);
		captures_32(c, flags);
	}
	if (comment)
		captures_option(c, 1, comment, strlen(comment));
	if (comment || flags)
		captures_option(c, 0, NULL, 0);
	captures_end(c, begin);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

uint16_t eg_format_get16(const struct eg_input *c, const uint8_t *p)
{
	return c->big_endian ? eg_get16(p) : (uint16_t)((unsigned)p[1] << 8 | p[0]);
}

uint32_t eg_format_get32(const struct eg_input *c, const uint8_t *p)
{
	if (c->big_endian)
		return eg_get32(p);
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

int eg_format_fail(struct eg_input *c, int rc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->trouble, sizeof(c->trouble), format, args);
	va_end(args);
	c->over = rc;
	return rc;
}

static int unreadable(struct eg_input *c)
{
	int fault = c->source.fault;

	return eg_format_fail(c, -fault, "cannot be read: %s", strerror(fault));
}

int eg_format_torn(struct eg_input *c, uint64_t start)
{
	if (c->source.fault)
		return unreadable(c);
	return eg_format_fail(c, 0, "ends within a record: the last %llu bytes are not used",
			      (unsigned long long)(c->source.offset + c->source.ready - start));
}

bool eg_format_more(struct eg_input *c)
{
	if (eg_source_peek(&c->source, 1))
		return true;
	c->over = 0;
	if (c->source.fault)
		unreadable(c);
	return false;
}

uint64_t eg_format_when(uint64_t seconds, uint32_t ns)
{
	enum { NS = 1000000000 };

	if (seconds > (UINT64_MAX - ns) / NS)
		return UINT64_MAX;
	return seconds * NS + ns;
}

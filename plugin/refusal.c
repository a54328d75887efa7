/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal.h"

#include <stdarg.h>
#include <stdio.h>

int eg_refuse(const struct eg_refusal *r, int rc, const char *format, ...)
{
	va_list args;

	if (r->size == 0)
		return rc;
	va_start(args, format);
	vsnprintf(r->text, r->size, format, args);
	va_end(args);
	return rc;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void eg_complain(const char *format, ...)
{
	static const char prefix[] = "egress: ";
	char line[1024];
	size_t start = sizeof(prefix) - 1, len;
	int saved = errno;
	va_list args;

	memcpy(line, prefix, start);
	va_start(args, format);
	vsnprintf(line + start, sizeof(line) - start - 1, format, args);
	va_end(args);
	len = strlen(line);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	/* Nothing can be done where even this fails; the open fails all the same. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved;
	errno = saved;
}

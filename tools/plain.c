/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plain.h"

static size_t show(char *out, uint8_t c)
{
	static const char digits[] = "0123456789abcdef";

	if (c >= ' ' && c <= '~') {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[c >> 4];
	out[3] = digits[c & 15];
	return 4;
}

size_t eg_plain(char *out, size_t room, const void *p, size_t n)
{
	static const char dots[] = "...";
	const uint8_t *bytes = p;
	size_t len = 0, kept = 0, step;
	char one[4];

	for (size_t i = 0; i < n; i++) {
		step = show(one, bytes[i]);
		if (len + step >= room) {
			memcpy(out + kept, dots, sizeof(dots));
			return kept + sizeof(dots) - 1;
		}
		memcpy(out + len, one, step);
		len += step;
		/* Up to here the dots fit in behind. */
		if (len + sizeof(dots) <= room)
			kept = len;
	}
	out[len] = '\0';
	return len;
}

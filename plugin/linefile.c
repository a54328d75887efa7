/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of JSON objects, one a line.
 *
 * Filler is blanks before the line that is to stand in the next page, which is a line of JSON all
 * the same: there is never an empty line, also not for who follows the file as it
 * grows. A line without its newline is torn.
 *
 * Reference. RFC 8259 section 2: blanks may stand before a value.
 */
#include "linefile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool is_ours(const uint8_t *head, size_t n)
{
	static const char beginning[] = "{\"timestamp\":\"";
	const size_t known = sizeof(beginning) - 1;

	return memcmp(head, beginning, n < known ? n : known) == 0;
}

static off_t walk(void *state, int fd, off_t size, uint64_t *records)
{
	off_t at = 0, end = 0;
	char part[EG_PAGE];

	(void)state;
	while (at < size) {
		ssize_t n = pread(fd, part, sizeof(part), at);

		if (n <= 0)
			return n < 0 ? -errno : end;
		for (ssize_t i = 0; i < n; i++) {
			if (part[i] != '\n')
				continue;
			++*records;
			end = at + i + 1;
		}
		at += n;
	}
	return end;
}

static void fill(uint8_t *buf, size_t n)
{
	memset(buf, ' ', n);
}

const struct eg_append_format eg_linefile = {
	.what = "an event file",
	.longest = EG_LINE_LONGEST,
	.is_ours = is_ours,
	.walk = walk,
	.fill = fill,
	.fill_least = 1,
};

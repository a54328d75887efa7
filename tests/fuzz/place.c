/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *fuzz_place(const uint8_t *data, size_t size)
{
	static uint8_t *area;

	if (!area)
		area = guarded_copy(NULL, FUZZ_MAX);
	FUZZ_MUST(size <= FUZZ_MAX);
	if (size)
		memcpy(area + FUZZ_MAX - size, data, size);
	return area + FUZZ_MAX - size;
}

_Noreturn void fuzz_broken(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

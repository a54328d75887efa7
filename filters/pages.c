/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	LARGE = 2 << 20,       /* bytes of a large page */
	WORTH_LARGE = 8 << 20, /* what 2048 small ones hold */
};

void *eg_pages_new(size_t n, enum eg_pages use, void **memory)
{
	size_t align = n < WORTH_LARGE || use == EG_PAGES_SPARSE ? EG_PAGES_ALIGN : LARGE;
	uint8_t *start;

	*memory = n <= SIZE_MAX - align ? calloc(1, n + align) : NULL;
	if (!*memory)
		return NULL;
	start = (uint8_t *)*memory + (-(uintptr_t)*memory & (align - 1));
	/* Where the kernel has none, or will not, small pages do. */
	if (align == LARGE)
		(void)madvise(start, n, MADV_HUGEPAGE);
	return start;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory for tables that are read here and there: all zero, no page of it touched, and where it is
 * more than a processor has small pages at hand for, and most of it will be used, in large ones, if
 * the kernel likes. Taken when something is opened, never per frame.
 */
#ifndef EG_PAGES_H
#define EG_PAGES_H

#include <stddef.h>

enum { EG_PAGES_ALIGN = 64 }; /* a cache line */

/* How much of it will be used: most of it, or, for long, a little here and there. */
enum eg_pages { EG_PAGES_DENSE, EG_PAGES_SPARSE };

/* N bytes of zeros, aligned to a cache line, or NULL where memory is short. *MEMORY, the
 * caller's, becomes what to free(). */
void *eg_pages_new(size_t n, enum eg_pages use, void **memory);

#endif

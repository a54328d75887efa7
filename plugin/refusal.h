/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why an open fails, in words: one line that the caller shows. */
#ifndef EG_REFUSAL_H
#define EG_REFUSAL_H

#include <stddef.h>

struct eg_refusal {
	char *text; /* the caller's, SIZE bytes; NULL and 0: nobody wants to know */
	size_t size;
};

/* Write what FORMAT makes of its arguments into R. Returns RC, a negative errno, so that one
 * return does both. */
int eg_refuse(const struct eg_refusal *r, int rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

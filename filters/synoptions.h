/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The TCP options of a SYN or SYN+ACK, as far as they matter between the two ends. */
#ifndef EG_SYNOPTIONS_H
#define EG_SYNOPTIONS_H

#include "frame.h"

struct eg_syn_options {
	bool scaled;   /* the window scale option was there (RFC 7323 2.2) */
	uint8_t scale; /* at most 14; 0 where it was not */
};

/* Read the options of F (decoded TCP) into O. Returns false where they are not in form: lengths that
 * do not add up, or are others than the option has; the scale twice; bytes after the end. */
bool eg_syn_options(struct eg_syn_options *o, const struct eg_frame *f);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VNL, split: the options in its brackets and the network in its braces. */
#ifndef EG_VNL_H
#define EG_VNL_H

#include <stddef.h>

struct eg_vnl_option {
	const char *word;  /* never empty */
	const char *value; /* what is behind the first '='; NULL where there is none */
};

struct eg_vnl {
	struct eg_vnl_option *options; /* in the order in which they stand */
	size_t count;
	const char *nested; /* what stands between the braces, as it is and not empty, or NULL */
	char *text;         /* what all of it points into */
};

/* Split TEXT, what stands behind "egress://", into VNL. Returns 0, or -EINVAL or
 * -ENOMEM: then VNL holds nothing, and ERROR (SIZE bytes, at least 1) says where
 * and what is wrong in one line for people, which shows nothing of TEXT. Release
 * with eg_vnl_clear. */
int eg_vnl_parse(struct eg_vnl *vnl, const char *text, char *error, size_t size);

/* Free what VNL holds; VNL may be all zero. */
void eg_vnl_clear(struct eg_vnl *vnl);

#endif

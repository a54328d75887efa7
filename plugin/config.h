/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's configuration: from a VNL and the policy file it names. */
#ifndef EG_CONFIG_H
#define EG_CONFIG_H

#include "policy.h"

struct eg_config {
	struct eg_policy *policy;
	char *nested; /* the VNL of the network side, */
	bool slirp;   /* and whether it is one of slirp's */
};

/* Read what stands behind "egress://" (VNL) into C. Returns 0, or a negative errno: then
 * C holds nothing and one line on stderr says where and what is wrong. Release
 * with eg_config_clear. */
int eg_config_read(struct eg_config *c, const char *vnl);

/* Say on stderr, where slirp tells the guest of resolvers and C has none of them but others, that all
 * that the guest asks them will be blocked. Said once it has opened. */
void eg_config_remark(const struct eg_config *c);

/* Free what C holds; C may be all zero. */
void eg_config_clear(struct eg_config *c);

#endif

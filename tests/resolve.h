/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy asked for a name at once, with nothing to be done meanwhile. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "policy.h"

static inline enum eg_reason resolve_name(const struct eg_policy *p, const struct eg_name *name,
					  size_t *below)
{
	struct eg_suffixes s;

	eg_policy_expect(p, name, &s);
	return eg_policy_resolve(p, name, &s, below);
}

#endif

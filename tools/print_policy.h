/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wants as a policy file: see print_policy.c. */
#ifndef EG_PRINT_POLICY_H
#define EG_PRINT_POLICY_H

#include "wants.h"

#include <stdio.h>

/* Write W to OUT as a policy file, printable ASCII, sorted. Returns false where memory was short.
 */
bool eg_print_policy(FILE *out, const struct eg_wants *w);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may reach a resolver, read by other means than the filter's own. */
#ifndef QUESTION_H
#define QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The list that question_listed has, in the policy language. */
#define QUESTION_LIST "allowed.example.org *.wild.example.net"

/* Whether the N bytes at MSG are one clean query for a listed name, and not a byte more.
 * PADDED: an option may be there, if it is padding of zeros. */
bool question_listed(const uint8_t *msg, size_t n, bool padded);

#endif

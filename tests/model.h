/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may pass: the promise in its plainest form, slow on purpose. It keeps a list of
 * all that passed, looks through it from the start for each question, and shares no
 * code with the filter. What it refuses must never pass; what it lets pass the filter
 * may still have reasons to block.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;

/* A model of a guest that may look up A and AAAA of NAME (lower case, dotted) at 10.0.2.3 and
 * fd00::3, or nothing where it is NULL, and may connect to port 443 of 198.51.100.4 and
 * 2001:db8:1::4, where it may OPEN something. Never NULL. */
struct model *model_new(const char *name, bool open);
void model_free(struct model *m);

/* A frame that passed at NOW (ms): as it left where the guest sent it, as it came where the
 * network did. Whether it may; it is remembered. */
bool model_may(struct model *m, bool guest, const uint8_t *frame, size_t len, uint64_t now);

/* The same for COUNT fragments that passed together. */
bool model_may_parts(struct model *m, bool guest, const uint8_t *const *parts, const size_t *lens,
		     size_t count, uint64_t now);

/* Why the last one may not, for people. */
const char *model_why(const struct model *m);

#endif

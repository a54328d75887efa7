/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which letters of a name are capitals: drawn for what leaves, kept of what came. Names are
 * compared without them (RFC 4343), and resolvers repeat them: so they tell an answer from a guess.
 */
#ifndef EG_DNSCASE_H
#define EG_DNSCASE_H

#include "name.h"

enum {
	EG_DNSCASE_NUMBERS = 4, /* random ones that a name takes, one for each 64 bytes begun */
	EG_DNSCASE_SPARE = 8,   /* bytes after the name that are written, too */
};

/* A bit for each byte of a name: it was written as a capital. */
struct eg_dnscase {
	uint8_t upper[(EG_NAME_MAX + 7) / 8];
};

/* Write NAME, folded, to TO, of name.len + EG_DNSCASE_SPARE bytes, with capitals as RANDOM has it.
 */
void eg_dnscase_toss(const struct eg_name *name, const uint64_t random[EG_DNSCASE_NUMBERS],
		     uint8_t *to);

/* Keep in C how NAME, folded, was written: as RAW, name.len bytes. */
void eg_dnscase_keep(struct eg_dnscase *c, const struct eg_name *name, const uint8_t *raw);

/* Write NAME, folded, to RAW, name.len bytes, as C kept it. */
void eg_dnscase_restore(const struct eg_dnscase *c, const struct eg_name *name, uint8_t *raw);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Points in time: nanoseconds since 1970 UTC, said and read in UTC. */
#ifndef EG_MOMENT_H
#define EG_MOMENT_H

#include "span.h"

enum { EG_MOMENT_MAX = 40 };
#define EG_MOMENT_NONE UINT64_MAX /* no time was said */

/* Write NS into TEXT as "2026-11-24 11:03:54"; "-" for EG_MOMENT_NONE. Returns TEXT. */
const char *eg_moment_text(uint64_t ns, char text[EG_MOMENT_MAX]);

/* The time of the day alone, "11:03:54"; "-" for EG_MOMENT_NONE. */
const char *eg_moment_clock(uint64_t ns, char text[EG_MOMENT_MAX]);

/* Whether both are of one day (UTC). */
bool eg_moment_one_day(uint64_t a, uint64_t b);

/* The same as "2026-11-24T11:03:54.123456789Z" (RFC 3339); "" for EG_MOMENT_NONE. */
const char *eg_moment_exact(uint64_t ns, char text[EG_MOMENT_MAX]);

/* How long NS is, for people, as in "3 h 20 min". */
const char *eg_moment_span(uint64_t ns, char text[EG_MOMENT_MAX]);

/* Read N characters at P: "2026-11-24", "2026-11-24T11:03:54.123456+0000" or a part of it down to
 * the minute, with a blank for the T, and with Z, +HH:MM or +HHMM for another zone than UTC.
 * Returns false where it is none of these. */
bool eg_moment_parse(const char *p, size_t n, uint64_t *ns);

/* Read N characters at P: seconds since 1970, with or without a fraction of up to nine digits. */
bool eg_moment_parse_seconds(const char *p, size_t n, uint64_t *ns);

/* Read what somebody typed: as the two before, the second behind "@", or an age before NOW: a
 * number and s, m, h, d or w. */
bool eg_moment_parse_option(const char *text, uint64_t now, uint64_t *ns);

#endif

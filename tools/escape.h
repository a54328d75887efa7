/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in the form that an output needs. Text is printable ASCII already (see plain.h); what is not
 * becomes "?" here, so that nothing depends on it. */
#ifndef EG_ESCAPE_H
#define EG_ESCAPE_H

#include <stdio.h>

/* Between tags and within quoted attributes of HTML. */
void eg_escape_html(FILE *out, const char *text);

/* A JSON string with its quotes. It has no "<", ">" and "&" in it, so that it may also stand in a
 * script. */
void eg_escape_json(FILE *out, const char *text);

/* A field of CSV (RFC 4180), quoted where it must be. What a spreadsheet would take for a formula
 * begins with "'". */
void eg_escape_csv(FILE *out, const char *text);

#endif

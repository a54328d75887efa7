/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands say on stderr. */
#ifndef EG_SAY_H
#define EG_SAY_H

enum {
	EG_EXIT_GOOD,
	EG_EXIT_FAULT,
	EG_EXIT_USAGE
}; /* FAULT: in the input, or in writing the output */

/* Write "vde_egress: ", what FORMAT makes of its arguments, and a newline to stderr; what is not
 * printable ASCII becomes '?'. */
void eg_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same behind a wrong command line. Returns EG_EXIT_USAGE. */
int eg_say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's one way to speak: a line on stderr when an open fails, or is not what it seems. */
#ifndef EG_COMPLAIN_H
#define EG_COMPLAIN_H

/* Write "egress: ", what FORMAT makes of its arguments, and a newline to stderr, in
 * one write; control characters become '?'. Keeps errno. Never called for a frame. */
void eg_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

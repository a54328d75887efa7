/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The format of files of JSON objects, one a line: see linefile.c. */
#ifndef EG_LINEFILE_H
#define EG_LINEFILE_H

#include "appendfile.h"

enum { EG_LINE_LONGEST = 65536 };

/* Its records are whole lines, each with its newline; it needs no state. */
extern const struct eg_append_format eg_linefile;

#endif

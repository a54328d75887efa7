/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in the comment of a packet, or in a note among the packets. */
#ifndef EG_REMARK_H
#define EG_REMARK_H

#include "finding.h"

/* Find out what P, a packet of any capture, tells: by our comment, by what a note says, else by its
 * bytes as far as they can be read. Fills F, which points into P and TEXT. */
enum { EG_REMARK_TEXT_MAX = 1100 };
void eg_remark_packet(struct eg_finding *f, const struct eg_input_packet *p,
		      char text[EG_REMARK_TEXT_MAX]);

/* Fill F, which was cleared, from "egress key=value ...", N bytes at P: pairs that are not known or
 * make no sense are left out. Returns whether it begins like that. */
bool eg_remark_parse(struct eg_finding *f, const void *p, size_t n);

#endif

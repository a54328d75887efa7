/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an event tells: one line of JSON, as eve.c writes it, or Suricata. See event.c. */
#ifndef EG_EVENT_H
#define EG_EVENT_H

#include "finding.h"

struct eg_event; /* a line as JSON */

/* Fill F from the line of N bytes at P. It points into *E, which is the caller's to free then.
 * What has no meaning here is EG_FINDING_NOTHING. Returns false, and no *E,
 * where this is no JSON object or memory is short. */
bool eg_event_parse(struct eg_event **e, struct eg_finding *f, const void *p, size_t n);
void eg_event_free(struct eg_event *e);

#endif

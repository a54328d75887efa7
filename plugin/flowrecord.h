/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a record says of a flow. */
#ifndef EG_FLOWRECORD_H
#define EG_FLOWRECORD_H

#include "pipeline.h"
#include "record.h"
#include "sample.h"
#include "starts.h"

/* As what the flow of REPORT counts: flows are counted together that have the same opener and lead
 * to the same service. */
struct eg_sample_key eg_flowrecord_key(const struct eg_report *report);

/* What is said of REPORT's flow at NOW (ms, monotonic) and WHEN (ns, wall clock), but for why it
 * ended. When it started is put into STARTS, or taken out of it. */
struct eg_record_flow eg_flowrecord_make(const struct eg_report *report, struct eg_starts *starts,
					 uint64_t now, uint64_t when);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exact resets: what both ends of a TCP connection are told that we forget.
 *
 * What is forgotten here and not there is a socket of slirp's, and so a descriptor of the host
 * program's, that nobody counts any more. A flow has all that an exact reset (RFC 5961 3.2) takes:
 * the number that its receiver acknowledged last, and the stations.
 */
#ifndef EG_RESET_H
#define EG_RESET_H

#include "flow.h"
#include "inject.h"

enum { EG_RESET_MAX = EG_ETH_LEN + EG_IP6_LEN + EG_TCP_LEN };

/* Build into OUT the reset of FLOW (TCP) that leaves as if from DIR's end. Returns its length. */
size_t eg_reset_build(const struct eg_flow *flow, enum eg_dir dir, uint8_t out[EG_RESET_MAX]);

/* Queue in B what FLOW's ends, which go on living, are to be told when it is forgotten: nothing
 * where it is no TCP flow, or over for both. Returns false, with nothing queued, where there is no
 * room. */
bool eg_reset_both(struct eg_injects *b, const struct eg_flow *flow);

/* The same for the end that DIR's frames go to alone. */
bool eg_reset_other(struct eg_injects *b, const struct eg_flow *flow, enum eg_dir dir);

#endif

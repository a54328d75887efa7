/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What network a VNL of slirp's makes. */
#ifndef EG_SLIRPNET_H
#define EG_SLIRPNET_H

#include "ownnet.h"

/* Whether VNL is one of libvdeplug_slirp's: then *NET becomes the network that it makes. Returns 1
 * or 0, -ENOMEM, or -EINVAL where its options cannot be read. */
int eg_slirpnet_read(struct eg_ownnet *net, const char *vnl);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Urgent data of a guest's leaves as plain data. */
#ifndef EG_URGENT_H
#define EG_URGENT_H

#include "frame.h"

/* Copy F, a segment with URG that passes, to OUT without the flag and its pointer. Returns
 * its length. */
size_t eg_urgent_to_plain(const struct eg_frame *f, uint8_t out[EG_FRAME_MAX]);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captures in the pcapng format, with comments: see pcapngfile.c. */
#ifndef EG_PCAPNGFILE_H
#define EG_PCAPNGFILE_H

#include "capture.h"

extern const struct eg_capture_format eg_pcapngfile;

#endif

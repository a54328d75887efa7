/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captures in the classic format: see pcapfile.c. */
#ifndef EG_PCAPFILE_H
#define EG_PCAPFILE_H

#include "capture.h"

extern const struct eg_capture_format eg_pcapfile;

#endif

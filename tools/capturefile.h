/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A capture like the module's, written in one go and whole or not at all. */
#ifndef EG_CAPTUREFILE_H
#define EG_CAPTUREFILE_H

#include "capture.h"
#include "outfile.h"
#include "record.h"

struct eg_capturefile {
	struct eg_outfile file;
	const struct eg_capture_format *format;
	void *state; /* the format's; owned */
	struct eg_capture_about about;
	bool rich; /* it has comments, and so our answers */
};

/* Whether PATH ends as a capture that can be written does. */
bool eg_capturefile_can(const char *path);

/* Begin to write PATH, of a guest called LABEL. Returns 0 or a negative errno. */
int eg_capturefile_open(struct eg_capturefile *c, const char *path, const char *label);

/* Add the frame (or, in .pcapng only, the answer) that R says, at BYTES, with its comment. */
void eg_capturefile_put(struct eg_capturefile *c, const struct eg_record *r, const uint8_t *bytes);

/* Put what was written in PATH's place. Returns 0; or a negative errno, and PATH is as it was. */
int eg_capturefile_done(struct eg_capturefile *c);

/* Leave PATH as it was. */
void eg_capturefile_drop(struct eg_capturefile *c);

#endif

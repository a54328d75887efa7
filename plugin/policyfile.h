/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy file, read: see policyfile.c. */
#ifndef EG_POLICYFILE_H
#define EG_POLICYFILE_H

#include "words.h"

enum { EG_POLICYFILE_ERROR_MAX = 1024 };

/* Apply the lines of the file PATH to W, which W->in_vnl no longer says to be in the VNL. Returns
 * 0, or a negative errno: then ERROR is one line for people, "PATH: what is wrong" or "PATH:LINE:
 * what is wrong" (PATH as it is given), and the policy is half made and of no use. */
int eg_policyfile_read(struct eg_words *w, const char *path, char error[EG_POLICYFILE_ERROR_MAX]);

#endif

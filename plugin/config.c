/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a VNL to a policy: the options first, then the file that one of them
 * names. Every fault ends in one line on stderr and in no policy at all.
 */
#include "config.h"

#include "complain.h"
#include "policyfile.h"
#include "vnl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char default_nested[] = "slirp://";

static int read_policy_file(struct eg_words *w)
{
	char error[EG_POLICYFILE_ERROR_MAX];
	int rc = eg_policyfile_read(w, w->policy_file, error);

	if (rc)
		eg_complain("%s", error);
	return rc;
}

static int apply_options(struct eg_words *w, const struct eg_vnl *vnl)
{
	for (size_t i = 0; i < vnl->count; i++) {
		int rc = eg_words_apply(w, vnl->options[i].word, vnl->options[i].value);

		if (rc) {
			eg_complain("VNL: %s", w->error);
			return rc;
		}
	}
	return 0;
}

static int make_policy(struct eg_words *w, const struct eg_vnl *vnl)
{
	int rc = apply_options(w, vnl);

	if (!rc && w->policy_file[0])
		rc = read_policy_file(w);
	return rc;
}

/* Whatever VNL says, with all defaults filled in. */
static int fill(struct eg_config *c, struct eg_words *w, const struct eg_vnl *vnl)
{
	c->policy = w->policy = eg_policy_new();
	c->nested = strdup(vnl->nested ? vnl->nested : default_nested);
	if (!c->policy || !c->nested) {
		eg_complain("no memory for the policy");
		return -ENOMEM;
	}
	return make_policy(w, vnl);
}

int eg_config_read(struct eg_config *c, const char *text)
{
	struct eg_words *w = calloc(1, sizeof(*w));
	struct eg_vnl vnl;
	char error[EG_ERROR_MAX];
	int rc;

	memset(c, 0, sizeof(*c));
	if (!w) {
		eg_complain("no memory for the policy");
		return -ENOMEM;
	}
	w->in_vnl = true;
	rc = eg_vnl_parse(&vnl, text, error, sizeof(error));
	if (rc) {
		eg_complain("VNL: %s", error);
	} else {
		rc = fill(c, w, &vnl);
		eg_vnl_clear(&vnl);
	}
	free(w);
	if (rc)
		eg_config_clear(c);
	return rc;
}

void eg_config_clear(struct eg_config *c)
{
	eg_policy_free(c->policy);
	free(c->nested);
	memset(c, 0, sizeof(*c));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a VNL to a policy: the options first, then the file that one of them
 * names. Every fault ends in one line on stderr and in no policy at all. What the policy takes for
 * granted of the network is read from the nested VNL.
 */
#include "config.h"

#include "complain.h"
#include "policyfile.h"
#include "slirpnet.h"
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

static int make_policy(struct eg_config *c, struct eg_words *w, const struct eg_vnl *vnl)
{
	struct eg_ownnet net;
	int rc = eg_slirpnet_read(&net, c->nested);

	if (rc < 0) {
		eg_complain(rc == -ENOMEM ? "no memory for the policy"
					  : "slirp's options cannot be read");
		return rc;
	}
	c->slirp = rc;
	if (c->slirp)
		eg_policy_set_own(w->policy, &net);
	rc = apply_options(w, vnl);
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
	return make_policy(c, w, vnl);
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

void eg_config_remark(const struct eg_config *c)
{
	const struct eg_policy *p = c->policy;
	char text[EG_OWNNET_FAMILIES][EG_ADDR_TEXT_MAX];

	for (int i = 0; i < EG_OWNNET_FAMILIES; i++) {
		if (eg_policy_is_resolver(p, &p->own.of[i].resolver))
			return;
		eg_addr_text(&p->own.of[i].resolver, text[i]);
	}
	if (c->slirp && p->resolver_count > 0)
		eg_complain("dns has neither %s nor %s, which slirp names to the guest as its "
			    "resolvers: queries to them are blocked",
			    text[EG_OWNNET_IP4], text[EG_OWNNET_IP6]);
}

void eg_config_clear(struct eg_config *c)
{
	eg_policy_free(c->policy);
	free(c->nested);
	memset(c, 0, sizeof(*c));
}

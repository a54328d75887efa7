/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include "dns.h"
#include "dnslimit.h"
#include "flow.h"
#include "sample.h"

#include <stdlib.h>

static const uint16_t default_dns_types[] = { EG_DNS_TYPE_A, EG_DNS_TYPE_AAAA };

_Static_assert((int)EG_OWNNET_FAMILIES <= (int)EG_RESOLVERS_MAX, "room");
_Static_assert(sizeof(default_dns_types) <= sizeof(((struct eg_policy *)0)->dns_types), "room");

struct eg_policy *eg_policy_new(void)
{
	struct eg_policy *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->resolve = eg_nameset_new();
	p->allow = eg_targets_new();
	p->block = eg_targets_new();
	p->allow_own = eg_targets_new();
	p->block_own = eg_targets_new();
	p->block_names = eg_nameset_new();
	if (!p->resolve || !p->allow || !p->block || !p->allow_own || !p->block_own ||
	    !p->block_names) {
		eg_policy_free(p);
		return NULL;
	}
	eg_policy_set_own(p, &eg_ownnet_default);
	memcpy(p->dns_types, default_dns_types, sizeof(default_dns_types));
	p->dns_type_count = sizeof(default_dns_types) / sizeof(default_dns_types[0]);
	p->action = EG_REJECT;
	p->flows = EG_FLOWS_DEFAULT;
	p->log_size = EG_LOG_SIZE_DEFAULT;
	p->log_files = EG_LOG_FILES_DEFAULT;
	p->log_sample = EG_SAMPLE_DEFAULT;
	p->dns_limit = EG_DNSLIMIT_DEFAULT;
	return p;
}

void eg_policy_free(struct eg_policy *p)
{
	if (!p)
		return;
	eg_nameset_free(p->resolve);
	eg_targets_free(p->allow);
	eg_targets_free(p->block);
	eg_targets_free(p->allow_own);
	eg_targets_free(p->block_own);
	eg_nameset_free(p->block_names);
	free(p->log);
	free(p->events);
	free(p);
}

void eg_policy_set_own(struct eg_policy *p, const struct eg_ownnet *net)
{
	p->own = *net;
	p->resolvers[0] = net->of[EG_OWNNET_IP4].resolver;
	p->resolvers[1] = net->of[EG_OWNNET_IP6].resolver;
	p->resolver_count = EG_OWNNET_FAMILIES;
}

struct eg_ownsets eg_policy_allowed(const struct eg_policy *p)
{
	return (struct eg_ownsets){ &p->own, p->allow, p->allow_own, false };
}

struct eg_ownsets eg_policy_blocked(const struct eg_policy *p)
{
	return (struct eg_ownsets){ &p->own, p->block, p->block_own, true };
}

const char *eg_mode_word(enum eg_mode mode)
{
	return mode == EG_MONITOR ? "monitor" : "enforce";
}

const char *eg_action_word(enum eg_action action)
{
	return action == EG_DROP ? "drop" : "reject";
}

bool eg_policy_is_resolver(const struct eg_policy *p, const struct eg_addr *addr)
{
	for (size_t i = 0; i < p->resolver_count; i++) {
		if (eg_addr_equal(&p->resolvers[i], addr))
			return true;
	}
	return false;
}

bool eg_policy_has_dns_type(const struct eg_policy *p, uint16_t type)
{
	for (size_t i = 0; i < p->dns_type_count; i++) {
		if (p->dns_types[i] == type)
			return true;
	}
	return false;
}

void eg_policy_expect(const struct eg_policy *p, const struct eg_name *name, struct eg_suffixes *s)
{
	size_t blocked = eg_nameset_deepest(p->block_names),
	       listed = eg_nameset_deepest(p->resolve);

	eg_suffixes(s, name, blocked > listed ? blocked : listed);
	eg_nameset_expect(p->block_names, s);
	eg_nameset_expect(p->resolve, s);
}

enum eg_reason eg_policy_resolve(const struct eg_policy *p, const struct eg_name *name,
				 const struct eg_suffixes *s, size_t *below)
{
	if (eg_nameset_match(p->block_names, name, s, below))
		return EG_R_DNS_BLOCK;
	return eg_nameset_match(p->resolve, name, s, below) ? EG_R_NONE : EG_R_DNS_NAME;
}

enum eg_reason eg_policy_open(const struct eg_policy *p, const struct eg_addr *addr, uint8_t proto,
			      uint16_t port, enum eg_reason otherwise)
{
	const struct eg_ownsets allowed = eg_policy_allowed(p), blocked = eg_policy_blocked(p);

	if (port == EG_DNS_PORT && eg_policy_is_resolver(p, addr))
		return otherwise;
	if (eg_ownnet_match(&blocked, addr, proto, port))
		return EG_R_TARGET_BLOCK;
	if (proto == EG_PROTO_UDP && eg_ownnet_hides_senders(&p->own, addr))
		return otherwise;
	return eg_ownnet_match(&allowed, addr, proto, port) ? EG_R_NONE : otherwise;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy: what a guest may do. Made once from words (words.h), asked for every
 * frame, never changed while it is in use.
 */
#ifndef EG_POLICY_H
#define EG_POLICY_H

#include "dhcpoptions.h"
#include "frame.h"
#include "nameset.h"
#include "ownnet.h"

enum eg_action { EG_REJECT, EG_DROP };
enum eg_mode { EG_ENFORCE, EG_MONITOR };

enum { EG_RESOLVERS_MAX = 16, EG_DNS_TYPES_MAX = 32, EG_VM_MAX = 63 };

enum { EG_LOG_FILES_DEFAULT = 3, EG_LOG_FILES_MAX = 999 };

/* Bytes in a file of records. */
#define EG_LOG_SIZE_LEAST   (UINT64_C(64) << 10)
#define EG_LOG_SIZE_DEFAULT (UINT64_C(64) << 20)
#define EG_LOG_SIZE_MAX     (UINT64_C(1024) << 30)

struct eg_policy {
	struct eg_nameset *resolve;
	struct eg_targets *allow;
	struct eg_targets *block;       /* wins over allow */
	struct eg_targets *allow_own, *block_own; /* of own's addresses; see ownnet.h */
	struct eg_ownnet own;
	struct eg_nameset *block_names; /* wins over resolve */
	struct eg_addr resolvers[EG_RESOLVERS_MAX];
	size_t resolver_count;
	uint16_t dns_types[EG_DNS_TYPES_MAX];
	size_t dns_type_count;
	struct eg_dhcp_options dhcp_options; /* that the guest may send and ask for */
	enum eg_action action;
	enum eg_mode mode;
	size_t flows;
	size_t dns_limit; /* new names a minute below listed domains; 0: not limited */
	char *log;			/* path, or NULL */
	char *events;			/* path, or "unix:" and a socket's, or NULL */
	uint64_t log_size;		/* bytes in a file of records */
	size_t log_files;		/* finished ones that are kept */
	size_t log_sample;		/* see sample.h; 0: all */
	char vm[EG_VM_MAX + 1];		/* label, or "" */
};

/* A policy that denies everything, with the defaults of all words. Returns NULL
 * where memory is short. Owned by the caller. */
struct eg_policy *eg_policy_new(void);
void eg_policy_free(struct eg_policy *p);	/* NULL is fine */

/* The guest is behind a slirp that makes NET: its resolvers are what may be asked, unless "dns" says
 * others. To be said before any word. */
void eg_policy_set_own(struct eg_policy *p, const struct eg_ownnet *net);

/* What P allows and what it blocks, by address. Valid as long as P. */
struct eg_ownsets eg_policy_allowed(const struct eg_policy *p);
struct eg_ownsets eg_policy_blocked(const struct eg_policy *p);

/* The words of the policy language for MODE and ACTION. */
const char *eg_mode_word(enum eg_mode mode);
const char *eg_action_word(enum eg_action action);

/* Whether ADDR is a resolver that the guest may ask. */
bool eg_policy_is_resolver(const struct eg_policy *p, const struct eg_addr *addr);

/* Whether record type TYPE may be asked for. */
bool eg_policy_has_dns_type(const struct eg_policy *p, uint16_t type);

/* NAME will be asked for soon: S become its suffixes, and memory is asked for what says whether it
 * may be looked up. */
void eg_policy_expect(const struct eg_policy *p, const struct eg_name *name, struct eg_suffixes *s);

/* Whether NAME, of suffixes S and expected, may be looked up: EG_R_NONE, EG_R_DNS_BLOCK or
 * EG_R_DNS_NAME. Where it may, *BELOW becomes how many bytes of it the guest chose: those below a
 * listed domain; 0 where it is listed itself. */
enum eg_reason eg_policy_resolve(const struct eg_policy *p, const struct eg_name *name,
				 const struct eg_suffixes *s, size_t *below);

/* Whether the guest may open a flow of PROTO (TCP or UDP) to PORT of ADDR: EG_R_NONE,
 * EG_R_TARGET_BLOCK, or OTHERWISE where nothing is said about it. Port 53 of a resolver is never
 * opened: what goes there is DNS's to judge. */
enum eg_reason eg_policy_open(const struct eg_policy *p, const struct eg_addr *addr, uint8_t proto,
			      uint16_t port, enum eg_reason otherwise);

#endif

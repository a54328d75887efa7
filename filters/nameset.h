/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Name sets: the names of a list, each either that name alone or all below it.
 *
 * One flat hash table of folded wire names, filled once when the policy is read
 * and only asked afterwards; asking costs one look-up per label, whatever the
 * number of names.
 */
#ifndef EG_NAMESET_H
#define EG_NAMESET_H

#include "name.h"

struct eg_nameset;

/* A new empty set, or NULL (out of memory). Owned by the caller. */
struct eg_nameset *eg_nameset_new(void);
void eg_nameset_free(struct eg_nameset *set); /* NULL is fine */

enum eg_namescope {
	EG_NAME_EXACT = 1, /* example.org: this name alone */
	EG_NAME_BELOW = 2, /* *.example.org: every name below it, at any depth, and not it */
};

/* Add NAME to SET. Adding twice is fine. Returns 0 or -ENOMEM. */
int eg_nameset_add(struct eg_nameset *set, const struct eg_name *name, enum eg_namescope scope);

/* The suffixes of a name, its root and itself included, by how many labels they have: where they
 * start in it, from the longest on, and what they hash to, from the root on. */
struct eg_suffixes {
	size_t n; /* labels of the name */
	uint8_t at[EG_LABELS_MAX + 1];
	uint32_t tags[EG_LABELS_MAX + 1];
};

/* Make S the suffixes of NAME; those of more than DEEPEST labels are not hashed. */
void eg_suffixes(struct eg_suffixes *s, const struct eg_name *name, size_t deepest);

/* How many labels the longest name of SET has: who asks it needs no more of them hashed. */
size_t eg_nameset_deepest(const struct eg_nameset *set);

/* Whether SET holds NAME, of suffixes S: itself, or an ancestor of it with EG_NAME_BELOW. Never
 * allocates, never fails. Where it does, *BELOW becomes how many bytes of NAME's wire form stand
 * in front of the longest such ancestor; 0 where NAME itself is listed. */
bool eg_nameset_match(const struct eg_nameset *set, const struct eg_name *name,
		      const struct eg_suffixes *s, size_t *below);

/* The name of S will be asked for soon: have memory bring what that takes. Changes nothing. */
void eg_nameset_expect(const struct eg_nameset *set, const struct eg_suffixes *s);

/* How many (name, scope) pairs were added that were not there before. */
size_t eg_nameset_count(const struct eg_nameset *set);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy language: a word and its values, the same in the VNL's options, in a
 * policy file's lines and wherever else a policy is said.
 *
 * Words are exact: no abbreviations. A word with one value may be said once,
 * wherever it is said; a list grows each time. The table in words.c has one row
 * per word.
 */
#ifndef EG_WORDS_H
#define EG_WORDS_H

#include "policy.h"

enum { EG_ERROR_MAX = 256, EG_LINE_MAX = 65536, EG_WORDS_COUNT_MAX = 32 };

/* A policy being made, and which words were said. To start: zero everything but policy
 * and in_vnl. All that is said goes into one such maker, so that a word of one value said
 * both in the VNL and in the file is found out. After an error the policy is half made and of
 * no use. */
struct eg_words {
	struct eg_policy *policy;      /* the maker's */
	char policy_file[4096];        /* the value of "policy", or "" */
	bool said[EG_WORDS_COUNT_MAX]; /* by row of the table */
	bool in_vnl;                   /* "policy" is a word of the VNL alone */
	char error[EG_ERROR_MAX];      /* what is wrong, for people, one line, printable ASCII */
};

/* Apply WORD with VALUE (NULL where none was given) to W. Returns 0, or -EINVAL or
 * -ENOMEM with W->error set: it names the word and the value at fault. An empty
 * VALUE is an empty list, and an error for a word with one value. A VALUE is
 * printable ASCII; tabs may stand between the values of a list. */
int eg_words_apply(struct eg_words *w, const char *word, const char *value);

/* Apply one line of a policy file, N bytes without its newline: a word and its values, or
 * nothing, or a comment: '#' at the start or behind a blank. Returns as eg_words_apply does. A NUL
 * or a control character but tab (and one CR at the end) is an error, and so is a
 * byte outside ASCII that is not in a comment. */
int eg_words_apply_line(struct eg_words *w, const char *line, size_t n);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words that come up again and again, as small numbers. */
#ifndef EG_LEXICON_H
#define EG_LEXICON_H

#include "span.h"

enum { EG_LEXICON_MAX = 64, EG_LEXICON_WORD_MAX = 64 };

/* To start: zero everything. Number 0 is the absent word, "-"; the last number is that of all words
 * for which there was no room, "(others)". */
struct eg_lexicon {
	unsigned int count; /* words known; numbers go from 0 to count - 1, once there is any */
	unsigned int last;  /* the number given last: what comes again comes at once */
	char words[EG_LEXICON_MAX][EG_LEXICON_WORD_MAX];
};

/* The number of the word of N bytes at P, known from now on: below EG_LEXICON_MAX. Words are kept
 * as eg_plain shows them; those that it shows alike are one. */
unsigned int eg_lexicon_number(struct eg_lexicon *l, const void *p, size_t n);

/* The word of NUMBER: printable ASCII, never NULL. */
const char *eg_lexicon_word(const struct eg_lexicon *l, unsigned int number);

#endif

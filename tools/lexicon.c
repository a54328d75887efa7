/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lexicon.h"

#include "plain.h"

enum { OTHERS = EG_LEXICON_MAX - 1 };

static void begin(struct eg_lexicon *l)
{
	strcpy(l->words[0], "-");
	strcpy(l->words[OTHERS], "(others)");
	l->count = 1;
}

static bool is_word(const struct eg_lexicon *l, unsigned int number, const void *p, size_t n)
{
	return strlen(l->words[number]) == n && memcmp(l->words[number], p, n) == 0;
}

unsigned int eg_lexicon_number(struct eg_lexicon *l, const void *p, size_t n)
{
	char plain[EG_LEXICON_WORD_MAX];

	if (l->count == 0)
		begin(l);
	if (n == 0)
		return 0;
	/* A word that is shown as it is, as a rule. */
	if (n < EG_LEXICON_WORD_MAX && is_word(l, l->last, p, n))
		return l->last;
	n = eg_plain(plain, sizeof(plain), p, n);
	for (unsigned int i = 0; i < l->count; i++)
		if (is_word(l, i, plain, n))
			return l->last = i;
	if (l->count == OTHERS)
		return OTHERS;
	memcpy(l->words[l->count], plain, n + 1);
	return l->last = l->count++;
}

const char *eg_lexicon_word(const struct eg_lexicon *l, unsigned int number)
{
	if (number == OTHERS)
		return "(others)";
	return number < l->count ? l->words[number] : "-";
}

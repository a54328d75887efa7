/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reason.h"

static const char *const words[EG_REASON_COUNT] = {
#define EG_REASON_WORD(sym, word, rule, text) [EG_R_##sym] = (word),
	EG_REASONS(EG_REASON_WORD)
#undef EG_REASON_WORD
};

static const char *const rules[EG_REASON_COUNT] = {
#define EG_REASON_RULE(sym, word, rule, text) [EG_R_##sym] = (rule),
	EG_REASONS(EG_REASON_RULE)
#undef EG_REASON_RULE
};

static const char *const texts[EG_REASON_COUNT] = {
#define EG_REASON_TEXT(sym, word, rule, text) [EG_R_##sym] = (text),
	EG_REASONS(EG_REASON_TEXT)
#undef EG_REASON_TEXT
};

/* A value that is no reason reads as the first row. */
static unsigned int row(enum eg_reason r)
{
	return (unsigned int)r < EG_REASON_COUNT ? (unsigned int)r : EG_R_NONE;
}

const char *eg_reason_word(enum eg_reason r)
{
	return words[row(r)];
}

const char *eg_reason_rule(enum eg_reason r)
{
	return rules[row(r)];
}

const char *eg_reason_text(enum eg_reason r)
{
	return texts[row(r)];
}

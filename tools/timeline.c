/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "timeline.h"

#include "sum.h"

#define MS 1000000u
#define S  UINT64_C(1000000000)

/* How wide a bin may be: each a multiple of the one before, so that bins merge and are never cut.
 * The last has few bins for all the time that there is. */
static const struct width {
	uint64_t ns;
	const char *unit;
} widths[] = {
	{ MS, "1 ms" },
	{ 10 * MS, "10 ms" },
	{ 100 * MS, "100 ms" },
	{ S, "1 s" },
	{ 5 * S, "5 s" },
	{ 10 * S, "10 s" },
	{ 30 * S, "30 s" },
	{ 60 * S, "1 min" },
	{ 300 * S, "5 min" },
	{ 600 * S, "10 min" },
	{ 1800 * S, "30 min" },
	{ 3600 * S, "1 h" },
	{ 10800 * S, "3 h" },
	{ 21600 * S, "6 h" },
	{ 43200 * S, "12 h" },
	{ 86400 * S, "1 day" },
	{ 7 * 86400 * S, "1 week" },
	{ 28 * 86400 * S, "4 weeks" },
	{ 364 * 86400 * S, "52 weeks" },
	{ 3640 * 86400 * S, "520 weeks" },
};

enum { WIDTHS = sizeof(widths) / sizeof(widths[0]) };

const char *eg_timeline_unit(const struct eg_timeline *t)
{
	return widths[t->step].unit;
}

static void add_bin(uint64_t *to, const uint64_t *from)
{
	for (size_t k = 0; k < EG_LEXICON_MAX; k++)
		to[k] = eg_sum(to[k], from[k]);
}

/* The next width. */
static void widen(struct eg_timeline *t)
{
	uint64_t ratio = widths[t->step + 1].ns / t->width, begin = t->begin / ratio;
	size_t used = 0;

	for (size_t i = 0; i < t->used; i++) {
		size_t bin = (size_t)((t->begin + i) / ratio - begin);

		if (bin != i) {
			/* A bin that none was moved to yet has what was there before. */
			if (bin >= used)
				memset(t->bins[bin], 0, sizeof(t->bins[bin]));
			add_bin(t->bins[bin], t->bins[i]);
		}
		used = bin + 1;
	}
	memset(t->bins[used], 0, (t->used - used) * sizeof(t->bins[0]));
	t->used = used;
	t->begin = begin;
	t->width = widths[++t->step].ns;
}

/* Move all bins up by N, which there is room for. */
static void extend_back(struct eg_timeline *t, size_t n)
{
	memmove(t->bins[n], t->bins[0], t->used * sizeof(t->bins[0]));
	memset(t->bins[0], 0, n * sizeof(t->bins[0]));
	t->begin -= n;
	t->used += n;
}

void eg_timeline_add(struct eg_timeline *t, uint64_t when, unsigned int kind, uint64_t n)
{
	uint64_t at, end;

	if (t->width == 0) {
		t->width = widths[0].ns;
		t->begin = when / t->width;
		t->used = 1;
	}
	for (;; widen(t)) {
		at = when / t->width;
		end = at < t->begin + t->used ? t->begin + t->used : at + 1;
		if (end - (at < t->begin ? at : t->begin) <= EG_TIMELINE_BINS)
			break;
	}
	if (at < t->begin)
		extend_back(t, (size_t)(t->begin - at));
	if (at - t->begin >= t->used)
		t->used = (size_t)(at - t->begin) + 1;
	t->bins[at - t->begin][kind] = eg_sum(t->bins[at - t->begin][kind], n);
}

void eg_timeline_narrow(struct eg_timeline *t, size_t most)
{
	while (t->used > most && t->step + 1 < WIDTHS)
		widen(t);
}

uint64_t eg_timeline_sum(const struct eg_timeline *t, size_t bin)
{
	uint64_t sum = 0;

	for (size_t k = 0; k < EG_LEXICON_MAX; k++)
		sum = eg_sum(sum, t->bins[bin][k]);
	return sum;
}

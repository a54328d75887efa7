/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_FIRST = 500, WAIT_TERMINAL = 100, WAIT_OTHER = 2000 }; /* ms */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void eg_progress_init(struct eg_progress *p, bool forced)
{
	p->terminal = isatty(STDERR_FILENO);
	p->on = forced || p->terminal;
	p->shown = false;
	/* What is done at once needs no line. */
	p->next = forced ? 0 : now_ms() + WAIT_FIRST;
}

void eg_progress_show(struct eg_progress *p, const char *name, uint64_t done, uint64_t total)
{
	uint64_t now = p->on ? now_ms() : 0;

	if (!p->on || now < p->next)
		return;
	p->next = now + (p->terminal ? WAIT_TERMINAL : WAIT_OTHER);
	p->shown = true;
	fputs(p->terminal ? "\r\033[K" : "", stderr);
	if (total)
		fprintf(stderr, "%3u %%  %s",
			(unsigned int)(done < total ? done * 100 / total : 100), name);
	else
		fprintf(stderr, "%" PRIu64 " MB  %s", done / 1000000, name);
	fputs(p->terminal ? "" : "\n", stderr);
	fflush(stderr);
}

void eg_progress_clear(struct eg_progress *p)
{
	if (p->shown && p->terminal)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the lines of events go.
 *
 * Purpose. One way for lines to a file or to a socket, on which none is lost without a line that
 * says so.
 *
 * Invariants. No line stands behind a gap without one before it that says how many are missing;
 * while that finds no room, no other is tried. It goes with the line that follows, so that a disk
 * with room for nothing else is not filled with it.
 *
 * Fails how. open says why. Later lines are lost, and counted.
 */
#include "eventsink.h"

#include "linefile.h"
#include "linesocket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct eg_eventsink {
	struct eg_eventsink_options o;
	struct eg_appendfile *file; /* one of the two */
	struct eg_linesocket *socket;
	uint64_t missing; /* lines lost that no line has said yet */
	uint64_t saying;  /* of them, by the file's next line to be settled; 0: it says nothing */
	uint64_t lost;    /* lines lost since the open */
	char line[EG_EVENTSINK_LINE_MAX + 1];
};

static void lose(struct eg_eventsink *s, uint64_t n)
{
	s->missing += n;
	s->lost += n;
}

/* Of the file: N lines are in it, or lost. */
static void settled(void *ctx, unsigned n, uint64_t first, int error)
{
	struct eg_eventsink *s = ctx;

	(void)first;
	if (s->saying) {
		n--;
		s->missing -= error ? 0 : s->saying;
		s->saying = 0;
	}
	if (error)
		lose(s, n);
}

/* Put the line of LEN bytes that is in s->line. Returns whether there was room for it. */
static bool place(struct eg_eventsink *s, size_t len)
{
	s->line[len++] = '\n';
	if (s->socket)
		return eg_linesocket_put(s->socket, s->line, len);
	eg_appendfile_put(s->file, (const uint8_t *)s->line, len);
	return true;
}

/* Put a line that says what is missing; all before it is settled. It is none of those that can be
 * missing. Returns whether there was room for it. */
static bool place_missing(struct eg_eventsink *s)
{
	size_t len = s->o.missing(s->o.ctx, s->missing, s->line, EG_EVENTSINK_LINE_MAX);

	if (len == 0)
		return false;
	if (s->file)
		s->saying = s->missing;
	if (!place(s, len))
		return false;
	if (s->socket)
		s->missing = 0;
	return true;
}

void eg_eventsink_put(struct eg_eventsink *s, const char *line, size_t len)
{
	if (s->missing)
		eg_eventsink_flush(s);
	if (s->missing && !place_missing(s)) {
		lose(s, 1);
		return;
	}
	memcpy(s->line, line, len);
	if (place(s, len))
		return;
	eg_eventsink_flush(s);
	if (!place(s, len))
		lose(s, 1);
}

void eg_eventsink_flush(struct eg_eventsink *s)
{
	if (s->socket)
		lose(s, eg_linesocket_flush(s->socket));
	else
		eg_appendfile_flush(s->file);
}

bool eg_eventsink_waiting(const struct eg_eventsink *s)
{
	return s->socket && eg_linesocket_waiting(s->socket);
}

static int open_file(struct eg_eventsink *s, const struct eg_refusal *why)
{
	const struct eg_append_options o = {
		.path = s->o.to,
		.format = &eg_linefile,
		.limit = s->o.limit,
		.kept = s->o.kept,
		.settled = settled,
		.ctx = s,
	};

	return eg_appendfile_open(&s->file, &o, why);
}

int eg_eventsink_open(struct eg_eventsink **out, const struct eg_eventsink_options *o,
		      const struct eg_refusal *why)
{
	static const char prefix[] = "unix:";
	struct eg_eventsink *s = calloc(1, sizeof(*s));
	const char *path = o->to + sizeof(prefix) - 1;
	int rc;

	if (!s)
		return eg_refuse(why, -ENOMEM, "no memory for it");
	s->o = *o;
	if (strncmp(o->to, prefix, sizeof(prefix) - 1) == 0)
		rc = eg_linesocket_open(&s->socket, path, why);
	else
		rc = open_file(s, why);
	if (rc)
		free(s);
	else
		*out = s;
	return rc;
}

uint64_t eg_eventsink_close(struct eg_eventsink *s)
{
	uint64_t lost;

	if (!s)
		return 0;
	eg_eventsink_flush(s);
	if (s->missing)
		place_missing(s);
	eg_appendfile_close(s->file);
	lost = s->lost + eg_linesocket_close(s->socket);
	free(s);
	return lost;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capturefile.h"

#include "comment.h"
#include "frame.h"
#include "pcapfile.h"
#include "pcapngfile.h"

#include <errno.h>
#include <string.h>

static const struct eg_capture_format *format_of(const char *path)
{
	static const struct eg_capture_format *const formats[] = { &eg_pcapngfile, &eg_pcapfile };
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t ending = strlen(formats[i]->ending);

		if (n > ending && strcmp(path + n - ending, formats[i]->ending) == 0)
			return formats[i];
	}
	return NULL;
}

bool eg_capturefile_can(const char *path)
{
	return format_of(path) != NULL;
}

int eg_capturefile_open(struct eg_capturefile *c, const char *path, const char *label)
{
	uint8_t start[EG_PAGE];
	int rc;

	memset(c, 0, sizeof(*c));
	c->format = format_of(path);
	if (!c->format)
		return -EINVAL;
	c->rich = c->format == &eg_pcapngfile;
	strncpy(c->about.label, label, sizeof(c->about.label) - 1);
	c->state = c->format->new (&c->about);
	if (!c->state)
		return -ENOMEM;
	rc = eg_outfile_open(&c->file, path);
	if (rc) {
		c->format->free(c->state);
		return rc;
	}
	fwrite(start, 1, c->format->file.begin(c->state, true, start), c->file.stream);
	return 0;
}

void eg_capturefile_put(struct eg_capturefile *c, const struct eg_record *r, const uint8_t *bytes)
{
	char comment[EG_COMMENT_MAX];
	struct eg_packet p = {
		.when = r->when,
		.bytes = bytes,
		.len = r->len,
		.way = r->dir == EG_FROM_GUEST ? EG_PACKET_FROM_GUEST : EG_PACKET_TO_GUEST,
		.comment = comment,
	};
	const uint8_t *record;
	size_t n;

	if (r->kind == EG_RECORD_ANSWER && !c->rich)
		return;
	eg_comment(r, bytes, comment);
	record = c->format->record(c->state, &p, p.len < EG_SNAPLEN ? p.len : EG_SNAPLEN, &n);
	fwrite(record, 1, n, c->file.stream);
	c->about.received += r->kind == EG_RECORD_BLOCKED;
}

int eg_capturefile_done(struct eg_capturefile *c)
{
	uint8_t end[EG_PAGE];

	if (c->format->file.end)
		fwrite(end, 1, c->format->file.end(c->state, end), c->file.stream);
	c->format->free(c->state);
	return eg_outfile_done(&c->file);
}

void eg_capturefile_drop(struct eg_capturefile *c)
{
	c->format->free(c->state);
	eg_outfile_drop(&c->file);
}

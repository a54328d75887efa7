/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A capture is a file of records whose format goes by the ending of its name. */
#include "capture.h"

#include "pcapfile.h"
#include "pcapngfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct eg_capture {
	const struct eg_capture_format *format;
	struct eg_capture_about about;
	void *state;    /* the format's */
	size_t longest; /* packet; a longer one is cut */
	struct eg_appendfile *file;
};

static const struct eg_capture_format *const formats[] = { &eg_pcapngfile, &eg_pcapfile };

static const struct eg_capture_format *format_of(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t ending = strlen(formats[i]->ending);

		if (n > ending && strcmp(path + n - ending, formats[i]->ending) == 0)
			return formats[i];
	}
	return NULL;
}

static void set_label(struct eg_capture *c, const char *label)
{
	size_t n = strnlen(label, sizeof(c->about.label) - 1);

	for (size_t i = 0; i < n; i++)
		c->about.label[i] = label[i] >= ' ' && label[i] <= '~' ? label[i] : '?';
}

/* Open C's file with what of O is not the format's. Returns 0 or a negative errno. */
static int open_file(struct eg_capture *c, const struct eg_append_options *o,
		     const struct eg_refusal *why)
{
	struct eg_append_options all = *o;

	c->format = format_of(o->path);
	if (!c->format)
		return eg_refuse(why, -EINVAL, "does not end in .pcapng or .pcap");
	c->state = c->format->new (&c->about);
	if (!c->state)
		return eg_refuse(why, -ENOMEM, "no memory for it");
	all.format = &c->format->file;
	all.state = c->state;
	c->longest = EG_SNAPLEN;
	/* Each fits into a file, with what stands around it. */
	if (o->limit && o->limit < EG_SNAPLEN + EG_PAGE)
		c->longest = (size_t)o->limit - EG_PAGE;
	return eg_appendfile_open(&c->file, &all, why);
}

int eg_capture_open(struct eg_capture **out, const struct eg_append_options *o, const char *label,
		    const struct eg_refusal *why)
{
	struct eg_capture *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return eg_refuse(why, -ENOMEM, "no memory for it");
	set_label(c, label);
	rc = open_file(c, o, why);
	if (rc) {
		eg_capture_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

void eg_capture_put(struct eg_capture *c, const struct eg_packet *p)
{
	size_t held = p->held && p->held < p->len ? p->held : p->len, len;
	size_t caplen = held < c->longest ? held : c->longest;
	const uint8_t *record = c->format->record(c->state, p, caplen, &len);

	eg_appendfile_put(c->file, record, len);
}

void eg_capture_flush(struct eg_capture *c)
{
	eg_appendfile_flush(c->file);
}

bool eg_capture_has_comments(const struct eg_capture *c)
{
	return c->format == &eg_pcapngfile;
}

void eg_capture_count(struct eg_capture *c, uint64_t received, uint64_t dropped)
{
	c->about.received = received;
	c->about.dropped = dropped;
}

void eg_capture_close(struct eg_capture *c)
{
	if (!c)
		return;
	eg_appendfile_close(c->file);
	if (c->state)
		c->format->free(c->state);
	free(c);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was recorded, read back: captures of both formats, and events.
 *
 * Purpose. Hand out packets (or lines) one after the other from a file of any size that may
 * be cut short, still be written to, or be made by somebody hostile.
 *
 * Life-cycle. open: look at the first bytes and choose the reader. next or line, until they
 * return no more. close.
 *
 * Invariants. over is 1 as long as there may be more; then it is what next returns for ever. Memory
 * is bounded by one block, or one line, and the interfaces of one section.
 *
 * Fails how. What was handed out before a fault stands. A tail that is no whole record is said and
 * is no fault: it is what a crash, or a writer that is still at it, leaves.
 */
#include "format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a file may begin with. */
static const struct magic {
	uint8_t bytes[4];
	uint8_t n;
	enum eg_input_kind kind; /* EMPTY: it is known, and refused */
	const char *refusal;
} magics[] = {
	{ { 0x0a, 0x0d, 0x0d, 0x0a }, 4, EG_INPUT_PCAPNG, NULL },
	{ { 0xa1, 0xb2, 0xc3, 0xd4 }, 4, EG_INPUT_PCAP, NULL },
	{ { 0xd4, 0xc3, 0xb2, 0xa1 }, 4, EG_INPUT_PCAP, NULL },
	{ { 0xa1, 0xb2, 0x3c, 0x4d }, 4, EG_INPUT_PCAP, NULL },
	{ { 0x4d, 0x3c, 0xb2, 0xa1 }, 4, EG_INPUT_PCAP, NULL },
	{ { '{' }, 1, EG_INPUT_EVENTS, NULL },
	{ { '\n', '{' }, 2, EG_INPUT_EVENTS, NULL },
	{ { 0x1f, 0x8b }, 2, EG_INPUT_EMPTY, "is compressed: gzip -dc FILE, and - for FILE" },
	{ { 0x28, 0xb5, 0x2f, 0xfd },
	  4,
	  EG_INPUT_EMPTY,
	  "is compressed: zstd -dc FILE, and - for FILE" },
	{ { 0xfd, '7', 'z', 'X' },
	  4,
	  EG_INPUT_EMPTY,
	  "is compressed: xz -dc FILE, and - for FILE" },
};

static const struct magic *magic_of(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (n >= magics[i].n && memcmp(p, magics[i].bytes, magics[i].n) == 0)
			return &magics[i];
	return NULL;
}

/* Find out what C is. Returns 0 or a negative errno, with trouble said. */
static int begin(struct eg_input *c)
{
	const struct magic *m;

	c->over = 1;
	if (!eg_format_more(c)) {
		c->kind = EG_INPUT_EMPTY;
		return c->over;
	}
	eg_source_peek(&c->source, sizeof(m->bytes));
	m = magic_of(c->source.at, c->source.ready);
	if (!m || m->refusal)
		return eg_format_fail(c, -EINVAL, "%s",
				      m ? m->refusal : "is neither a capture nor a file of events");
	c->kind = m->kind;
	return c->kind == EG_INPUT_PCAP ? eg_format_pcap_begin(c) : 0;
}

static int open_source(struct eg_input **out, const struct eg_source *s, bool owned,
		       char error[EG_INPUT_ERROR_MAX])
{
	struct eg_input *c = calloc(1, sizeof(*c));
	int rc = -ENOMEM;

	snprintf(error, EG_INPUT_ERROR_MAX, "no memory for it");
	if (!c) {
		if (owned)
			close(s->fd);
		return rc;
	}
	c->source = *s;
	c->owned = owned;
	rc = begin(c);
	if (rc == 0) {
		*out = c;
		return 0;
	}
	memcpy(error, c->trouble, sizeof(c->trouble));
	eg_input_close(c);
	return rc;
}

int eg_input_open(struct eg_input **out, const char *path, char error[EG_INPUT_ERROR_MAX])
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct eg_source s;
	int rc;

	if (fd < 0) {
		rc = -errno;
		snprintf(error, EG_INPUT_ERROR_MAX, "%s", strerror(-rc));
		return rc;
	}
	eg_source_fd(&s, fd);
	return open_source(out, &s, !standard, error);
}

int eg_input_open_memory(struct eg_input **out, const void *p, size_t n,
			 char error[EG_INPUT_ERROR_MAX])
{
	struct eg_source s;

	eg_source_memory(&s, p, n);
	return open_source(out, &s, false, error);
}

void eg_input_close(struct eg_input *c)
{
	if (!c)
		return;
	if (c->owned)
		close(c->source.fd);
	eg_source_free(&c->source);
	free(c->interfaces);
	free(c);
}

int eg_input_next(struct eg_input *c, struct eg_input_packet *p)
{
	int rc;

	memset(p, 0, sizeof(*p));
	if (c->over != 1)
		return c->over;
	switch (c->kind) {
	case EG_INPUT_PCAP:
		rc = eg_format_pcap_next(c, p);
		break;
	case EG_INPUT_PCAPNG:
		rc = eg_format_pcapng_next(c, p);
		break;
	default:
		return 0;
	}
	if (rc == 1)
		p->number = ++c->totals.packets;
	return rc;
}

int eg_input_line(struct eg_input *c, struct eg_span *line)
{
	size_t n;

	*line = (struct eg_span){ 0 };
	while (c->over == 1 && c->kind == EG_INPUT_EVENTS && eg_format_more(c)) {
		line->p = eg_source_line(&c->source, EG_INPUT_LINE_MAX, &n);
		line->n = line->p ? n : 0;
		if (line->n > 0)
			return 1;
		c->long_lines += !line->p && n > 0;
	}
	return c->over == 1 ? 0 : c->over;
}

bool eg_input_cut(const struct eg_input *c)
{
	return c->source.cut;
}

enum eg_input_kind eg_input_kind(const struct eg_input *c)
{
	return c->kind;
}

uint64_t eg_input_long_lines(const struct eg_input *c)
{
	return c->long_lines;
}

const char *eg_input_trouble(const struct eg_input *c)
{
	return c->trouble[0] ? c->trouble : NULL;
}

bool eg_input_failed(const struct eg_input *c)
{
	return c->over < 0;
}

const struct eg_input_totals *eg_input_totals(const struct eg_input *c)
{
	return &c->totals;
}

uint64_t eg_input_offset(const struct eg_input *c)
{
	return c->source.offset;
}

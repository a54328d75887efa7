/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classic captures: pcap-savefile(5). A header, then records of 16 bytes and what was captured. */
#include "format.h"

#include "note.h"

#include <errno.h>

enum { HEADER = 24, RECORD = 16 };

int eg_format_pcap_begin(struct eg_input *c)
{
	const uint8_t *h = eg_source_peek(&c->source, HEADER);

	if (!h)
		return eg_format_fail(c, -EINVAL, "ends within its header");
	c->big_endian = h[0] == 0xa1;
	c->tick = eg_format_get32(c, h) == 0xa1b23c4d ? 1 : 1000;
	if (eg_format_get16(c, h + 4) != 2)
		return eg_format_fail(c, -EINVAL, "is a .pcap of an unknown version");
	c->ours = eg_format_get32(c, h + 12) == EG_NOTE_PCAP_MARK;
	/* What stands above the low 16 bits is about checksums of frames. */
	c->linktype = (uint16_t)eg_format_get32(c, h + 20);
	eg_source_take(&c->source, HEADER);
	return 0;
}

int eg_format_pcap_next(struct eg_input *c, struct eg_input_packet *p)
{
	uint64_t start = c->source.offset;
	const uint8_t *h;
	uint32_t caplen;

	if (!eg_format_more(c))
		return c->over;
	h = eg_source_peek(&c->source, RECORD);
	if (!h)
		return eg_format_torn(c, start);
	caplen = eg_format_get32(c, h + 8);
	if (caplen > EG_INPUT_BLOCK_MAX)
		return eg_format_fail(c, -EINVAL, "is damaged at byte %llu: a packet of %lu bytes",
				      (unsigned long long)start, (unsigned long)caplen);
	h = eg_source_peek(&c->source, RECORD + (size_t)caplen);
	if (!h)
		return eg_format_torn(c, start);
	p->when_ns = eg_format_when(eg_format_get32(c, h), 0);
	p->when_ns += (uint64_t)eg_format_get32(c, h + 4) * c->tick;
	p->timed = true;
	p->linktype = c->linktype;
	p->noted = c->ours;
	p->len = eg_format_get32(c, h + 12);
	p->bytes = (struct eg_span){ .p = h + RECORD, .n = caplen };
	eg_source_take(&c->source, RECORD + (size_t)caplen);
	return 1;
}

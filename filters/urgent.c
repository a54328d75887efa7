/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Urgent data of a guest's passes as plain data, in its place: nobody can rely on more (RFC
 * 6093 3.4). libslirp 4.7 believes an urgent pointer, whatever has come yet; for one behind a
 * gap it sends the host's client what stands in its memory, and does not stop.
 */
#include "urgent.h"

#include "checksum.h"

enum { AT_FLAGS = 13, AT_URGENT = 18 };

size_t eg_urgent_to_plain(const struct eg_frame *f, uint8_t out[EG_FRAME_MAX])
{
	uint8_t *header = out + f->l4_off;

	memcpy(out, f->bytes, f->len);
	header[AT_FLAGS] &= (uint8_t)~EG_TCP_URG;
	eg_put16(header + AT_URGENT, 0);
	eg_checksum_fill(out, f->len);
	return f->len;
}

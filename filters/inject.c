/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two rings of bytes, one for each direction. A frame stands in its ring after two bytes that say
 * its length.
 */
#include "inject.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)EG_FRAME_MAX <= UINT16_MAX, "a length fits in two bytes");

struct eg_injects *eg_injects_new(void)
{
	struct eg_injects *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	for (int dir = 0; dir < 2; dir++)
		b->rings[dir] = eg_ring(b->bytes[dir], sizeof(b->bytes[dir]));
	return b;
}

void eg_injects_free(struct eg_injects *b)
{
	free(b);
}

bool eg_inject_has_room(const struct eg_injects *b, enum eg_dir dir, size_t len)
{
	return len + sizeof(uint16_t) <= eg_ring_room(&b->rings[dir]);
}

bool eg_inject(struct eg_injects *b, enum eg_dir dir, const uint8_t *frame, size_t len)
{
	uint16_t head = (uint16_t)len;

	if (len == 0 || len > EG_FRAME_MAX || !eg_inject_has_room(b, dir, len))
		return false;
	eg_ring_write(&b->rings[dir], &head, sizeof(head));
	eg_ring_write(&b->rings[dir], frame, len);
	return true;
}

size_t eg_inject_take(struct eg_injects *b, enum eg_dir dir, uint8_t out[EG_FRAME_MAX])
{
	uint16_t len;

	if (!eg_inject_waits(b, dir))
		return 0;
	eg_ring_read(&b->rings[dir], &len, sizeof(len));
	eg_ring_read(&b->rings[dir], out, len);
	return len;
}

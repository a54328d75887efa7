/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "replies.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct slot {
	size_t len;
	uint8_t frame[EG_REPLY_MAX];
};

struct eg_replies {
	int fd;
	size_t head, count;
	struct slot slots[EG_REPLIES_MAX];
};

struct eg_replies *eg_replies_new(void)
{
	struct eg_replies *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->fd < 0) {
		free(r);
		return NULL;
	}
	return r;
}

void eg_replies_free(struct eg_replies *r)
{
	if (!r)
		return;
	close(r->fd);
	free(r);
}

int eg_replies_fd(const struct eg_replies *r)
{
	return r->fd;
}

bool eg_replies_put(struct eg_replies *r, const uint8_t *frame, size_t len)
{
	struct slot *slot = &r->slots[(r->head + r->count) % EG_REPLIES_MAX];

	if (r->count == EG_REPLIES_MAX || len > EG_REPLY_MAX)
		return false;
	/* The counter goes from 0 to 1 at most, so this can neither wait nor fail. */
	if (r->count == 0 && eventfd_write(r->fd, 1) < 0)
		return false;
	memcpy(slot->frame, frame, len);
	slot->len = len;
	r->count++;
	return true;
}

size_t eg_replies_take(struct eg_replies *r, uint8_t *buf, size_t size)
{
	struct slot *slot = &r->slots[r->head];
	eventfd_t value;
	size_t len;

	if (r->count == 0)
		return 0;
	len = slot->len < size ? slot->len : size;
	memcpy(buf, slot->frame, len);
	r->head = (r->head + 1) % EG_REPLIES_MAX;
	r->count--;
	if (r->count == 0)
		(void)eventfd_read(r->fd, &value);
	return len;
}

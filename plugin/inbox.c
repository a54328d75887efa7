/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inbox.h"

#include "ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct eg_inbox {
	int fd;
	atomic_bool waits; /* whether the ring has something in it */
	struct eg_ring ring;
	uint8_t bytes[EG_INBOX_SIZE];
};

struct eg_inbox *eg_inbox_new(void)
{
	struct eg_inbox *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->fd < 0) {
		int saved = errno;

		free(b);
		errno = saved;
		return NULL;
	}
	b->ring = eg_ring(b->bytes, sizeof(b->bytes));
	return b;
}

void eg_inbox_free(struct eg_inbox *b)
{
	if (!b)
		return;
	close(b->fd);
	free(b);
}

int eg_inbox_fd(const struct eg_inbox *b)
{
	return b->fd;
}

bool eg_inbox_waits(const struct eg_inbox *b)
{
	return atomic_load(&b->waits);
}

/* Say that something waits, and only then make the descriptor readable: a receiver that was woken
 * and then finds nothing waits in the network, with our frame here. Returns false where it cannot.
 */
static bool wake(struct eg_inbox *b)
{
	atomic_store(&b->waits, true);
	/* The counter goes from 0 to 1 at most, so this can neither wait nor fail. */
	if (eventfd_write(b->fd, 1) == 0)
		return true;
	atomic_store(&b->waits, false);
	return false;
}

bool eg_inbox_put(struct eg_inbox *b, const uint8_t *frame, size_t len)
{
	uint32_t head = (uint32_t)len;

	if (len > UINT32_MAX || len + sizeof(head) > eg_ring_room(&b->ring))
		return false;
	if (b->ring.used == 0 && !wake(b))
		return false;
	eg_ring_write(&b->ring, &head, sizeof(head));
	eg_ring_write(&b->ring, frame, len);
	return true;
}

size_t eg_inbox_take(struct eg_inbox *b, uint8_t *buf, size_t size)
{
	eventfd_t value;
	uint32_t len;

	if (b->ring.used == 0)
		return 0;
	eg_ring_read(&b->ring, &len, sizeof(len));
	if (len < size)
		size = len;
	eg_ring_read(&b->ring, buf, size);
	eg_ring_skip(&b->ring, len - size);
	if (b->ring.used == 0) {
		(void)eventfd_read(b->fd, &value);
		atomic_store(&b->waits, false);
	}
	return size;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our own answers, waiting for the guest to receive them. */
#ifndef EG_REPLIES_H
#define EG_REPLIES_H

#include "reply.h"

enum { EG_REPLIES_MAX = 256 };

struct eg_replies;

/* An empty queue, or NULL with errno set. The caller's. Not thread-safe. */
struct eg_replies *eg_replies_new(void);
void eg_replies_free(struct eg_replies *r); /* NULL is fine */

/* A descriptor that is readable exactly while answers wait. Stays the queue's. */
int eg_replies_fd(const struct eg_replies *r);

/* Add LEN bytes at FRAME (at most EG_REPLY_MAX). Returns false where EG_REPLIES_MAX wait already.
 */
bool eg_replies_put(struct eg_replies *r, const uint8_t *frame, size_t len);

/* Move the oldest to BUF, SIZE bytes; what is longer is cut off, as recv(2) does
 * with a datagram. Returns its length, 0 where none waits. */
size_t eg_replies_take(struct eg_replies *r, uint8_t *buf, size_t size);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that wait for the guest to receive them: our answers, and fragments that were held. */
#ifndef EG_INBOX_H
#define EG_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EG_INBOX_SIZE = 192 * 1024 }; /* bytes: the parts of a datagram, and some 400 answers */

struct eg_inbox;

/* An empty inbox, or NULL with errno set. The caller's. Not thread-safe but for eg_inbox_waits. */
struct eg_inbox *eg_inbox_new(void);
void eg_inbox_free(struct eg_inbox *b); /* NULL is fine */

/* A descriptor that is readable exactly while frames wait. Stays the inbox's. */
int eg_inbox_fd(const struct eg_inbox *b);

/* Whether a frame waits, or is just being put or taken: true whenever the descriptor is readable.
 * Any thread may ask at any time. */
bool eg_inbox_waits(const struct eg_inbox *b);

/* Add the frame of LEN bytes at FRAME. Returns false, and takes nothing, where it does not fit. */
bool eg_inbox_put(struct eg_inbox *b, const uint8_t *frame, size_t len);

/* Move the oldest to BUF, SIZE bytes; what is longer is cut off, as recv(2) does
 * with a datagram. Returns its length, 0 where none waits. */
size_t eg_inbox_take(struct eg_inbox *b, uint8_t *buf, size_t size);

#endif

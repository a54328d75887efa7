/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A row of records in memory, each with the bytes behind it. */
#ifndef EG_BATCH_H
#define EG_BATCH_H

#include "record.h"

#include <stddef.h>
#include <string.h>

struct eg_item {
	struct eg_record record;
	uint64_t number; /* the writer's: the packet's in its capture, 0: in none */
	uint8_t bytes[]; /* record.len */
};

struct eg_batch {
	uint8_t *bytes; /* the owner's, aligned as malloc does */
	size_t size, used;
};

/* What a record with LEN bytes takes; what follows it is aligned. */
static inline size_t eg_item_size(uint32_t len)
{
	return (sizeof(struct eg_item) + len + 7) & ~(size_t)7;
}

/* Append R, whose len bytes are at BYTES. Returns false, and takes nothing, where there is no room.
 */
static inline bool eg_batch_add(struct eg_batch *b, const struct eg_record *r, const void *bytes)
{
	struct eg_item *item = (struct eg_item *)(b->bytes + b->used);

	if (r->len > b->size || eg_item_size(r->len) > b->size - b->used)
		return false;
	item->record = *r;
	item->number = 0;
	if (r->len)
		memcpy(item->bytes, bytes, r->len);
	b->used += eg_item_size(r->len);
	return true;
}

/* The record behind ITEM (NULL: the first), or NULL where there is none. */
static inline struct eg_item *eg_batch_next(const struct eg_batch *b, const struct eg_item *item)
{
	size_t at = item ? (size_t)((const uint8_t *)item - b->bytes) : 0;

	if (item)
		at += eg_item_size(item->record.len);
	return at < b->used ? (struct eg_item *)(b->bytes + at) : NULL;
}

#endif

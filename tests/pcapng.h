/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reader of pcapng files for tests, which knows nothing of the writer: strict where the format
 * (draft-ietf-opsawg-pcapng) says must, and further: no block but a packet crosses a page.
 */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcapng_packet {
	uint64_t time; /* ns since 1970 */
	const uint8_t *bytes;
	uint32_t caplen, len;
	uint32_t flags;
	const char *comment; /* "": none */
	unsigned section;    /* from 1 */
};

struct pcapng {
	uint8_t *bytes; /* the file */
	size_t size;
	unsigned sections, statistics;
	unsigned crossing;             /* packets that cross a page */
	char userappl[128], name[256]; /* of the last section */
	uint32_t snaplen;
	uint64_t received, dropped; /* of the last statistics */
	struct pcapng_packet *packets;
	size_t count;
	const char *fault; /* NULL: it is whole */
	size_t fault_at;
};

/* Read PATH into P; fault says what is wrong. pcapng_free gives back all that it took. */
void pcapng_read(struct pcapng *p, const char *path);
void pcapng_free(struct pcapng *p);

#endif

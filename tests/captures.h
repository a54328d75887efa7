/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captures for tests, made byte by byte and otherwise than any reader or writer that is tested. */
#ifndef CAPTURES_H
#define CAPTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file in the making. To start: zero everything. */
struct captures {
	uint8_t *p; /* owned: captures_free */
	size_t n, room;
	bool big; /* byte order of what is added from now on */
};

void captures_free(struct captures *c);
void captures_bytes(struct captures *c, const void *p, size_t n);
void captures_8(struct captures *c, uint8_t v);
void captures_16(struct captures *c, uint16_t v);
void captures_32(struct captures *c, uint32_t v);

/* .pcap: the header (Ethernet), and a record. */
void captures_pcap(struct captures *c, uint32_t magic);
void captures_record(struct captures *c, uint32_t seconds, uint32_t fraction, const void *p,
		     uint32_t n);

/* .pcapng: blocks. A block of any type is what was added between the two calls: the first returns
 * what the second takes. */
size_t captures_begin(struct captures *c, uint32_t type);
void captures_end(struct captures *c, size_t begin);
void captures_option(struct captures *c, uint16_t code, const void *value, size_t n);

void captures_section(struct captures *c);
/* Ethernet; NAME may be NULL, and RESOLUTION 6: no option then. */
void captures_interface(struct captures *c, const char *name, uint8_t resolution);
/* COMMENT may be NULL, FLAGS 0. */
void captures_packet(struct captures *c, uint32_t interface, uint64_t ticks, const void *p,
		     uint32_t n, const char *comment, uint32_t flags);

#endif

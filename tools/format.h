/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the reader of captures and those of its two formats share. */
#ifndef EG_FORMAT_H
#define EG_FORMAT_H

#include "input.h"

/* An interface of a .pcapng, as long as its section lasts. */
struct eg_format_interface {
	uint16_t linktype;
	uint8_t resolution; /* if_tsresol as it stands in the file */
	uint8_t name_len;
	uint32_t snaplen; /* 0: none */
	int64_t offset;   /* if_tsoffset, seconds */
	uint8_t name[EG_INPUT_NAME_MAX];
};

struct eg_input {
	struct eg_source source;
	enum eg_input_kind kind;
	bool owned;      /* the source's descriptor is ours to close */
	bool big_endian; /* of the file, or of the section */
	int over;        /* 1: there may be more; else what every further call returns */
	uint64_t long_lines;
	struct eg_input_totals totals;
	char trouble[EG_INPUT_ERROR_MAX]; /* "": none */

	/* .pcap */
	uint16_t linktype;
	bool ours;     /* the module wrote it */
	uint32_t tick; /* ns */

	/* .pcapng */
	struct eg_format_interface *interfaces; /* owned */
	uint32_t interface_count, interface_room;
};

/* Numbers in the byte order that C stands in. */
uint16_t eg_format_get16(const struct eg_input *c, const uint8_t *p);
uint32_t eg_format_get32(const struct eg_input *c, const uint8_t *p);

/* Nothing more comes of C: say why in its trouble. Returns RC, and so does every further call. */
int eg_format_fail(struct eg_input *c, int rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same where a peek said no within a record that began at START: the tail is torn off, or the
 * file cannot be read. */
int eg_format_torn(struct eg_input *c, uint64_t start);

/* Whether another record begins. Where not, C is over, in peace unless it cannot be read. */
bool eg_format_more(struct eg_input *c);

/* Seconds and nanoseconds as one number, the largest where they do not fit. */
uint64_t eg_format_when(uint64_t seconds, uint32_t ns);

/* Take the header of a .pcap, which a peek has shown. Returns 0 or a negative errno with trouble
 * said. */
int eg_format_pcap_begin(struct eg_input *c);

/* As eg_input_next. */
int eg_format_pcap_next(struct eg_input *c, struct eg_input_packet *p);
int eg_format_pcapng_next(struct eg_input *c, struct eg_input_packet *p);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Captures and event files, read in one pass: see input.c. */
#ifndef EG_INPUT_H
#define EG_INPUT_H

#include "source.h"

enum {
	EG_INPUT_ERROR_MAX = 256,
	EG_INPUT_BLOCK_MAX = 16 << 20, /* bytes of a record, as other readers bound it */
	EG_INPUT_LINE_MAX = 1 << 20,   /* bytes of an event */
	EG_INPUT_NAME_MAX = 63,        /* bytes of an interface's name that are kept */
	EG_LINKTYPE_ETHERNET = 1,
};

enum eg_input_kind {
	EG_INPUT_EMPTY, /* no byte in it */
	EG_INPUT_PCAP,
	EG_INPUT_PCAPNG,
	EG_INPUT_EVENTS, /* lines of JSON: eg_input_line */
};

/* What the two directions of pcapng's epb_flags mean here. */
enum eg_input_dir { EG_INPUT_UNKNOWN, EG_INPUT_TO_GUEST, EG_INPUT_FROM_GUEST };

/* One packet. What points, points into the capture, until the next call on it. */
struct eg_input_packet {
	uint64_t number;  /* in its file from 1 on, as Wireshark numbers it */
	uint64_t when_ns; /* since 1970 UTC */
	bool timed;       /* when_ns was said (simple packet blocks say none) */
	enum eg_input_dir dir;
	uint16_t linktype;
	bool noted;             /* its file says that notes without a comment are the module's */
	uint32_t len;           /* as sent */
	struct eg_span bytes;   /* as captured: bytes.n is at most len, but in files that lie */
	struct eg_span comment; /* the first that begins with "egress ", else the first; or empty */
	struct eg_span guest;   /* the interface's name; or empty */
};

/* What the file says of itself, as far as it was read. */
struct eg_input_totals {
	uint64_t packets;  /* handed out */
	uint64_t sections; /* of pcapng */
	uint64_t received; /* isb_ifrecv, of all interfaces */
	uint64_t dropped;  /* isb_ifdrop */
};

struct eg_input;

/* Open PATH ("-": standard input) and find out by its first bytes what it is. Returns 0 and *OUT,
 * the caller's to close; or a negative errno and one printable line in ERROR (without PATH). An
 * empty file opens. */
int eg_input_open(struct eg_input **out, const char *path, char error[EG_INPUT_ERROR_MAX]);

/* The same for N bytes at P, which must stand until it is closed. */
int eg_input_open_memory(struct eg_input **out, const void *p, size_t n,
			 char error[EG_INPUT_ERROR_MAX]);

void eg_input_close(struct eg_input *c); /* NULL is fine */

enum eg_input_kind eg_input_kind(const struct eg_input *c);

/* The next packet of a capture into P. Returns 1; 0 at the end; or a negative errno where the rest
 * cannot be used (-EINVAL: it is damaged), and the same at every further call. What was handed out
 * before stands. */
int eg_input_next(struct eg_input *c, struct eg_input_packet *p);

/* The next line of an event file into LINE, without its newline; lines that are empty or too long
 * are passed over (the latter counted). Returns as eg_input_next does. */
int eg_input_line(struct eg_input *c, struct eg_span *line);

/* Whether the line handed out last has no newline behind it: its writer may be at it still. */
bool eg_input_cut(const struct eg_input *c);

/* Lines that were too long so far. */
uint64_t eg_input_long_lines(const struct eg_input *c);

/* What went wrong, one printable line; NULL where nothing did. After eg_input_next returned 0:
 * that the tail was torn off, by a crash or because the writer is at it; the rest was used. */
const char *eg_input_trouble(const struct eg_input *c);

/* Whether the rest could not be used: it is over, and not in peace. */
bool eg_input_failed(const struct eg_input *c);

const struct eg_input_totals *eg_input_totals(const struct eg_input *c);

/* Bytes taken so far, for those who show progress. */
uint64_t eg_input_offset(const struct eg_input *c);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A capture file, in the format that its name asks for: see capture.c. */
#ifndef EG_CAPTURE_H
#define EG_CAPTURE_H

#include "appendfile.h"

#include <time.h>

/* What both formats take as the longest packet, as tcpdump and Wireshark do. */
enum { EG_SNAPLEN = 262144 };

/* Which way a packet travels, as pcapng's flags have it. */
enum eg_packet_way { EG_PACKET_NOWHERE, EG_PACKET_TO_GUEST, EG_PACKET_FROM_GUEST };

/* A packet to be recorded. All pointers are the caller's. */
struct eg_packet {
	struct timespec when; /* wall clock */
	const uint8_t *bytes;
	size_t len;
	size_t held; /* of len, what is to be recorded; 0: all of it */
	enum eg_packet_way way;
	bool note;           /* it is one of ours, and else was sent by somebody */
	const char *comment; /* printable ASCII; NULL: none. Classic captures have none */
};

/* What stands in a capture of its interface, as far as the format has a place for it. */
struct eg_capture_about {
	char label[256];            /* the guest's, printable ASCII */
	uint64_t received, dropped; /* frames blocked, and those of them that are not in it */
};

/* What is particular to a format of captures: see pcapngfile.h and pcapfile.h. */
struct eg_capture_format {
	const char *ending; /* of the file's name */
	struct eg_append_format file;
	/* A state of the format's, which reads ABOUT as long as it lives; NULL where memory is
	 * short. */
	void *(*new)(const struct eg_capture_about *about);
	void (*free)(void *state);
	/* Format P, cut to CAPLEN bytes. Returns where the record stands, the state's until the
	 * next call, and its length in *LEN. */
	const uint8_t *(*record)(void *state, const struct eg_packet *p, size_t caplen,
				 size_t *len);
};

struct eg_capture;

/* The file is O->path, and o->format and O->state are for this function to set; LABEL names the
 * guest. Returns as eg_appendfile_open does. */
int eg_capture_open(struct eg_capture **out, const struct eg_append_options *o, const char *label,
		    const struct eg_refusal *why);

/* Add P; it is settled as eg_append_options says. */
void eg_capture_put(struct eg_capture *c, const struct eg_packet *p);

void eg_capture_flush(struct eg_capture *c);

/* Whether packets can have comments and directions in it. */
bool eg_capture_has_comments(const struct eg_capture *c);

/* What the statistics at the end of each file say from now on. */
void eg_capture_count(struct eg_capture *c, uint64_t received, uint64_t dropped);

/* Flush, end and close C; NULL is fine. */
void eg_capture_close(struct eg_capture *c);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scenes: frames in a notation for people, and what is to become of them. How they are
 * written is in scenes/README.md. Lines are cut into words (scene_words.c), words become
 * frames (scene_frame.c, scene_message.c), and frames are judged (scene_play.c).
 */
#ifndef SCENE_H
#define SCENE_H

#include "packet.h"
#include "pipeline.h"

enum { SCENE_WORDS = 128, SCENE_LINE = 4096, SCENE_ERROR = 512, SCENE_DATA = 8192 };

/* One line, and how much of it has been read. Errors stick: the first one stays. */
struct scene_line {
	char text[SCENE_LINE]; /* the words, each with a NUL behind it */
	const char *word[SCENE_WORDS];
	size_t count, at;
	char error[SCENE_ERROR]; /* "" where all is well */
};

/* What a frame means that does not stand in its line. */
struct scene_context {
	enum eg_dir dir;
	uint16_t left_port, left_id;   /* of the last query that left */
	uint8_t left_name[256];       /* as it left */
};

struct scene_data {
	uint8_t bytes[SCENE_DATA];
	size_t n;
};

/* Cut TEXT into words; a '#' that begins one begins a comment. */
void scene_cut(struct scene_line *l, const char *text);
void scene_fail(struct scene_line *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The next word; "" with an error where there is none. */
const char *scene_next(struct scene_line *l);
/* Whether the next word is WORD, which is then read. */
bool scene_is(struct scene_line *l, const char *word);
/* Whether the line, or what stands in its parentheses, ends here. */
bool scene_ends(const struct scene_line *l);

/* The next word as what it should be; else 0, and an error. */
uint32_t scene_number(struct scene_line *l, uint32_t most);
uint64_t scene_time(struct scene_line *l); /* ms */
void scene_hex(struct scene_line *l, struct scene_data *d);
void scene_mac(struct scene_line *l, uint8_t mac[6]);

/* An address, with a port where PORTS. Returns 4 or 6, or 0 with an error. */
int scene_end(struct scene_line *l, struct packet_end *end, const struct scene_context *c,
	      bool ports);
/* "A > B": returns 4 or 6, or 0 with an error. */
int scene_ends_of(struct scene_line *l, struct packet_end *from, struct packet_end *to,
		  const struct scene_context *c, bool ports);

/* Read a frame into BUF (PACKET_MAX bytes). Returns its length, 0 with an error. */
size_t scene_frame(struct scene_line *l, const struct scene_context *c, uint8_t *buf);

/* Read one change and make it to the frame of N bytes at BUF. Returns its new length. */
size_t scene_change(struct scene_line *l, uint8_t *buf, size_t n);

/* Messages, added to D. */
void scene_dns(struct scene_line *l, const struct scene_context *c, struct scene_data *d);
void scene_dhcp(struct scene_line *l, const uint8_t mac[6], struct scene_data *d);

void scene_add(struct scene_line *l, struct scene_data *d, const void *p, size_t n);
void scene_add16(struct scene_line *l, struct scene_data *d, unsigned int v);
void scene_add32(struct scene_line *l, struct scene_data *d, uint32_t v);

/* Play the scene TEXT, called NAME. Returns NULL, or the mismatch as NAME:LINE: what is
 * wrong, valid until the next play. */
const char *scene_play(const char *name, const char *text);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scene, line by line: policy, time, frames, and what is to become of them. */
#include "scene.h"
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct play {
	struct scene_line line;
	struct scene_context context;
	struct eg_words words;
	struct eg_pipeline *pipeline; /* NULL before the first frame: policy may still be said */
	uint64_t now;
	uint8_t frame[PACKET_MAX]; /* as sent */
	size_t len;                /* 0: none that waits for its verdict */
	uint32_t times;
	uint8_t left[PACKET_MAX]; /* what left for the last frame */
	size_t left_len;
	struct eg_outcome out;
	bool judged;
};

static bool is_same(const uint8_t *a, size_t n, const uint8_t *b, size_t m)
{
	return n == m && memcmp(a, b, n) == 0;
}

/* Where the transport header of a frame that we sent ourselves begins. */
static size_t l4_of(const uint8_t *f)
{
	return f[12] == 0x86 ? PACKET_L4_6 : PACKET_L4_4;
}

static const char *const rcodes[] = { "noerror",  "formerr", "servfail",
				      "nxdomain", "notimp",  "refused" };

/* The same of N bytes of TCP: an answer of DNS after its length field, or something else. */
static const char *kind_of_tcp(const uint8_t *tcp, size_t n)
{
	size_t at = (size_t)(tcp[12] >> 4) * 4 + 2;

	if (tcp[13] & 4)
		return "rst";
	if (n < at)
		return "ack";
	return n >= at + 12 && tcp[at + 2] & 0x80 && (tcp[at + 3] & 15) < 6
		       ? rcodes[tcp[at + 3] & 15]
		       : "data";
}

/* Whether the N bytes of UDP at P end in a bare OPT with the upper bits of BADVERS. */
static bool is_badvers(const uint8_t *p, size_t n)
{
	return n >= 8 + 12 + 11 && p[8 + 11] == 1 && p[n - 9] == 41 && p[n - 6] == 1;
}

/* What an answer to the guest is, in one word. */
static const char *kind_of(const uint8_t *f, size_t n)
{
	size_t l4 = n ? l4_of(f) : 0;
	uint8_t proto = n ? f[l4 == PACKET_L4_6 ? 20 : 23] : 0;

	if (n == 0)
		return "none";
	if (n >= l4 + 20 && proto == 6)
		return kind_of_tcp(f + l4, n - l4);
	if (proto == 1 || proto == 58)
		return "prohibited";
	if (is_badvers(f + l4, n - l4))
		return "badvers";
	if (n >= l4 + 20 && proto == 17 && (f[l4 + 11] & 15) < 6)
		return rcodes[f[l4 + 11] & 15];
	return "something";
}

static void describe_pass(const struct eg_outcome *o, const char *how, char *text, size_t room)
{
	size_t at = (size_t)snprintf(text, room, "pass%s", how);

	if (o->parts)
		at += (size_t)snprintf(text + at, room - at, " with %zu held",
				       eg_datagram_parts(o->parts));
	if (o->reason)
		snprintf(text + at, room - at, " despite %s", eg_reason_word(o->reason));
}

/* What became of the last frame, as a scene says it. */
static void describe(const struct play *p, char *text, size_t room)
{
	const struct eg_outcome *o = &p->out;
	const char *how = " rebuilt";

	if (o->verdict == EG_JOIN) {
		snprintf(text, room, "join");
	} else if (o->verdict == EG_HOLD) {
		snprintf(text, room, "hold");
	} else if (o->verdict == EG_BLOCK) {
		snprintf(text, room, "block %s reply %s%s%s", eg_reason_word(o->reason),
			 kind_of(o->reply, o->reply_len), p->left_len ? " leaves " : "",
			 p->left_len ? kind_of(p->left, p->left_len) : "");
	} else {
		if (is_same(p->left, p->left_len, p->frame, p->len))
			how = "";
		else if (p->left_len < p->len && memcmp(p->left, p->frame, p->left_len) == 0)
			how = " cut";
		describe_pass(o, how, text, room);
	}
}

/* What the line expects, in the same words. */
static void expected(const struct scene_line *l, char *text, size_t room)
{
	size_t at = 0;
	bool block = strcmp(l->word[0], "block") == 0;

	for (size_t i = 0; i < l->count && at < room; i++) {
		bool told = block && i == 2 && strcmp(l->word[i], "reply") != 0;

		at += (size_t)snprintf(text + at, room - at, "%s%s%s", i ? " " : "",
				       told ? "reply none " : "", l->word[i]);
	}
	if (block && l->count == 2 && at < room)
		snprintf(text + at, room - at, " reply none");
}

static bool start(struct play *p)
{
	const struct eg_seed seed = { 3, 4 };

	if (!p->pipeline)
		p->pipeline = eg_pipeline_new(p->words.policy, &seed, NULL, NULL);
	return p->pipeline;
}

/* The port and id of a query that left, for the answer to it. */
static void note_query(struct scene_context *c, const uint8_t *left, size_t n)
{
	size_t l4 = n ? l4_of(left) : 0;

	if (n < l4 + 8 + 12 + 5 || left[l4 == PACKET_L4_6 ? 20 : 23] != 17 ||
	    eg_get16(left + l4 + 2) != 53)
		return;
	c->left_port = eg_get16(left + l4);
	c->left_id = eg_get16(left + l4 + 8);
	memset(c->left_name, 0, sizeof(c->left_name));
	n -= l4 + 20;
	memcpy(c->left_name, left + l4 + 20, n < 255 ? n : 255);
}

/* Judge the frame that waits, from memory that ends where it does. */
static void judge(struct play *p)
{
	uint8_t *copy = guarded_copy(p->frame, p->len);

	if (p->context.dir == EG_FROM_GUEST)
		eg_pipeline_from_guest(p->pipeline, copy, p->len, p->now, &p->out);
	else
		eg_pipeline_from_network(p->pipeline, copy, p->len, p->now, &p->out);
	p->left_len = p->out.out ? p->out.out_len : 0;
	if (p->left_len > sizeof(p->left))
		scene_fail(&p->line, "%zu bytes left", p->left_len);
	else if (p->out.out)
		memcpy(p->left, p->out.out, p->left_len);
	if (p->context.dir == EG_FROM_GUEST && p->out.verdict == EG_PASS)
		note_query(&p->context, p->left, p->left_len);
	guarded_free(copy, p->len);
}

static void take_verdict(struct play *p)
{
	char is[128], want[SCENE_ERROR];

	if (p->len == 0) {
		scene_fail(&p->line, "no frame stands before this verdict");
		return;
	}
	expected(&p->line, want, sizeof(want));
	for (uint32_t i = 0; i < p->times && !p->line.error[0]; i++) {
		judge(p);
		describe(p, is, sizeof(is));
		if (strcmp(is, want) != 0)
			scene_fail(&p->line, "expected \"%.160s\", got \"%s\"", want, is);
	}
	p->len = 0;
	p->judged = true;
	p->times = 1;
}

static void take_frame(struct play *p, enum eg_dir dir)
{
	if (p->len != 0)
		scene_fail(&p->line, "the frame before this one has no verdict");
	if (!start(p))
		scene_fail(&p->line, "no memory for the pipeline");
	p->context.dir = dir;
	p->len = scene_frame(&p->line, &p->context, p->frame);
	if (!p->line.error[0] && p->line.at != p->line.count)
		scene_fail(&p->line, "a ) without its (");
}

/* Compare the N bytes at B with the frame that the line says, of DIR. */
static void compare(struct play *p, const char *what, enum eg_dir dir, const uint8_t *b, size_t n)
{
	static uint8_t want[PACKET_MAX];
	struct scene_context c = p->context;
	size_t len, at = 0;

	c.dir = dir;
	len = scene_frame(&p->line, &c, want);
	if (!p->judged)
		scene_fail(&p->line, "no frame stands before this");
	while (at < n && at < len && b[at] == want[at])
		at++;
	if (n != len || at < n)
		scene_fail(&p->line, "what %s has %zu bytes, not %zu, and differs at byte %zu",
			   what, n, len, at);
}

/* The next frame that the filter sends of its own, and to whom. */
static void take_own(struct play *p)
{
	static uint8_t own[EG_FRAME_MAX];
	bool to_guest = scene_is(&p->line, "guest");
	enum eg_dir dir = to_guest ? EG_FROM_NETWORK : EG_FROM_GUEST;
	bool nothing = !to_guest && scene_is(&p->line, "nothing");
	size_t n;

	if (nothing) {
		if (p->pipeline && (eg_pipeline_injects(p->pipeline, EG_FROM_GUEST) ||
				    eg_pipeline_injects(p->pipeline, EG_FROM_NETWORK)))
			scene_fail(&p->line, "something is sent");
		return;
	}
	if (!to_guest && !scene_is(&p->line, "network"))
		scene_fail(&p->line, "sends guest, sends network, or sends nothing");
	n = p->pipeline ? eg_pipeline_take_injected(p->pipeline, dir, own) : 0;
	if (dir == EG_FROM_GUEST)
		note_query(&p->context, own, n);
	if (n == 0)
		scene_fail(&p->line, "nothing is sent");
	else
		compare(p, "is sent", dir, own, n);
}

static void take_policy(struct play *p)
{
	char value[SCENE_LINE] = "";
	const char *word = scene_next(&p->line);

	for (size_t at = 0; p->line.at < p->line.count;)
		at += (size_t)snprintf(value + at, sizeof(value) - at, "%s ", scene_next(&p->line));
	value[strlen(value) - !!value[0]] = '\0';
	if (p->pipeline)
		scene_fail(&p->line, "policy comes before the first frame");
	else if (eg_words_apply(&p->words, word, value) != 0)
		scene_fail(&p->line, "%s", p->words.error);
}

static void take_time(struct play *p, bool after)
{
	uint64_t ms = scene_time(&p->line) + (after ? p->now : 0);

	if (p->len != 0)
		scene_fail(&p->line, "the frame before this has no verdict");
	if (ms < p->now)
		scene_fail(&p->line, "time does not go back");
	p->now = ms;
	if (p->pipeline)
		eg_pipeline_tick(p->pipeline, ms);
}

static void take_line(struct play *p)
{
	struct scene_line *l = &p->line;

	if (l->count == 0)
		return;
	if (scene_is(l, "policy"))
		take_policy(p);
	else if (scene_is(l, "at"))
		take_time(p, false);
	else if (scene_is(l, "after"))
		take_time(p, true);
	else if (scene_is(l, "repeat"))
		p->times = scene_number(l, 100000);
	else if (scene_is(l, "guest>"))
		take_frame(p, EG_FROM_GUEST);
	else if (scene_is(l, "network>"))
		take_frame(p, EG_FROM_NETWORK);
	else if (scene_is(l, "leaves"))
		compare(p, "left", p->context.dir, p->left, p->left_len);
	else if (scene_is(l, "sends"))
		take_own(p);
	else if (scene_is(l, "told"))
		compare(p, "was told", EG_FROM_NETWORK, p->out.reply, p->out.reply_len);
	else if (strcmp(l->word[0], "pass") == 0 || strcmp(l->word[0], "block") == 0 ||
		 strcmp(l->word[0], "hold") == 0 || strcmp(l->word[0], "join") == 0)
		l->at = l->count, take_verdict(p);
	else
		scene_fail(l, "%s begins no line", l->word[0]);
	if (l->at != l->count)
		scene_fail(l, "%s is too much", l->word[l->at]);
}

static const char *play_lines(struct play *p, const char *name, const char *text)
{
	static char message[SCENE_ERROR + 256];
	unsigned int number = 0;

	while (*text || p->len) {
		size_t n = strcspn(text, "\n");
		char line[SCENE_LINE] = "";

		number++;
		if (!*text)
			scene_fail(&p->line, "the last frame has no verdict");
		else if (n < sizeof(line))
			scene_cut(&p->line, strncat(line, text, n));
		else
			scene_fail(&p->line, "the line is too long");
		if (!p->line.error[0])
			take_line(p);
		if (p->line.error[0]) {
			snprintf(message, sizeof(message), "%s:%u: %s", name, number,
				 p->line.error);
			return message;
		}
		text += n + (text[n] == '\n');
	}
	if (p->judged)
		return NULL;
	snprintf(message, sizeof(message), "%s:%u: nothing was judged", name, number);
	return message;
}

const char *scene_play(const char *name, const char *text)
{
	struct play *p = calloc(1, sizeof(*p));
	const char *wrong = "no memory";

	if (p) {
		p->words.in_vnl = true;
		p->words.policy = eg_policy_new();
		p->times = 1;
	}
	if (p && p->words.policy)
		wrong = play_lines(p, name, text);
	eg_pipeline_free(p ? p->pipeline : NULL);
	eg_policy_free(p ? p->words.policy : NULL);
	free(p);
	return wrong;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tally.h"

#include "plain.h"
#include "sum.h"

#include <stdlib.h>
#include <sys/random.h>

/* Bounds of the tables: rows, and bytes of their keys. */
enum {
	DESTINATIONS = 1 << 18,
	DESTINATIONS_TEXT = 16 << 20,
	NAMES = 1 << 16,
	NAMES_TEXT = 8 << 20,
	FLOWS = 1 << 14,
	FLOWS_TEXT = 1 << 20,
};

/* The key of a place: its guest, whether there is an address, protocol, port, address. */
enum {
	AT_GUEST,
	AT_HAS,
	AT_PROTO,
	AT_PORT = AT_PROTO + 4,
	AT_ADDR = AT_PORT + 2,
	PLACE = AT_ADDR + 16
};

/* The key of a name: its guest, and the name. */
enum { AT_NAME = 1 };

/* "*." and what is above the name, for the same guest. What is next to the root has no parent: the
 * names there have nothing to do with each other. */
static bool parent_name(const uint8_t *key, size_t n, uint8_t *out, size_t *out_n)
{
	const uint8_t *end = key + n, *dot = memchr(key + AT_NAME, '.', n - AT_NAME);

	if (!dot || key[AT_NAME] == '*' || !memchr(dot + 1, '.', (size_t)(end - dot) - 1))
		return false;
	out[0] = key[0];
	out[AT_NAME] = '*';
	memcpy(out + AT_NAME + 1, dot, (size_t)(end - dot));
	*out_n = AT_NAME + 1 + (size_t)(end - dot);
	return true;
}

static void clear_rows(struct eg_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rows[i].first = EG_MOMENT_NONE;
}

struct eg_tally *eg_tally_new(void)
{
	struct eg_tally *t = calloc(1, sizeof(*t));
	struct eg_seed seed;

	if (!t || getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
		free(t);
		return NULL;
	}
	eg_table_init(&t->destinations, &seed, DESTINATIONS, DESTINATIONS_TEXT, NULL);
	eg_table_init(&t->names, &seed, NAMES, NAMES_TEXT, parent_name);
	eg_table_init(&t->flows, &seed, FLOWS, FLOWS_TEXT, NULL);
	clear_rows(&t->total, 1);
	clear_rows(&t->opened, 1);
	clear_rows(t->by_guest, EG_LEXICON_MAX);
	clear_rows(t->by_reason, EG_LEXICON_MAX);
	return t;
}

void eg_tally_free(struct eg_tally *t)
{
	if (!t)
		return;
	eg_table_free(&t->destinations);
	eg_table_free(&t->names);
	eg_table_free(&t->flows);
	free(t);
}

static void place_key(uint8_t key[PLACE], const struct eg_finding *f, unsigned int guest)
{
	memset(key, 0, PLACE);
	key[AT_GUEST] = (uint8_t)guest;
	key[AT_HAS] = f->has_dst;
	eg_put32(key + AT_PROTO, f->proto);
	eg_put16(key + AT_PORT, f->dport);
	if (f->has_dst)
		memcpy(key + AT_ADDR, f->dst.b, sizeof(f->dst.b));
}

struct eg_tally_place eg_tally_place(const struct eg_table *t, const struct eg_row *row)
{
	struct eg_span key = eg_table_key(t, row);
	struct eg_tally_place p = { 0 };

	if (key.n != PLACE)
		return p;
	p.guest = key.p[AT_GUEST];
	p.has_addr = key.p[AT_HAS];
	p.proto = eg_get32(key.p + AT_PROTO);
	p.port = eg_get16(key.p + AT_PORT);
	memcpy(p.addr.b, key.p + AT_ADDR, sizeof(p.addr.b));
	return p;
}

struct eg_span eg_tally_name(const struct eg_table *t, const struct eg_row *row,
			     unsigned int *guest)
{
	struct eg_span key = eg_table_key(t, row);

	*guest = key.n ? key.p[0] : 0;
	return (struct eg_span){ .p = key.p + AT_NAME, .n = key.n ? key.n - AT_NAME : 0 };
}

/* What the findings that are frames count as. */
static const enum eg_count counts_as[] = {
	[EG_FINDING_BLOCKED] = EG_COUNT_BLOCKED,   [EG_FINDING_WOULD] = EG_COUNT_WOULD,
	[EG_FINDING_UNMARKED] = EG_COUNT_UNMARKED, [EG_FINDING_SUPPRESSED] = EG_COUNT_SUPPRESSED,
	[EG_FINDING_QUERY] = EG_COUNT_PASSED,
};

/* One finding, and the numbers of its words. */
struct adding {
	const struct eg_finding *f;
	enum eg_count as;
	unsigned int guest, reason;
	uint64_t first, last;
};

static void add_to(struct eg_row *row, const struct adding *a)
{
	eg_row_count(row, a->as, a->f->count, a->first, a->last);
	if (a->as != EG_COUNT_PASSED)
		row->reasons |= UINT64_C(1) << a->reason;
	row->dirs |= (uint8_t)(1 << a->f->dir);
}

static void add_name(struct eg_tally *t, const struct adding *a)
{
	char key[EG_TABLE_KEY_MAX];
	struct eg_row *row;
	size_t n;

	if (a->f->name.n == 0)
		return;
	key[0] = (char)a->guest;
	n = eg_plain(key + AT_NAME, sizeof(key) - AT_NAME, a->f->name.p, a->f->name.n);
	row = eg_table_row(&t->names, key, AT_NAME + n);
	add_to(row, a);
	row->types |= UINT64_C(1) << eg_lexicon_number(&t->types, a->f->qtype.p, a->f->qtype.n);
}

static void add_destination(struct eg_tally *t, const struct adding *a)
{
	char name[EG_TABLE_KEY_MAX];
	uint8_t key[PLACE];
	struct eg_row *row;

	if (a->as == EG_COUNT_PASSED)
		return;
	place_key(key, a->f, a->guest);
	row = eg_table_row(&t->destinations, key, sizeof(key));
	add_to(row, a);
	/* What a resolver was asked for is not the resolver's name. */
	if (a->f->name.n > 0 && a->f->qtype.n == 0)
		eg_table_label(&t->destinations, row, name,
			       eg_plain(name, sizeof(name), a->f->name.p, a->f->name.n));
}

static void add_frame(struct eg_tally *t, const struct eg_finding *f, enum eg_count as)
{
	struct adding a = { .f = f, .as = as, .first = f->first, .last = f->last };

	if (a.first == EG_MOMENT_NONE || a.last == EG_MOMENT_NONE)
		a.first = a.last = f->when;
	a.guest = eg_lexicon_number(&t->guests, f->guest.p, f->guest.n);
	a.reason = eg_lexicon_number(&t->reasons, f->reason.p, f->reason.n);
	add_to(&t->total, &a);
	add_to(&t->by_guest[a.guest], &a);
	add_name(t, &a);
	add_destination(t, &a);
	if (as == EG_COUNT_PASSED)
		return;
	add_to(&t->by_reason[a.reason], &a);
	if (a.last != EG_MOMENT_NONE)
		eg_timeline_add(&t->timeline, a.last, a.reason, f->count);
}

static void add_flow(struct eg_tally *t, const struct eg_finding *f)
{
	unsigned int guest = eg_lexicon_number(&t->guests, f->guest.p, f->guest.n);
	bool start = f->kind == EG_FINDING_OPENED;
	uint8_t key[PLACE];
	struct eg_row *rows[2];

	place_key(key, f, guest);
	rows[0] = eg_table_row(&t->flows, key, sizeof(key));
	rows[1] = &t->opened;
	for (int i = 0; i < 2; i++) {
		eg_row_count(rows[i], EG_COUNT_PASSED, start ? f->count : 0, f->when, f->when);
		rows[i]->bytes[0] = eg_sum(rows[i]->bytes[0], f->bytes[0]);
		rows[i]->bytes[1] = eg_sum(rows[i]->bytes[1], f->bytes[1]);
	}
	t->ended += !start;
}

static void sum_stats(struct eg_finding_stats *to, const struct eg_finding_stats *from)
{
	to->uptime = eg_sum(to->uptime, from->uptime);
	to->passed_guest = eg_sum(to->passed_guest, from->passed_guest);
	to->passed_network = eg_sum(to->passed_network, from->passed_network);
	to->blocked = eg_sum(to->blocked, from->blocked);
	to->recorded = eg_sum(to->recorded, from->recorded);
	to->suppressed = eg_sum(to->suppressed, from->suppressed);
	to->lost = eg_sum(to->lost, from->lost);
}

/* Counters that are younger than those before were begun anew. */
static void add_stats(struct eg_tally *t, const struct eg_finding *f)
{
	unsigned int guest = eg_lexicon_number(&t->guests, f->guest.p, f->guest.n);
	struct eg_tally_stats *s = &t->stats[guest];

	if (s->any && f->stats.uptime < s->now.uptime)
		sum_stats(&s->before, &s->now);
	s->now = f->stats;
	s->any = true;
}

bool eg_tally_counters(const struct eg_tally *t, unsigned int guest, struct eg_finding_stats *sum)
{
	const struct eg_tally_stats *s = &t->stats[guest];

	*sum = s->before;
	sum_stats(sum, &s->now);
	return s->any;
}

void eg_tally_add(struct eg_tally *t, const struct eg_finding *f)
{
	switch (f->kind) {
	case EG_FINDING_NOTHING:
	case EG_FINDING_ASIDE:
		return;
	case EG_FINDING_ANSWER:
		t->answers = eg_sum(t->answers, f->count);
		return;
	case EG_FINDING_LOST:
		t->lost = eg_sum(t->lost, f->count);
		return;
	case EG_FINDING_OPENED:
	case EG_FINDING_ENDED:
		add_flow(t, f);
		return;
	case EG_FINDING_STATS:
		add_stats(t, f);
		return;
	default:
		t->answers += f->answered;
		add_frame(t, f, counts_as[f->kind]);
	}
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest wanted, by the words of a policy that would have let it.
 *
 * Purpose. Sort what was blocked, or would have been, by what a policy can say about it, with how
 * often and when.
 *
 * Terms. A want is a key of one of the tables: a value of a word (a name for "resolve"), or what no
 * word has a value for.
 *
 * Invariants. All that was attempted is in a row of a table, in one of its others, or in one of the
 * rows beside them. A key of NAME, TYPE and TARGET is what the policy language takes.
 * Of a name that was looked up before a connection only the order in time is known: answers are not
 * recorded.
 *
 * Limits. ROWS rows a table, TEXT bytes of keys: see table.c for what happens then.
 *
 * Fails how. It cannot, after eg_wants_init.
 */
#include "wants.h"

#include "dns.h"
#include "frame.h"
#include "name.h"
#include "plain.h"
#include "sum.h"
#include "target.h"

#include <sys/random.h>

enum { ROWS = 1 << 16, TEXT = 8 << 20 };

/* An attempt, how it counts, and when. */
struct attempt {
	const struct eg_finding *f;
	enum eg_count as;
	uint64_t first, last;
};

bool eg_wants_init(struct eg_wants *w)
{
	struct eg_seed seed;

	memset(w, 0, sizeof(*w));
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return false;
	for (int i = 0; i < EG_WANTS; i++)
		eg_table_init(&w->tables[i], &seed, ROWS, TEXT, NULL);
	w->nameless.first = w->unmarked.first = w->all.first = EG_MOMENT_NONE;
	w->looked_up = EG_MOMENT_NONE;
	return true;
}

void eg_wants_free(struct eg_wants *w)
{
	for (int i = 0; i < EG_WANTS; i++)
		eg_table_free(&w->tables[i]);
}

static void count(struct eg_row *row, const struct attempt *a)
{
	eg_row_count(row, a->as, a->f->count, a->first, a->last);
}

static struct eg_row *want(struct eg_wants *w, enum eg_want what, const void *key, size_t n,
			   const struct attempt *a)
{
	struct eg_row *row = eg_table_row(&w->tables[what], key, n);

	count(row, a);
	return row;
}

/* The same of text that somebody else wrote. */
static struct eg_row *want_plain(struct eg_wants *w, enum eg_want what, struct eg_span text,
				 const struct attempt *a)
{
	char key[EG_TABLE_KEY_MAX];
	size_t n = eg_plain(key, sizeof(key), text.p, text.n);

	return want(w, what, n ? key : "-", n ? n : 1, a);
}

/*
 * DNS
 */

/* Write NAME as a policy says it into TEXT. Returns its length; 0 where none can. */
static size_t policy_name(struct eg_span name, char text[EG_NAME_TEXT_MAX])
{
	struct eg_name parsed;

	if (name.n == 0 || eg_name_parse(&parsed, (const char *)name.p, name.n))
		return 0;
	return eg_name_text(&parsed, text);
}

static void want_name(struct eg_wants *w, enum eg_want what, const struct attempt *a)
{
	char text[EG_NAME_TEXT_MAX], server[EG_ADDR_TEXT_MAX];
	size_t n = policy_name(a->f->name, text);
	struct eg_row *row;

	if (a->f->name.n == 0) {
		count(&w->nameless, a);
		return;
	}
	if (n == 0) {
		want_plain(w, EG_WANT_ODD, a->f->name, a);
		return;
	}
	row = want(w, what, text, n, a);
	if (what == EG_WANT_ELSEWHERE && a->f->has_dst) {
		eg_addr_text(&a->f->dst, server);
		eg_table_label(&w->tables[what], row, server, strlen(server));
	}
}

static bool is_default_type(uint16_t type)
{
	return type == EG_DNS_TYPE_A || type == EG_DNS_TYPE_AAAA;
}

/* A name that is let through is refused for its type next. REFUSED: it was. */
static void want_type(struct eg_wants *w, const struct attempt *a, bool refused)
{
	struct eg_span word = a->f->qtype;
	uint16_t type = word.n ? eg_dns_type((const char *)word.p, word.n) : 0;
	char text[EG_DNS_TYPE_TEXT_MAX];

	if (!refused && (word.n == 0 || is_default_type(type)))
		return;
	if (type == 0) {
		want_plain(w, EG_WANT_META, word, a);
		return;
	}
	eg_dns_type_text(type, text);
	want(w, EG_WANT_TYPE, text, strlen(text), a);
}

/* Remember that F's guest looked F's name up. */
static void look_up(struct eg_wants *w, const struct eg_finding *f)
{
	/* A name without a type is no question's. */
	if (f->name.n == 0 || f->qtype.n == 0 || f->when == EG_MOMENT_NONE)
		return;
	eg_plain(w->guest, sizeof(w->guest), f->guest.p, f->guest.n);
	eg_plain(w->name, sizeof(w->name), f->name.p, f->name.n);
	w->looked_up = f->when;
}

/* The name that F's guest looked up shortly before; "" where it did not. */
static const char *looked_up(const struct eg_wants *w, const struct eg_finding *f)
{
	const uint64_t limit = EG_WANTS_LOOKUP * UINT64_C(1000000000);
	char guest[sizeof(w->guest)];

	if (w->looked_up == EG_MOMENT_NONE || f->when == EG_MOMENT_NONE || f->when < w->looked_up ||
	    f->when - w->looked_up > limit)
		return "";
	eg_plain(guest, sizeof(guest), f->guest.p, f->guest.n);
	return strcmp(guest, w->guest) == 0 ? w->name : "";
}

/*
 * Places
 */

static struct eg_row *want_place(struct eg_wants *w, enum eg_want what, const struct attempt *a,
				 uint8_t proto)
{
	struct eg_want_target t;

	memset(&t, 0, sizeof(t));
	t.proto = proto;
	eg_put16(t.port, a->f->dport);
	if (a->f->has_dst) {
		t.addr = a->f->dst;
		t.six = !eg_addr_is4(&t.addr);
	}
	return want(w, what, &t, sizeof(t), a);
}

static void want_target(struct eg_wants *w, const struct attempt *a, uint8_t proto)
{
	bool can = a->f->has_dst && eg_target_can(&a->f->dst, a->f->dport);
	enum eg_want what = can ? EG_WANT_TARGET : EG_WANT_STRANGE;
	struct eg_row *row = want_place(w, what, a, proto);
	/* A sum says when it was made. */
	const char *name = a->as == EG_COUNT_SUPPRESSED ? "" : looked_up(w, a->f);

	eg_table_label(&w->tables[what], row, name, strlen(name));
}

/*
 * Reasons
 */

static void want_tcp(struct eg_wants *w, const struct attempt *a, enum eg_reason r)
{
	(void)r;
	want_target(w, a, EG_PROTO_TCP);
}

static void want_udp(struct eg_wants *w, const struct attempt *a, enum eg_reason r)
{
	(void)r;
	want_target(w, a, EG_PROTO_UDP);
}

/* Also of a query that was refused for its type: what is made is to let it through by itself. */
static void want_lookup(struct eg_wants *w, const struct attempt *a, enum eg_reason r)
{
	want_name(w, EG_WANT_NAME, a);
	want_type(w, a, r == EG_R_DNS_TYPE);
}

static void want_server(struct eg_wants *w, const struct attempt *a, enum eg_reason r)
{
	(void)r;
	want_place(w, EG_WANT_SERVER, a, EG_PROTO_UDP);
	if (a->f->name.n)
		want_name(w, EG_WANT_ELSEWHERE, a);
}

static void want_limit(struct eg_wants *w, const struct attempt *a, enum eg_reason r)
{
	const char *word = eg_reason_rule(r);

	want(w, EG_WANT_LIMIT, word, strlen(word), a);
}

static void want_in_vain(struct eg_wants *w, const struct attempt *a, enum eg_reason r)
{
	(void)r;
	want_plain(w, EG_WANT_NEVER, a->f->reason, a);
}

typedef void want_fn(struct eg_wants *w, const struct attempt *a, enum eg_reason r);

/* What a policy can let through, by reason. */
static want_fn *const by_reason[EG_REASON_COUNT] = {
	[EG_R_TCP_NEW] = want_tcp,       [EG_R_UDP_NEW] = want_udp,
	[EG_R_DNS_NAME] = want_lookup,   [EG_R_DNS_TYPE] = want_lookup,
	[EG_R_DNS_SERVER] = want_server, [EG_R_DNS_LIMIT] = want_limit,
	[EG_R_FLOWS_FULL] = want_limit,
};

static enum eg_reason reason_of(const struct eg_finding *f)
{
	for (unsigned int r = EG_R_NONE + 1; r < EG_REASON_COUNT; r++) {
		const char *word = eg_reason_word((enum eg_reason)r);

		if (strlen(word) == f->reason.n && memcmp(word, f->reason.p, f->reason.n) == 0)
			return (enum eg_reason)r;
	}
	return EG_R_NONE;
}

/* Another program does not say why. What it dropped on its way out is what somebody asked for, or
 * wanted to open. */
static enum eg_reason reason_of_foreign(const struct eg_finding *f)
{
	if (f->dir == EG_INPUT_TO_GUEST)
		return EG_R_NONE;
	if (f->name.n && f->qtype.n)
		return EG_R_DNS_NAME;
	if (f->proto == EG_PROTO_TCP)
		return EG_R_TCP_NEW;
	return f->proto == EG_PROTO_UDP ? EG_R_UDP_NEW : EG_R_NONE;
}

static void add_attempt(struct eg_wants *w, const struct eg_finding *f, enum eg_count as)
{
	struct attempt a = { .f = f, .as = as, .first = f->first, .last = f->last };
	enum eg_reason r = f->foreign ? reason_of_foreign(f) : reason_of(f);

	if (a.first == EG_MOMENT_NONE || a.last == EG_MOMENT_NONE)
		a.first = a.last = f->when;
	if (as == EG_COUNT_UNMARKED || (f->foreign && r == EG_R_NONE)) {
		count(&w->unmarked, &a);
		return;
	}
	count(&w->all, &a);
	(by_reason[r] ? by_reason[r] : want_in_vain)(w, &a, r);
}

void eg_wants_add(struct eg_wants *w, const struct eg_finding *f)
{
	static const enum eg_count counts_as[] = {
		[EG_FINDING_BLOCKED] = EG_COUNT_BLOCKED,
		[EG_FINDING_WOULD] = EG_COUNT_WOULD,
		[EG_FINDING_UNMARKED] = EG_COUNT_UNMARKED,
		[EG_FINDING_SUPPRESSED] = EG_COUNT_SUPPRESSED,
	};

	switch (f->kind) {
	case EG_FINDING_BLOCKED:
	case EG_FINDING_WOULD:
	case EG_FINDING_UNMARKED:
	case EG_FINDING_SUPPRESSED:
		add_attempt(w, f, counts_as[f->kind]);
		look_up(w, f);
		return;
	case EG_FINDING_QUERY:
		look_up(w, f);
		return;
	case EG_FINDING_LOST:
		w->lost = eg_sum(w->lost, f->count);
		return;
	default:
		return;
	}
}

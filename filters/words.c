/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words of the policy language.
 *
 * Purpose: turn what an administrator wrote into a policy, or into one line that
 * says what is wrong with it. There is no third way: what is not understood to
 * its last byte is an error, and an error means that nothing is opened.
 *
 * Terms: a word is a row of the table; it takes a single value or a list. Its value
 * is the text behind it; an item is one piece of a list, between blanks, tabs
 * and commas.
 *
 * Life-cycle: one maker (struct eg_words) per policy, from the first option of
 * the VNL to the last line of the file; then it is thrown away and the policy
 * stays. A list adds to what it has each time it is said; where it starts with
 * a default, the first time it is said replaces that, even with nothing.
 *
 * Invariants: said[i] is true from when row i is first said. The policy never
 * holds an item twice, nor an address that cannot be a server's. Nothing that
 * was read gets into an error but through quote().
 *
 * Limits: EG_LINE_MAX, EG_RESOLVERS_MAX, EG_DNS_TYPES_MAX, EG_FLOWS_MAX,
 * EG_VM_MAX, EG_LOG_SIZE_LEAST and _MAX, EG_LOG_FILES_MAX, EG_SAMPLE_MAX. Names and
 * targets are bounded by memory alone.
 *
 * Fails how: the first fault ends it with -EINVAL (or -ENOMEM); what was applied
 * before stays in the policy, which the caller throws away.
 *
 * References: names as in name.h, addresses as in resolver.h, targets as in targetlist.c, record
 * types as in dns.h, DHCP options as in dhcpoptions.h.
 */
#include "words.h"

#include "dns.h"
#include "dnslimit.h"
#include "flow.h"
#include "resolver.h"
#include "sample.h"
#include "targetlist.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_MAX = 64 }; /* what an error shows of a value, its NUL included */

enum arity { SINGLE, LIST, TARGETS };

struct row {
	const char *word;
	enum arity arity;
	/* Put VALUE (never empty; of a list one item, but of targets the list) into the policy. */
	int (*parse)(struct eg_words *w, const struct row *row, struct text value);
	void (*drop_default)(struct eg_policy *p); /* when first said; NULL: there is none */
};

/*
 * Errors
 */

/* Write T into OUT so that it harms no output and cannot be mistaken for the
 * words around it: quotes and backslashes are escaped as well. Returns OUT. */
static const char *quote(char out[SHOWN_MAX], struct text t)
{
	static const char dots[] = "...";
	size_t len = 0;

	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];
		bool plain = is_printable(c) && c != '\'' && c != '\\';

		/* Room for this character and, in case more follow, the dots. */
		if (len + (plain ? 1 : 4) + sizeof(dots) > SHOWN_MAX) {
			memcpy(out + len, dots, sizeof(dots));
			return out;
		}
		if (plain)
			out[len++] = c;
		else
			len += (size_t)snprintf(out + len, 5, "\\x%02x", (unsigned)c & 0xff);
	}
	out[len] = '\0';
	return out;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct eg_words *w, const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	vsnprintf(w->error, sizeof(w->error), why, ap);
	va_end(ap);
	return -EINVAL;
}

static int refuse_value(struct eg_words *w, const struct row *row, struct text value,
			const char *why)
{
	char shown[SHOWN_MAX];

	return refuse(w, "%s: '%s': %s", row->word, quote(shown, value), why);
}

static int refuse_more(struct eg_words *w, const struct row *row, struct text value, int max,
		       const char *of)
{
	char shown[SHOWN_MAX];

	return refuse(w, "%s: '%s': more than %d %s", row->word, quote(shown, value), max, of);
}

static int refuse_memory(struct eg_words *w)
{
	refuse(w, "out of memory");
	return -ENOMEM;
}

/*
 * Values, one function per word
 */

static int parse_resolve(struct eg_words *w, const struct row *row, struct text value)
{
	struct eg_name name;
	enum eg_namescope scope;
	const char *why = eg_listed_name(&name, &scope, value.p, value.n);

	if (why)
		return refuse_value(w, row, value, why);
	return eg_nameset_add(w->policy->resolve, &name, scope) ? refuse_memory(w) : 0;
}

static int parse_targets(struct eg_words *w, const struct row *row, struct text value,
			 struct eg_targetlist *list)
{
	int rc = eg_targetlist_read(list, value.p, value.n);

	if (rc == -EINVAL)
		return refuse_value(w, row, (struct text){ list->item, list->item_len }, list->why);
	return rc ? refuse_memory(w) : 0;
}

static int parse_allow(struct eg_words *w, const struct row *row, struct text value)
{
	struct eg_targetlist list = { .targets = eg_policy_allowed(w->policy) };

	return parse_targets(w, row, value, &list);
}

static int parse_block(struct eg_words *w, const struct row *row, struct text value)
{
	struct eg_targetlist list = { .targets = eg_policy_blocked(w->policy),
				      .names = w->policy->block_names };

	return parse_targets(w, row, value, &list);
}

static int parse_dns(struct eg_words *w, const struct row *row, struct text value)
{
	struct eg_policy *p = w->policy;
	struct eg_addr addr;
	const char *why = eg_resolver_parse(&addr, value.p, value.n);

	if (why)
		return refuse_value(w, row, value, why);
	if (eg_policy_is_resolver(p, &addr))
		return 0;
	if (p->resolver_count == EG_RESOLVERS_MAX)
		return refuse_more(w, row, value, EG_RESOLVERS_MAX, "addresses");
	p->resolvers[p->resolver_count++] = addr;
	return 0;
}

static void drop_dns(struct eg_policy *p)
{
	p->resolver_count = 0;
}

static int parse_dns_types(struct eg_words *w, const struct row *row, struct text value)
{
	struct eg_policy *p = w->policy;
	uint16_t type = eg_dns_type(value.p, value.n);

	if (type == 0)
		return refuse_value(w, row, value, "no record type that can be allowed");
	if (eg_policy_has_dns_type(p, type))
		return 0;
	if (p->dns_type_count == EG_DNS_TYPES_MAX)
		return refuse_more(w, row, value, EG_DNS_TYPES_MAX, "types");
	p->dns_types[p->dns_type_count++] = type;
	return 0;
}

static void drop_dns_types(struct eg_policy *p)
{
	p->dns_type_count = 0;
}

static int parse_dhcp_options(struct eg_words *w, const struct row *row, struct text value)
{
	const char *why = eg_dhcp_options_read(&w->policy->dhcp_options, value.p, value.n);

	return why ? refuse_value(w, row, value, why) : 0;
}

static int parse_action(struct eg_words *w, const struct row *row, struct text value)
{
	for (enum eg_action a = EG_REJECT; a <= EG_DROP; a++)
		if (is(value, eg_action_word(a))) {
			w->policy->action = a;
			return 0;
		}
	return refuse_value(w, row, value, "neither reject nor drop");
}

static int parse_mode(struct eg_words *w, const struct row *row, struct text value)
{
	for (enum eg_mode m = EG_ENFORCE; m <= EG_MONITOR; m++)
		if (is(value, eg_mode_word(m))) {
			w->policy->mode = m;
			return 0;
		}
	return refuse_value(w, row, value, "neither enforce nor monitor");
}

static bool ends_in(struct text t, const char *ending)
{
	size_t n = strlen(ending);

	return t.n > n && memcmp(t.p + t.n - n, ending, n) == 0;
}

static int parse_log(struct eg_words *w, const struct row *row, struct text value)
{
	if (!ends_in(value, ".pcapng") && !ends_in(value, ".pcap"))
		return refuse_value(w, row, value,
				    "a file name that ends neither in .pcapng nor in .pcap");
	w->policy->log = strndup(value.p, value.n);
	return w->policy->log ? 0 : refuse_memory(w);
}

/* Whether it can be opened is found out when it is. */
static int parse_events(struct eg_words *w, const struct row *row, struct text value)
{
	static const char socket[] = "unix:";
	size_t n = sizeof(socket) - 1;

	if (value.n == n && memcmp(value.p, socket, n) == 0)
		return refuse_value(w, row, value, "no path behind unix:");
	w->policy->events = strndup(value.p, value.n);
	return w->policy->events ? 0 : refuse_memory(w);
}

/* Decimal only: what other tools take for octal or hexadecimal is no number here. Takes no
 * number below LEAST or above MOST. */
static int parse_number(struct eg_words *w, const struct row *row, struct text value, int least,
			int most, size_t *number)
{
	size_t n = 0;
	size_t i = 0;
	char shown[SHOWN_MAX];

	while (i < value.n && is_digit(value.p[i]) && n <= (size_t)most)
		n = n * 10 + (size_t)(value.p[i++] - '0');
	if (i < value.n || (value.p[0] == '0' && value.n > 1) || n < (size_t)least ||
	    n > (size_t)most)
		return refuse(w, "%s: '%s': no decimal number from %d to %d", row->word,
			      quote(shown, value), least, most);
	*number = n;
	return 0;
}

static int parse_flows(struct eg_words *w, const struct row *row, struct text value)
{
	return parse_number(w, row, value, 1, EG_FLOWS_MAX, &w->policy->flows);
}

static int parse_dns_limit(struct eg_words *w, const struct row *row, struct text value)
{
	return parse_number(w, row, value, 0, EG_DNSLIMIT_MAX, &w->policy->dns_limit);
}

/* What a size may end in, and what that multiplies it by: powers of 1024. */
static unsigned unit_shift(char c)
{
	return c == 'k' ? 10 : c == 'M' ? 20 : c == 'G' ? 30 : 0;
}

static int parse_log_size(struct eg_words *w, const struct row *row, struct text value)
{
	unsigned shift = unit_shift(value.p[value.n - 1]);
	struct text number = { value.p, value.n - (shift > 0) };
	char shown[SHOWN_MAX];
	uint64_t n = 0;
	size_t i = 0;

	while (i < number.n && is_digit(number.p[i]) && n <= EG_LOG_SIZE_MAX)
		n = n * 10 + (uint64_t)(number.p[i++] - '0');
	if (number.n == 0 || i < number.n || number.p[0] == '0' || n > EG_LOG_SIZE_MAX >> shift ||
	    n << shift < EG_LOG_SIZE_LEAST)
		return refuse(w, "%s: '%s': no size from 64k to 1024G", row->word,
			      quote(shown, value));
	w->policy->log_size = n << shift;
	return 0;
}

static int parse_log_files(struct eg_words *w, const struct row *row, struct text value)
{
	return parse_number(w, row, value, 0, EG_LOG_FILES_MAX, &w->policy->log_files);
}

static int parse_log_sample(struct eg_words *w, const struct row *row, struct text value)
{
	return parse_number(w, row, value, 0, EG_SAMPLE_MAX, &w->policy->log_sample);
}

static int parse_vm(struct eg_words *w, const struct row *row, struct text value)
{
	if (value.n > EG_VM_MAX)
		return refuse_more(w, row, value, EG_VM_MAX, "characters");
	memcpy(w->policy->vm, value.p, value.n);
	w->policy->vm[value.n] = '\0';
	return 0;
}

static int parse_policy(struct eg_words *w, const struct row *row, struct text value)
{
	if (!w->in_vnl)
		return refuse_value(w, row, value, "only the VNL can name a policy file");
	if (value.n >= sizeof(w->policy_file))
		return refuse_more(w, row, value, (int)sizeof(w->policy_file) - 1, "characters");
	memcpy(w->policy_file, value.p, value.n);
	w->policy_file[value.n] = '\0';
	return 0;
}

static const struct row table[] = {
	{ "policy", SINGLE, parse_policy, NULL },
	{ "resolve", LIST, parse_resolve, NULL },
	{ "allow", TARGETS, parse_allow, NULL },
	{ "block", TARGETS, parse_block, NULL },
	{ "dns", LIST, parse_dns, drop_dns },
	{ "dns-types", LIST, parse_dns_types, drop_dns_types },
	{ "dns-limit", SINGLE, parse_dns_limit, NULL },
	{ "dhcp-options", LIST, parse_dhcp_options, NULL },
	{ "action", SINGLE, parse_action, NULL },
	{ "mode", SINGLE, parse_mode, NULL },
	{ "log", SINGLE, parse_log, NULL },
	{ "events", SINGLE, parse_events, NULL },
	{ "log-size", SINGLE, parse_log_size, NULL },
	{ "log-files", SINGLE, parse_log_files, NULL },
	{ "log-sample", SINGLE, parse_log_sample, NULL },
	{ "flows", SINGLE, parse_flows, NULL },
	{ "vm", SINGLE, parse_vm, NULL },
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

_Static_assert(sizeof(table) / sizeof(table[0]) <= EG_WORDS_COUNT_MAX, "a flag per word");

/*
 * Words and lines
 */

static int apply_single(struct eg_words *w, const struct row *row, struct text value)
{
	bool *said = &w->said[row - table];

	if (*said)
		return refuse(w, "%s: said twice", row->word);
	*said = true;
	if (value.n == 0)
		return refuse(w, "%s: an empty value", row->word);
	for (size_t i = 0; i < value.n; i++) {
		if (!is_printable(value.p[i]))
			return refuse_value(w, row, value, "not printable ASCII");
	}
	return row->parse(w, row, value);
}

static int apply_list(struct eg_words *w, const struct row *row, struct text value)
{
	bool *said = &w->said[row - table];
	size_t i = 0;

	if (!*said && row->drop_default)
		row->drop_default(w->policy);
	*said = true;
	if (row->arity == TARGETS) /* items depend on each other */
		return row->parse(w, row, value);
	while (i < value.n) {
		struct text item = { value.p + i, 0 };
		int rc;

		for (; i < value.n && !is_separator(value.p[i]); i++)
			item.n++;
		rc = item.n ? row->parse(w, row, item) : 0;
		if (rc != 0)
			return rc;
		i++;
	}
	return 0;
}

/* VALUE.p is NULL where none was given. */
static int apply(struct eg_words *w, struct text word, struct text value)
{
	char shown[SHOWN_MAX];

	for (const struct row *row = table; row < table + ROWS; row++) {
		if (!is(word, row->word))
			continue;
		if (!value.p)
			return refuse(w, "%s: without a value", row->word);
		return row->arity == SINGLE ? apply_single(w, row, value)
					    : apply_list(w, row, value);
	}
	return refuse(w, "unknown word '%s'", quote(shown, word));
}

int eg_words_apply(struct eg_words *w, const char *word, const char *value)
{
	return apply(w, (struct text){ word, strlen(word) },
		     (struct text){ value, value ? strlen(value) : 0 });
}

/* How much of LINE is no comment. */
static size_t comment_start(struct text line)
{
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '#' && (i == 0 || is_blank(line.p[i - 1])))
			return i;
	}
	return line.n;
}

/* Refuse LINE for the first byte that may not stand in it: a control character, or
 * one outside ASCII within its first CODE bytes, which are no comment. */
static int check_bytes(struct eg_words *w, struct text line, size_t code)
{
	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i];
		bool ascii = ((unsigned)c & 0x80) == 0;
		char shown[SHOWN_MAX];

		if (is_printable(c) || c == '\t' || (!ascii && i >= code))
			continue;
		return refuse(w, "'%s': %s", quote(shown, (struct text){ line.p + i, 1 }),
			      ascii ? "a control character" : "not ASCII, and in no comment");
	}
	return 0;
}

static struct text trim(struct text t)
{
	for (; t.n && is_blank(t.p[0]); t.n--)
		t.p++;
	while (t.n && is_blank(t.p[t.n - 1]))
		t.n--;
	return t;
}

int eg_words_apply_line(struct eg_words *w, const char *line, size_t n)
{
	struct text all = { line, n };
	struct text word, value;
	size_t code;

	if (n > EG_LINE_MAX)
		return refuse(w, "a line of more than %d bytes", EG_LINE_MAX);
	if (n && line[n - 1] == '\r')
		all.n--;
	code = comment_start(all);
	if (check_bytes(w, all, code))
		return -EINVAL;
	word = value = trim((struct text){ line, code });
	if (word.n == 0)
		return 0;
	while (value.n && !is_blank(value.p[0])) {
		value.p++;
		value.n--;
	}
	word.n -= value.n;
	value = trim(value);
	return apply(w, word, value.n ? value : (struct text){ NULL, 0 });
}

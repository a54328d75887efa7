/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { SECOND = 1000000000, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, WEEK_S = 7 * DAY_S };

static void split(uint64_t ns, struct tm *tm)
{
	time_t s = (time_t)(ns / SECOND);

	memset(tm, 0, sizeof(*tm));
	gmtime_r(&s, tm);
}

const char *eg_moment_text(uint64_t ns, char text[EG_MOMENT_MAX])
{
	struct tm tm;

	if (ns == EG_MOMENT_NONE)
		return "-";
	split(ns, &tm);
	strftime(text, EG_MOMENT_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

const char *eg_moment_clock(uint64_t ns, char text[EG_MOMENT_MAX])
{
	struct tm tm;

	if (ns == EG_MOMENT_NONE)
		return "-";
	split(ns, &tm);
	strftime(text, EG_MOMENT_MAX, "%H:%M:%S", &tm);
	return text;
}

bool eg_moment_one_day(uint64_t a, uint64_t b)
{
	return a / SECOND / DAY_S == b / SECOND / DAY_S;
}

const char *eg_moment_exact(uint64_t ns, char text[EG_MOMENT_MAX])
{
	struct tm tm;
	size_t n;

	if (ns == EG_MOMENT_NONE)
		return "";
	split(ns, &tm);
	n = strftime(text, EG_MOMENT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, EG_MOMENT_MAX - n, ".%09" PRIu64 "Z", ns % SECOND);
	return text;
}

const char *eg_moment_span(uint64_t ns, char text[EG_MOMENT_MAX])
{
	static const struct {
		uint64_t s;
		const char *name;
		uint64_t rest_s;
		const char *rest;
	} units[] = {
		{ DAY_S, "d", HOUR_S, "h" },
		{ HOUR_S, "h", MINUTE_S, "min" },
		{ MINUTE_S, "min", 1, "s" },
	};
	uint64_t s = ns / SECOND;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (s < units[i].s)
			continue;
		snprintf(text, EG_MOMENT_MAX, "%" PRIu64 " %s %" PRIu64 " %s", s / units[i].s,
			 units[i].name, s % units[i].s / units[i].rest_s, units[i].rest);
		return text;
	}
	snprintf(text, EG_MOMENT_MAX, "%" PRIu64 ".%03" PRIu64 " s", s, ns / 1000000 % 1000);
	return text;
}

/*
 * Reading
 */

struct text {
	const char *p;
	size_t n;
};

static bool skip(struct text *t, const char *any)
{
	if (t->n == 0 || !strchr(any, t->p[0]) || t->p[0] == '\0')
		return false;
	t->p++;
	t->n--;
	return true;
}

static bool is_digit(const struct text *t)
{
	return t->n > 0 && t->p[0] >= '0' && t->p[0] <= '9';
}

/* Exactly DIGITS digits, whose number is from LEAST to MOST. */
static bool number(struct text *t, unsigned int digits, int least, int most, int *v)
{
	*v = 0;
	for (; digits > 0; digits--, t->p++, t->n--) {
		if (!is_digit(t))
			return false;
		*v = *v * 10 + (t->p[0] - '0');
	}
	return *v >= least && *v <= most;
}

/* Digits behind a point: nine count, more are passed over. */
static bool fraction(struct text *t, uint64_t *ns)
{
	uint64_t unit = SECOND / 10;

	*ns = 0;
	if (!is_digit(t))
		return false;
	for (; is_digit(t); t->p++, t->n--, unit /= 10)
		*ns += unit * (uint64_t)(t->p[0] - '0');
	return true;
}

static bool zone(struct text *t, int *seconds)
{
	int sign, hours, minutes;

	*seconds = 0;
	if (t->n == 0 || skip(t, "Zz"))
		return true;
	sign = t->p[0] == '-' ? -1 : 1;
	if (!skip(t, "+-") || !number(t, 2, 0, 23, &hours))
		return false;
	skip(t, ":");
	if (!number(t, 2, 0, 59, &minutes))
		return false;
	*seconds = sign * (hours * HOUR_S + minutes * MINUTE_S);
	return true;
}

/* "11:03", and what may follow it. */
static bool clock_time(struct text *t, struct tm *tm, uint64_t *ns)
{
	if (!number(t, 2, 0, 23, &tm->tm_hour) || !skip(t, ":") ||
	    !number(t, 2, 0, 59, &tm->tm_min))
		return false;
	if (!skip(t, ":"))
		return true;
	if (!number(t, 2, 0, 60, &tm->tm_sec))
		return false;
	return !skip(t, ".") || fraction(t, ns);
}

/* "2026-11-24", a day that there is. */
static bool calendar_day(struct text *t, struct tm *tm)
{
	struct tm day = { 0 };

	if (!number(t, 4, 1970, 2500, &day.tm_year) || !skip(t, "-") ||
	    !number(t, 2, 1, 12, &day.tm_mon) || !skip(t, "-") ||
	    !number(t, 2, 1, 31, &day.tm_mday))
		return false;
	day.tm_year -= 1900;
	day.tm_mon--;
	*tm = day;
	timegm(&day);
	return day.tm_mday == tm->tm_mday;
}

bool eg_moment_parse(const char *p, size_t n, uint64_t *ns)
{
	struct text t = { .p = p, .n = n };
	uint64_t rest = 0;
	struct tm tm;
	int offset;
	time_t s;

	if (!calendar_day(&t, &tm) || (skip(&t, "T ") && !clock_time(&t, &tm, &rest)))
		return false;
	if (!zone(&t, &offset) || t.n > 0)
		return false;
	s = timegm(&tm) - offset;
	if (s < 0)
		return false;
	*ns = (uint64_t)s * SECOND + rest;
	return true;
}

bool eg_moment_parse_seconds(const char *p, size_t n, uint64_t *ns)
{
	struct text t = { .p = p, .n = n };
	uint64_t s = 0, rest = 0;

	if (!is_digit(&t))
		return false;
	for (; is_digit(&t); t.p++, t.n--) {
		s = s * 10 + (uint64_t)(t.p[0] - '0');
		if (s >= UINT64_MAX / SECOND)
			return false;
	}
	if ((skip(&t, ".") && !fraction(&t, &rest)) || t.n > 0)
		return false;
	*ns = s * SECOND + rest;
	return true;
}

/* "90m": how long ago. */
static bool parse_age(const char *text, size_t n, uint64_t *age)
{
	static const char letters[] = "smhdw";
	static const uint32_t seconds[] = { 1, MINUTE_S, HOUR_S, DAY_S, WEEK_S };
	const char *letter;

	if (n < 2 || !eg_moment_parse_seconds(text, n - 1, age))
		return false;
	letter = strchr(letters, text[n - 1]);
	if (!letter || *age > UINT64_MAX / WEEK_S)
		return false;
	*age *= seconds[letter - letters];
	return true;
}

bool eg_moment_parse_option(const char *text, uint64_t now, uint64_t *ns)
{
	size_t n = strlen(text);
	uint64_t age;

	if (text[0] == '@')
		return eg_moment_parse_seconds(text + 1, n - 1, ns);
	if (!parse_age(text, n, &age))
		return eg_moment_parse(text, n, ns);
	*ns = age < now ? now - age : 0;
	return true;
}

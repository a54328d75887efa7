/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "escape.h"

#include <stdbool.h>
#include <string.h>

static char plain(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

void eg_escape_html(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(plain(*text), out);
		}
	}
}

void eg_escape_json(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (strchr("\"\\", *text))
			fprintf(out, "\\%c", *text);
		else if (strchr("<>&'", *text))
			fprintf(out, "\\u%04x", (unsigned int)*text);
		else
			fputc(plain(*text), out);
	}
	fputc('"', out);
}

void eg_escape_csv(FILE *out, const char *text)
{
	const char *first = text + strspn(text, " ");
	bool formula = *first && strchr("=+-@\t\r", *first) && first[1];
	bool quoted = formula || strpbrk(text, "\",;\n\r ");

	if (quoted)
		fputc('"', out);
	if (formula)
		fputc('\'', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(plain(*text), out);
	}
	if (quoted)
		fputc('"', out);
}

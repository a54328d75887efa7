#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual names every reason and every word, and none that does not exist.
set -eu
cd "${top_srcdir:-.}"
man=man/libvdeplug_egress.1

in_manual() { # the tags of one section
	sed -n "/^\.SH $1\$/,/^\.SH /p" "$man" | sed -n "/^\.TP/{n;s/^$2 *//;s/=.*//;s/ .*//;s/\\\\-/-/g;p;}"
}

reasons=$(sed -n 's/^\tX([A-Z0-9_]*, *"\([a-z0-9-]*\)".*/\1/p' filters/reason.h | grep -v '^none$')
words=$(sed -n 's/^\t{ "\([a-z-]*\)", \(SINGLE\|LIST\|TARGETS\),.*/\1/p' filters/words.c)
[ -n "$reasons" ] && [ -n "$words" ]

bad=0
same() {
	if [ "$(echo "$2" | sort)" != "$(echo "$3" | sort)" ]; then
		echo "$1 of the source and the manual differ:"
		echo "source: $(echo "$2" | sort | tr '\n' ' ')"
		echo "manual: $(echo "$3" | sort | tr '\n' ' ')"
		bad=1
	fi
}
same reasons "$reasons" "$(in_manual REASONS '\.B')"
same words "$words" "$(in_manual WORDS '\.BI')"
exit $bad

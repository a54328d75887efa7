#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual names every reason and every word, and none that does not exist; so do the manual of
# vde_egress, its --help and the completions of its commands and their options.
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
		echo "$1 differ:"
		echo "in the source: $(echo "$2" | sort | tr '\n' ' ')"
		echo "said of it:    $(echo "$3" | sort | tr '\n' ' ')"
		bad=1
	fi
}
same reasons "$reasons" "$(in_manual REASONS '\.B')"
same words "$words" "$(in_manual WORDS '\.BI')"

# The command: what its sources say is compared with what is said of it.
commands=$(sed -n 's/^\t{ "\([a-z]*\)", eg_command_.*/\1/p' tools/main.c)
[ -n "$commands" ]

options_in() { # what is called --NAME in the lines of stdin
	grep -o '[-]-[a-z][a-z-]*' | sort -u
}
part() { # of FILE, from a line like FROM to the next like TO
	sed -n "/$2/,/$3/p" "$1"
}
tags() { # of the section of COMMAND in its manual
	awk -v command="$1" '/^\.S[HS]/ { in_it = $0 == ".SS " command } in_it' man/vde_egress.1 |
		sed -n '/^\.TP/{n;s/\\-/-/g;p;}'
}
offered() { # COMP_WORD...: what bash would offer for the last of them
	bash -c '. completions/vde_egress.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vde_egress
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

for command in $commands; do
	options=$(part "tools/$command.c" '^static const struct option' '^};' |
		grep -o '{ "[a-z-]*"' | sed 's/{ "\(.*\)"/--\1/')
	[ -n "$options" ]
	same "options of $command and its help" "$options" \
		"$(part "tools/$command.c" '^static int print_help' '^}' | options_in)"
	same "options of $command" "$options" "$(tags "$command" | options_in)"
	same "options of $command and of its completion in bash" "$options" \
		"$(offered vde_egress "$command" -- | options_in)"
	same "options of $command and of its completion in zsh" "$options" \
		"$(part completions/_vde_egress "^_vde_egress_$command()" '^}' | options_in)"
done
same commands "$commands" "$(sed -n 's/^\.SS //p' man/vde_egress.1)"
same "commands and their completion in bash" "$commands
help" "$(offered vde_egress '' | grep -v '^-')"
same "commands and their completion in zsh" "$commands
help" "$(part completions/_vde_egress 'commands=(' '^\t)' | sed -n "s/^\t\t'\([a-z]*\):.*/\1/p")"
sheets=$(sed -n 's/^\t\[EG_SHEET_[A-Z]*\] = { "\([a-z]*\)",.*/\1/p' tools/sheet.c)
[ -n "$sheets" ]
same "tables of report and their completion in bash" "$sheets" "$(offered vde_egress report --csv = '')"
same "tables of report and their completion in zsh" "$sheets" \
	"$(sed -n 's/.*--csv=.*:table:(\(.*\)).*/\1/p' completions/_vde_egress | tr ' ' '\n')"
exit $bad

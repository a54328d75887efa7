# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of vde_egress(1) in bash. tests/manual.sh compares commands and options with the tool's.

_vde_egress()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} options='' tables='destinations names reasons flows guests'

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'report replay learn help --help --version' -- "$word")
		return
	fi
	case $command in
	report) options='--json --csv --html --top --group --since --until --reason --progress --help' ;;
	replay) options='--guest --sum --json --mtu --as-sent --write --help' ;;
	learn) options='--progress --help' ;;
	esac
	# "--csv=names" comes in three words.
	if [[ $word == '=' && $before == --csv ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$tables")
		return
	fi
	if [[ $before == '=' && ${COMP_WORDS[COMP_CWORD - 2]} == --csv ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$tables" -- "$word")
		return
	fi
	case $before in
	--top | --group | --since | --until | --reason | --guest | --mtu) return ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
} && complete -o filenames -F _vde_egress vde_egress

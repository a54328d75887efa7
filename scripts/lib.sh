# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What scripts/test and scripts/demo share: packages, steps, and a copy of the sources. Set `root` before.

# Programs of dnsmasq, ip and the like live where an ordinary user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin
export PATH

begun=$(date +%s)
elapsed() { echo $(($(date +%s) - begun)); }
say() { printf '[%4s s] %s\n' "$(elapsed)" "$*"; }

# packages GROUP…: their names.
packages() {
    for group; do
        sed 's/#.*//' "${root:?}/scripts/packages" |
            awk -v want="[$group]" '/^\[/ { on = $1 == want; next } on && NF { print $1 }'
    done
}

missing_packages() {
    for package in $(packages "$@"); do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || echo "$package"
    done
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# install GROUP…: what is missing, and apt is left alone where nothing is. Uses step, and so its log.
install() {
    missing=$(missing_packages "$@" | sort -u | tr '\n' ' ')
    [ -n "$missing" ] || { say "packages: all there"; return 0; }
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "not installed: $missing" >&2
        echo "and there is no sudo: run this as root once" >&2
        exit 1
    fi
    step "packages: read the lists" as_root apt-get update
    # The words are package names, to be split.
    # shellcheck disable=SC2086
    step "packages: install $(echo "$missing" | wc -w)" \
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

# step WHAT COMMAND…: quiet while it goes well; the first that fails ends everything, with its command and the end
# of what it printed.
step() {
    say "$1"
    shift
    status=0
    "$@" >"${log:?}" 2>&1 </dev/null || status=$?
    [ "$status" -ne 0 ] || return 0
    echo
    echo "FAILED with status $status: $*"
    tail -n 40 "$log" | sed 's/^/    /'
    exit 1
}

# copy_sources FOLDER: what git tracks or would, so that nothing is made in the tree itself. The owner of a clone need
# not be who runs this, nor be known where this is run (in a user namespace).
copy_sources() {
    mkdir -p "$1"
    if command -v git >/dev/null && [ -e "$root/.git" ]; then
        git -c safe.directory='*' -C "$root" ls-files --cached --others --exclude-standard
    else
        (cd "$root" && find . -name .git -prune -o \( -type f -o -type l \) -print)
    fi | while IFS= read -r file; do
        [ -e "$root/$file" ] && printf '%s\n' "$file"
    done | tar -C "$root" -cf - -T - | tar -C "$1" --no-same-owner -xf -
}

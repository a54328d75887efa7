# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What vdens runs as one guest of several: ask for an address when all are told to, and end with it.
# station.sh WORKDIR NUMBER [OPTION OF UDHCPC…]
set -eu
ip link set lo up
ip link set vde0 up
echo $$ >"$1/client$2.pid.new"
mv "$1/client$2.pid.new" "$1/client$2.pid"
tries=400
until [ -e "$1/go" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 0.05
done
shift 2
exec busybox udhcpc -i vde0 -f -q -n -t 5 -T 3 -s "$(dirname "$0")/lease.sh" "$@"

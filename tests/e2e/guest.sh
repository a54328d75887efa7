# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What vdens runs as the guest: bring the link up, say who we are, and stay until told to go. guest.sh WORKDIR [SECONDS]
set -eu
ip link set lo up
ip link set vde0 up
echo $$ >"$1/guest.pid.new"
mv "$1/guest.pid.new" "$1/guest.pid"
exec sleep "${2:-600}"

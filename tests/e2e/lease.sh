#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sets the leased address; called by udhcpc ($1, $ip, $router) and by dhclient ($reason, $new_…).
# shellcheck disable=SC2154
set -eu
event=${reason:-${1:-}}
address=${new_ip_address:-${ip:-}}
gateway=${new_routers:-${router:-}}
echo "lease: $event ${address:-}"
case $event in
bound | renew | BOUND | RENEW | REBIND | REBOOT)
    ip address replace "$address/24" dev "$interface"
    ip route replace default via "$gateway" dev "$interface"
    ;;
esac

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154  # W and E2E are set by inside.sh
# A forwarded iperf3 through slirp, to a guest without the plugin and to one behind it, in turns. Run by tests/e2e's
# inside.sh in namespaces of its own; PAIRS says how often, SECONDS_EACH how long each run is.

stage=$W
sides='without behind'

# Both guests have a folder, and so pids and logs, of their own.
tidy_both() {
    for side in $sides; do
        W=$stage/$side
        stop_all
    done
}
trap tidy_both EXIT

# side_up SIDE PORT: a guest with an iperf3 server, which PORT of the host is forwarded to.
side_up() {
    W=$stage/$1
    mkdir -p "$W"
    vnl=slirp:///tcpfwd=127.0.0.1:$2:$GUEST:5201
    [ "$1" = without ] || vnl="egress://{$vnl}"
    guest_up "$1" "$vnl" || exit 1
    start_in_guest server iperf3 -s
    wait_for 5 guest_listens 5201 || die "no iperf3 in the guest" server
}

# run SIDE PORT WAY [OPTION]: one line, WAY SIDE MBITS.
run() {
    run_side=$1 run_way=$3
    run_port=$2
    shift 3
    mbits=$(timeout 30 iperf3 -c 127.0.0.1 -p "$run_port" -t "${SECONDS_EACH:-2}" -f m "$@" |
        awk '/receiver$/ { print $(NF - 2) }')
    [ -n "$mbits" ] || { echo "iperf3 measured nothing: $run_side, $run_way"; exit 1; }
    echo "$run_way $run_side $mbits" >>"$stage/results"
}

# pair WAY [OPTION]: one run of each, and the other one first the next time.
pair() {
    for pair_side in $sides; do
        case $pair_side in
        without) run without 9001 "$@" ;;
        behind) run behind 9002 "$@" ;;
        esac
    done
}

ip link set lo up
name=chain
side_up without 9001
side_up behind 9002
pairs=${PAIRS:-20}
for number in $(seq "$pairs"); do
    pair to-guest
    pair from-guest -R
    sides=$(echo "$sides" | awk '{ print $2, $1 }')
    [ $((number % 5)) -ne 0 ] || echo "        $number of $pairs pairs"
done

# The ratio of the medians, and within how much of each other the runs of one pair are.
for way in to-guest from-guest; do
    for side in without behind; do
        awk -v way="$way" -v side="$side" '$1 == way && $2 == side { print $3 }' "$stage/results" >"$stage/$way.$side"
    done
    paste "$stage/$way.without" "$stage/$way.behind" | awk -v way="$way" '
        function sort(v, n,   i, j, x) {
            for (i = 2; i <= n; i++) { x = v[i]; for (j = i - 1; j > 0 && v[j] > x; j--) v[j + 1] = v[j]; v[j + 1] = x }
        }
        function at(v, n, q,   i) { i = int(q * (n - 1) + 1.5); return v[i] }
        { a[NR] = $1; b[NR] = $2; r[NR] = $2 / $1 }
        END {
            sort(a, NR); sort(b, NR); sort(r, NR)
            ratio = at(b, NR, .5) / at(a, NR, .5)
            printf "%-10s  %6.0f without, %6.0f behind (medians of %d, Mbit/s)  ratio of medians %.3f, of pairs %.3f (%.3f - %.3f)  0.99: %s\n",
                way, at(a, NR, .5), at(b, NR, .5), NR, ratio, at(r, NR, .5), at(r, NR, .25), at(r, NR, .75),
                (ratio >= .99 ? "met" : "NOT met")
        }'
done

# SPDX-License-Identifier: LGPL-2.1-or-later
# Run by tests/e2e/run inside fresh user, mount and network namespaces: inside.sh SCENARIO WORKDIR
# Sets the stage, runs the scenario, and takes everything down again by the pids it wrote down.
set -eu

E2E=$(cd "$(dirname "$0")" && pwd)
scenario=$1
# shellcheck disable=SC2034
name=$(basename "$scenario" .sh)
# shellcheck disable=SC2034
W=$2

# shellcheck source=tests/e2e/lib.sh
. "$E2E/lib.sh"
# shellcheck source=tests/e2e/net.sh
. "$E2E/net.sh"

trap stop_all EXIT
trap 'exit 1' INT TERM HUP
# shellcheck source=/dev/null
. "$scenario"

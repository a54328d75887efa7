# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Run by documents.sh in a mount namespace of its own: install.sh SOURCE MODULES COMMANDS
# Runs COMMANDS, which build and install, in SOURCE. /usr/local and the folder MODULES are private; who wants to see
# what is in them afterwards enters the namespace, which stays until this is told to end.
set -eu
source=$1 modules=$2 commands=$3

cp -dR "$modules" "$source/modules"
rm -f "$source/modules/libvdeplug_egress.so"
mount --bind "$source/modules" "$modules"
mount -t tmpfs local /usr/local
cd "$source"
sh -ec "$commands"
: >installed
exec sleep 600

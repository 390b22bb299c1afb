#!/usr/bin/env bash
# ./dev says how it is used, refuses what it does not know, and installs nothing while it does so.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
wrong() { echo "wrong: $*"; exit 1; }

commands=$(./dev --help | sed -n 's#^\./dev \([a-z]*\) .*#\1#p')
[ "$(tr '\n' ' ' <<<"$commands")" = "demo build test bench lint asan tsan fuzz soak docs " ] || wrong "the commands are $commands"
for command in $commands; do
  said=$(./dev "$command" --help) || wrong "$command --help fails"
  grep -qF "./dev $command" <<<"$said" || wrong "$command --help does not say how it is called"
done
refused() {
  local status=0
  ./dev "$@" >/dev/null 2>&1 || status=$?
  [ $status = 2 ] || wrong "./dev $* exits $status, not 2"
}
refused nonsense
refused build --preset nonsense
refused bench
refused bench nonsense
refused lint --nonsense
refused lint --base nonsense
refused fuzz --seconds many
echo "every command explains itself"

#!/usr/bin/env bash
# A release contains no test hooks: no_test_hooks.sh RELEASE_DIR TEST_PROGRAM
# TEST_PROGRAM, which has hooks, shows that they would be found. Exit 77: there is no release build to look at.
set -euo pipefail
release=$1 control=$2

# Traps and planted faults by name, a C library function defined by the program, and switches in the environment.
hooks_in() {
  { nm -C "$1" | grep -E 'weir_trap|weir::traps|[Pp]lant(ed)?_|test_hook' || true
    nm "$1" | grep -E ' [TWi] (malloc|free|calloc|realloc|pthread_mutex_lock|read|write|poll|futex)$' || true
    grep -aoE '(WEIR_TEST_|TEST_PLANT)[A-Z_]+' "$1" | sort -u || true; }
}

[ -n "$(hooks_in "$control")" ] || { echo "$control: the hooks of a test build are not found: this check is blind"; exit 1; }
shopt -s nullglob
programs=("$release"/weir "$release"/weir-*)
found=0 looked=0
for program in "${programs[@]}"; do
  [ -f "$program" ] && [ -x "$program" ] || continue
  looked=$((looked + 1))
  hooks=$(hooks_in "$program")
  [ -z "$hooks" ] || { echo "$program contains test hooks:"; echo "$hooks"; found=1; }
done
[ $looked -gt 0 ] || { echo "no release in $release: ./dev build makes one"; exit 77; }
[ $found = 0 ] && echo "$looked program(s), no test hook"
exit $found

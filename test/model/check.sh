#!/usr/bin/env bash
# Checks the model of the protocol's core (model.pml) with spin, and that each rule taken out of it violates the named
# invariant: a model that cannot fail proves nothing.
#
#   check.sh         the fast set, for CI: about a minute on two cores, at most 2 GB
#   check.sh all     everything (README.md has the times), at most 4 GB
#   check.sh NAME    one check; KEEP=1 keeps its directory with the trail
#
# JOBS checks run at a time (2); each ends after LIM seconds. Exit 0: every result is the expected one, or spin or gcc is
# missing (unless DAL_JOB_TEST_REQUIRE names spin). The last line is `N passed, N failed`.
set -u
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)

# A result that would be a pass although the search was cut short, is none: `unfinished`.
check_one() { # NAME
  local name set kind expected flags actual dir start=$SECONDS
  IFS='|' read -r name set kind expected flags < <(tr -s ' ' <"$here/checks.txt" | sed 's/ *| */|/g' | grep -m1 "^$1|")
  dir=$(mktemp -d) || exit 1
  cd "$dir" || exit 1
  actual=$(search "$kind" "$expected" "$flags")
  local verdict=ok
  [ "$actual" = "$expected" ] || verdict=FAILED
  printf '%-6s %-12s %-6s expected %-5s actual %-10s %12s states %4d s  [%s]\n' \
    "$verdict" "$name" "$kind" "$expected" "$actual" "$(states)" $((SECONDS - start)) "$flags"
  cd /
  if [ -n "${KEEP:-}" ]; then echo "       kept: $dir"; else rm -rf "$dir"; fi
  [ "$verdict" = ok ]
}

search() { # KIND EXPECTED FLAGS: prints pass, the violated invariant, or unfinished
  local compile="-O1 -w -DNOREDUCE -DHC4 -DMEMLIM=${MEM:-900}" run="-E -m1000000 -w${HASH:-22}" claim=
  case $1 in
    safety) compile="$compile -DSAFETY" ;;
    l1 | l2) claim="-DLT${1^^}" compile="$compile -DNFAIR=3" run="$run -a -f" ;;
    *) echo "unknown kind"; return ;;
  esac
  # shellcheck disable=SC2046,SC2086
  { spin -a $3 $claim $(others_off "$2") "$here/model.pml" && gcc $compile -o pan pan.c; } >build.txt 2>&1 || { echo unbuilt; return; }
  # shellcheck disable=SC2086
  timeout "${LIM:-60}" ./pan $run >out.txt 2>&1
  verdict_of "${1^^}"
}

# A rule taken out may violate several invariants; the one that is named must be among them.
others_off() { # EXPECTED
  [ "$1" = pass ] && return
  for invariant in S1 S2 S3 S4 S7 K1 R1 W1 V1; do [ "$1" = "$invariant" ] || printf ' -DOFF_%s=1' "$invariant"; done
}

verdict_of() { # CLAIM
  local violated
  violated=$(sed -n 's/.*assertion violated.*inv_\([A-Z][0-9]\).*/\1/p' out.txt | head -1)
  if [ -n "$violated" ]; then echo "$violated"
  elif grep -q 'acceptance cycle' out.txt; then echo "$1"
  elif grep -q 'errors: 0' out.txt && ! grep -qE 'not completed|max search depth too small' out.txt; then echo pass
  else echo unfinished; fi
}

states() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' out.txt 2>/dev/null | tail -1; }

missing() {
  for tool in spin gcc; do command -v "$tool" >/dev/null || { echo "$tool"; return; }; done
}

run_set() { # NAMES…
  local results failed
  results=$(mktemp)
  printf '%s\n' "$@" | xargs -P "${JOBS:-2}" -I{} "$here/check.sh" --one {} | tee "$results"
  failed=$(grep -vc '^ok ' <(grep -E '^(ok|FAILED) ' "$results"))
  local passed=$(($# - failed))
  [ "$(grep -cE '^(ok|FAILED) ' "$results")" = $# ] || { echo "some checks left no result"; failed=$((failed + 1)); }
  rm -f "$results"
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

names() { grep -vE '^ *(#|$)' "$here/checks.txt" | tr -d ' ' | awk -F'|' -v set="$1" 'set == "all" || $2 == set || $1 == set { print $1 }'; }

main() {
  [ "${1:-}" = --one ] && { check_one "$2"; exit 0; }
  local tool
  tool=$(missing)
  if [ -n "$tool" ]; then
    echo "********** $tool is not installed: the protocol's model was NOT checked **********"
    case ",${DAL_JOB_TEST_REQUIRE:-}," in *,spin,*) echo "0 passed, 1 failed"; exit 1 ;; *) echo "0 passed, 0 failed"; exit 0 ;; esac
  fi
  local wanted=${1:-fast} list
  list=$(names "$wanted")
  [ -n "$list" ] || { echo "no check is called $wanted; checks.txt has them" >&2; exit 64; }
  if [ "$wanted" != fast ]; then export LIM=${LIM:-540} MEM=${MEM:-1900} HASH=${HASH:-24}; fi
  # shellcheck disable=SC2086
  run_set $list
}
main "$@"

# shellcheck shell=bash
# Real guests under QEMU: labs are brought up, every molecule scenario is played in one of them, they are taken down.

readonly GUESTS=extensions/guests/guests
readonly GUEST_PROGRAMS=(
  qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils ipmi_sim=openipmi mmdebstrap=mmdebstrap mke2fs=e2fsprogs
  ip=iproute2 ipmitool=ipmitool mkswap=util-linux setpriv=util-linux ssh=openssh-client
)

# Half of the time a guest sleeps or boots: two labs side by side, each of two guests, take little longer than one.
readonly LABS=(test1 test2)
declare -rA SCENARIOS=(
  [test1]="default suspend prepare"
  [test2]="faults wake fence split_brain backends"
)
# Played where they are named: backends takes four minutes, and it is not known yet how many are left within CI's; bench,
# which is tests/bench/sleep.py and no scenario, takes two, and a measure is no check.
readonly ONLY_NAMED=" backends bench "
readonly BENCH_LAB=test1
# This one is not taken down in order.
readonly CRASH_LAB=test2

leg_guests() { # [SCENARIO ...]
  local lab name steps=$TMPDIR/steps
  if [[ $EUID != 0 ]]; then
    skip "the guest lab" "not root: network namespaces and the guests' image need it; run ./test guests as root"
    return
  fi
  need_programs "${GUEST_PROGRAMS[@]}" || return 0
  use_venv guests || return 0
  mkdir "$steps"
  check "every scenario is played in one lab" each_once "$@"
  trap take_down EXIT
  for lab in "${LABS[@]}"; do
    # a lab that dies on the way must not be taken for one that has nothing to say
    echo "$lab: all was played" >"$steps/$lab.999.name"
    in_lab "$lab" play "$steps/$lab" "$@" &
    sleep 1
  done
  wait
  for name in "$steps"/*.name; do check "$(<"$name")" ended "${name%.name}"; done
}

# Each of these scenarios is played in one lab, and they are all that there are.
each_once() { # [SCENARIO ...]
  local name
  diff <(project_files 'extensions/molecule/*/molecule.yml' | xargs -0 -n 1 dirname | xargs -n 1 basename | sort) \
    <(tr ' ' '\n' <<<"${SCENARIOS[*]}" | sort)
  for name in "$@"; do
    if [[ " ${SCENARIOS[*]} bench " != *" $name "* ]]; then
      echo "there is no scenario '$name'; there are: ${SCENARIOS[*]}, and bench"
      return 1
    fi
  done
}

# Labs of their own, beside one that somebody works with.
in_lab() { # NAME COMMAND...
  export PM_GUESTS_LAB=$1
  "${@:2}"
}

# play STEPS [SCENARIO ...]: those of this lab's scenarios, or all of them, in a lab that is made for it.
play() {
  local steps=$1 number=100 name only=" ${*:2} " all=${SCENARIOS[$PM_GUESTS_LAB]} played=()
  step() { # NAME COMMAND...
    local file=$steps.$((number += 1)) status=0
    echo "$PM_GUESTS_LAB: $1" >"$file.name"
    "${@:2}" >"$file.log" 2>&1 || status=$?
    say "  $PM_GUESTS_LAB: $1: $( ((status)) && echo FAILED || echo ok) ($SECONDS s)"
    echo "$status" >"$file.status"
    # told at once: who ends the leg before its time, as CI does, sees no more
    if ((status)); then grep -A 12 '^fatal:' "$file.log" >&3 || tail -n 20 "$file.log" >&3; fi
    return "$status"
  }
  if [[ $PM_GUESTS_LAB == "$BENCH_LAB" ]]; then all+=" bench"; fi
  for name in $all; do
    if [[ $only == *" $name "* || ($only == "  " && $ONLY_NAMED != *" $name "*) ]]; then played+=("$name"); fi
  done
  if ((${#played[@]} == 0)); then
    rm "$steps.999.name"
    return
  fi
  "$GUESTS" down
  # one after another: all boots at once would take longer
  step "the lab comes up" flock "$(dirname "$steps")/up" "$GUESTS" up || return 0
  for name in "${played[@]}"; do
    if [[ $name == bench ]]; then
      step "what a sleep costs" bench_sleep || true
    else
      step "scenario $name" "$GUESTS" molecule test --scenario-name "$name" --destroy never || true
    fi
  done
  step "a second up changes nothing" nothing_changes || true
  if [[ $PM_GUESTS_LAB == "$CRASH_LAB" ]]; then
    step "its supervisor is killed" crashes || true
    step "the lab goes down" "$GUESTS" down || true
  else
    step "the lab goes down, by molecule" "$GUESTS" molecule destroy --scenario-name default || true
  fi
  step "and leaves nothing" nothing_left || true
  number=998
  step "all was played" true
}

nothing_changes() { "$GUESTS" up | grep "already up, nothing changed"; }

# On a guest that knows of no entry by another backend, which may have taken longer than this bench's sleep.
bench_sleep() {
  "$GUESTS" ssh guest1 rm -f /var/lib/hostpm.power/ways_back.json &&
    "$GUESTS" exec "$CACHE/venv-guests/bin/python" tests/bench/sleep.py --quick guest1
}

# Its supervisor is killed, and there is a QEMU that no state file knows of: the lab is neither up nor down.
crashes() {
  local ident run status=0
  ident=$("$GUESTS" ident)
  run=/run/pmg-$ident
  ip netns exec "pmg-$ident-lan" "${GUEST_PROGRAMS[0]%%=*}" -machine none -nodefaults -display none -S \
    -daemonize -pidfile "$run/stray.pid" &&
    kill -KILL "$(supervisor_of "$run/state.json")" || return
  "$GUESTS" status || status=$?
  ((status == 3)) && kill -0 "$(<"$run/stray.pid")"
}

supervisor_of() { # STATE-FILE
  python -c 'import json, sys
print(*(one["pid"] for one in json.load(open(sys.argv[1]))["processes"] if one["what"] == "supervisor"))' "$1"
}

# Also when the leg is interrupted or has lost its way.
take_down() {
  local lab
  for lab in "${LABS[@]}"; do in_lab "$lab" "$GUESTS" down >/dev/null || true; done
}

# No namespace, no run folder, no process, no mount of this lab.
nothing_left() {
  local ident wrong=0
  ident=$("$GUESTS" ident)
  if ip netns list | grep "pmg-$ident-"; then wrong=1; fi
  if grep "pmg-$ident-" /proc/self/mounts; then wrong=1; fi
  if [[ -e /run/pmg-$ident ]]; then
    echo "/run/pmg-$ident is left"
    wrong=1
  fi
  # the brackets keep grep from finding itself
  if grep -la "pm[g]-$ident" /proc/[0-9]*/cmdline 2>/dev/null; then wrong=1; fi
  return "$wrong"
}

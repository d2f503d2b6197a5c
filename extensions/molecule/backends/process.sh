#!/bin/sh
# The process of a planned sleep: its parent, how many units it belongs to, how many alarms it holds. Nothing without one.
for one in /proc/[0-9]*; do
  # the brackets keep grep from finding itself
  if grep -qs 'hostpm.power/suspend/run.p[y]' "$one/cmdline"; then
    parent=$(sed -n 's/^PPid:[^0-9]*//p' "$one/status")
    units=$(grep -c 'hostpm-power-suspend\.service' "$one/cgroup")
    # CLOCK_BOOTTIME_ALARM
    alarms=$(grep -ls '^clockid: 9$' "$one"/fdinfo/* | wc -l)
    echo "parent $parent, units $units, alarms $alarms"
  fi
done

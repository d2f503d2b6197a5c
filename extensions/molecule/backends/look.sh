#!/bin/sh
# What a guest knows of its sleeps in this boot: its boot_id, how far its clocks are apart, and what each backend has left.
told() { # UNIT TEXT
  journalctl --quiet --boot --output cat --unit "$1.service" | grep -c "^$2"
}
gap=$(python3 -c 'import time; print(time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic())')
cat <<END
{
  "boot_id": "$(cat /proc/sys/kernel/random/boot_id)",
  "gap": $gap,
  "units": $(told hostpm-power-suspend Started),
  "systemd_sleeps": $(told systemd-suspend Starting),
  "pm_utils_sleeps": $(sed -n '/performing suspend/p' /var/log/pm-suspend.log 2>/dev/null | wc -l)
}
END

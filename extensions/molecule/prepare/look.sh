#!/bin/sh
# What the roles write on a guest, and what they set in its kernel, as text to be compared: look.sh INTERFACE
find /etc/udev/rules.d /etc/systemd/network /etc/network /var/lib/hostpm.power -type f -exec md5sum {} + 2>/dev/null | sort
head -n 1 /sys/class/rtc/*/device/power/wakeup /sys/class/rtc/*/wakealarm "/sys/class/net/$1/device/power/wakeup"
ethtool "$1" | grep Wake-on
dpkg --list | md5sum
cat /proc/sys/kernel/random/boot_id /sys/power/suspend_stats/success

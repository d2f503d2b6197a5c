#!/bin/sh
# What there is of a card: look.sh INTERFACE LINK_FILE. It prints lines NAME=VALUE, and changes nothing.
#
# path        its device in sysfs
# asleep      that device, or one that it hangs on, which may not wake the host
# connection  the connection of NetworkManager that is active on it, by UUID
# sets        what this connection sets for Wake-on-LAN
# stanza      the file of ifupdown that has a stanza of it
# link        LINK_FILE, where it is there
# udev        the version of udev, where that runs
# base        the .link file of the card, or, where LINK_FILE is the one, that which it stands for
# text        a line of that file, with its drop-ins
name=$1 link=$2

device=$(readlink -f "/sys/class/net/$name/device")
echo "path=$device"
# sysfs nests a device in the one that it hangs on
while [ "${device#/sys/devices/}" != "$device" ]; do
  if grep -qs '^disabled' "$device/power/wakeup"; then echo "asleep=$device"; fi
  device=${device%/*}
done

if [ -d /run/NetworkManager ]; then
  connection=$(nmcli -g GENERAL.CON-UUID device show "$name" 2>/dev/null)
  echo "connection=$connection"
  echo "sets=$(nmcli -g 802-3-ethernet.wake-on-lan connection show "$connection" 2>/dev/null)"
fi

if [ -x /sbin/ifup ]; then
  for file in /etc/network/interfaces /etc/network/interfaces.d/*; do
    # not a copy that an editor or a package left beside it
    case ${file##*/} in *[!A-Za-z0-9_-]*) continue ;; esac
    if awk -v name="$name" '$1 == "iface" && $2 == name { found = 1 } END { exit !found }' "$file" 2>/dev/null; then
      echo "stanza=$file"
    fi
  done
fi

if [ -e "$link" ]; then echo "link=$link"; fi

if [ -e /run/udev/control ]; then
  echo "udev=$(udevadm --version)"
  base=$(sed -n 's/^# Instead of: //p' "$link" 2>/dev/null)
  # after a boot it is ours that applies
  : "${base:=$(udevadm info --query=property --path="/sys/class/net/$name" | sed -n 's/^ID_NET_LINK_FILE=//p' | grep -vxF "$link")}"
  : "${base:=/usr/lib/systemd/network/99-default.link}"
  echo "base=$base"
  systemd-analyze cat-config "systemd/network/${base##*/}" | sed 's/^/text=/'
fi

# shellcheck shell=bash
# Gives this guest the name and the address that the kernel's command line has: lab.name, lab.card, lab.address,
# lab.gateway.

declare -A lab=()
for word in $(</proc/cmdline); do
  if [[ $word == lab.*=* ]]; then
    key=${word%%=*}
    lab[${key#lab.}]=${word#*=}
  fi
done
# Only at the first boot: what a role has changed since stays.
if [[ ! -e /etc/hostname ]]; then
  echo "${lab[name]}" >/etc/hostname
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "${lab[name]}" >/etc/hosts
  mkdir -p /etc/systemd/network
  printf '[Match]\nName=%s\n\n[Network]\nAddress=%s\nGateway=%s\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' \
    "${lab[card]}" "${lab[address]}" "${lab[gateway]}" >/etc/systemd/network/20-lan.network
fi
echo "$(</etc/hostname)" >/proc/sys/kernel/hostname

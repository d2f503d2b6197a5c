#!/usr/bin/env bash
# Makes the golden image of the guests: golden.sh FOLDER SOURCES APT_OPTIONS
# FOLDER is empty and gets root.img (ext4, label root), vmlinuz, initrd and the lab's ssh key; SOURCES is the apt source
# list, APT_OPTIONS the settings of apt on this machine. Nothing is mounted outside a mount namespace of its own.
set -euo pipefail
umask 022
folder=$1 sources=$2 apt_options=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly SUITE=bookworm
packages=(
  linux-image-amd64 initramfs-tools kmod udev systemd-sysv dbus libpam-systemd openssh-server python3 sudo iproute2
  ethtool util-linux-extra pm-utils python3-pyghmi python3-apt dpkg network-manager ifupdown
)
# What the guests' machine does not have: half of the kernel's modules, and what nobody reads in a guest.
unwanted=(
  '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' '/usr/share/info/*' '/usr/share/lintian/*'
  '/lib/modules/*/kernel/sound/*' '/lib/modules/*/kernel/arch/x86/kvm/*' '/lib/modules/*/kernel/drivers/'{ata,gpu,media,infiniband,staging,isdn,iio,hid,scsi,usb,video,mmc,mtd}'/*'
  '/lib/modules/*/kernel/drivers/net/'{wireless,can,usb,wwan,hamradio,fddi,arcnet,ieee802154,dsa,ppp,bonding,team,wan}'/*'
  '/lib/modules/*/kernel/fs/'{xfs,btrfs,ocfs2,gfs2,nfs,nfsd,ceph,smb,cifs,ntfs3,f2fs,jfs,reiserfs,ubifs,afs,coda,orangefs}'/*'
  '/lib/modules/*/kernel/net/'{bluetooth,mac80211,wireless,sctp,tipc,rds,can,openvswitch,batman-adv,dccp,ax25,nfc}'/*'
)
options=()
for path in "${unwanted[@]}"; do options+=("--dpkgopt=path-exclude=$path"); done

ssh-keygen -q -t ed25519 -N '' -C 'guests of the lab' -f "$folder/id_ed25519"
# A copy, so that the files belong to root whoever owns the checkout.
cp -r --no-preserve=ownership "$here/files" "$folder/files"
find "$folder/files" -type d -exec chmod 0755 {} +
find "$folder/files" -type f -perm -u+x -exec chmod 0755 {} +
find "$folder/files" -type f ! -perm -u+x -exec chmod 0644 {} +
chmod 0440 "$folder/files/etc/sudoers.d/"*

mmdebstrap --quiet --mode=root --variant=apt --format=directory --skip=check/empty --skip=cleanup/apt/lists \
  --include="$(IFS=, && echo "${packages[*]}")" --aptopt="$apt_options" --aptopt='Apt::Install-Recommends "false"' \
  "${options[@]}" \
  --setup-hook="sync-in '$folder/files' /" \
  --customize-hook="upload '$folder/id_ed25519.pub' /tmp/key" \
  --customize-hook="upload '$here/inside.sh' /tmp/inside.sh" \
  --customize-hook="chroot \"\$1\" bash -eu /tmp/inside.sh" \
  "$SUITE" "$folder/root" - <"$sources"

cp "$folder"/root/boot/vmlinuz-* "$folder/vmlinuz"
cp "$folder"/root/boot/initrd.img-* "$folder/initrd"
mke2fs -q -t ext4 -L root -m 0 -d "$folder/root" "$folder/root.img" 3G
rm -rf "$folder/root" "$folder/files"

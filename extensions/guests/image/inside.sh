# shellcheck shell=bash
# The last steps of the golden image, inside it: the users, what starts, and a package source without a network.

mkdir -p /root/.ssh /home/operator/.ssh
useradd --home-dir /home/operator --shell /bin/bash --no-user-group --gid operator operator
for home in /root /home/operator; do cp /tmp/key "$home/.ssh/authorized_keys"; done
chown -R operator:operator /home/operator
chmod 0700 /root/.ssh /home/operator/.ssh
rm -f /tmp/key

# The same in every guest; its name, its address and its machine ID come with the kernel's command line.
: >/etc/machine-id
rm -f /etc/hostname

systemctl --quiet enable systemd-networkd.service lab-identity.service lab-report.service
# Under software emulation each of these costs seconds that no test wants.
systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
  e2scrub_reap.service systemd-networkd-wait-online.service systemd-pstore.service getty@.service serial-getty@.service \
  user@.service user-runtime-dir@.service modprobe@.service kmod-static-nodes.service systemd-binfmt.service \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-network-generator.service \
  systemd-machine-id-commit.service systemd-sysusers.service dev-hugepages.mount dev-mqueue.mount \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount

# What manages interfaces elsewhere is there, but does nothing unless a test starts it; nobody asks polkit for anything.
systemctl --quiet disable NetworkManager.service NetworkManager-dispatcher.service NetworkManager-wait-online.service \
  networking.service
ln -s /dev/null /etc/udev/rules.d/80-ifupdown.rules
rm /usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service

# What lab_compiled.py keeps, whoever runs a module.
mkdir -m 1777 /var/cache/lab-compiled

# A session of logind and a message of the day take as long as the login itself.
pam-auth-update --package --remove systemd
sed -i '/pam_motd/d; /pam_mail/d' /etc/pam.d/sshd

# As Debian's installer leaves it.
printf '0.0 0 0.0\n0\nUTC\n' >/etc/adjtime

# pm-utils as a package that can be removed and installed again: the guests reach no registry.
mkdir -p /srv/packages
cd /srv/packages || exit
apt-get -q -o APT::Sandbox::User=root download pm-utils powermgmt-base
for file in *.deb; do
  dpkg-deb --field "$file"
  echo "Filename: ./$file"
  echo "Size: $(stat --format=%s "$file")"
  echo "SHA256: $(sha256sum "$file" | cut -d' ' -f1)"
  echo
done >Packages
rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/* /var/cache/apt/*.bin
echo 'deb [trusted=yes] file:/srv/packages ./' >/etc/apt/sources.list
apt-get -q -o APT::Sandbox::User=root update
rm -f /etc/resolv.conf /tmp/inside.sh
printf '%s\n' 'passwd: files' 'group: files' 'shadow: files' 'hosts: files' >/etc/nsswitch.conf

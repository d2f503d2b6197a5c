"""Whether Wake-on-LAN is armed again after a boot: by NetworkManager, ifupdown or a .link file of systemd. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .answer import ProbeFailed, config, listed, run, shown
from .link_files import NetDevice, link_setting
from .machine import Machine

YES: t.Final = "yes"
NO: t.Final = "no"
UNKNOWN: t.Final = "unknown"

_INTERFACES: t.Final = "/etc/network"
_STANZAS: t.Final = ("iface", "auto", "mapping", "template", "rename", "no-auto-down", "no-scripts")


@dataclass(frozen=True)
class Kept:
    """yes, no or unknown; ``by`` names what decides it."""

    state: str
    by: str = ""
    why: str = ""


UNASKED: t.Final = Kept(UNKNOWN, "", "not looked at")


def kept_after_boot(machine: Machine, name: str, mac: str, permanent_mac: str, driver: str) -> Kept:
    """What arms a card when the machine starts. The .link file is applied first, so what manages the card wins."""
    try:
        for found in (_network_manager(machine, name), _ifupdown(machine, name)):
            if found:
                return found
        found = _link_file(machine, NetDevice(name, mac, permanent_mac, driver))
    except ProbeFailed as exc:
        return Kept(UNKNOWN, "", str(exc))
    if found:
        return found
    if machine.exists(f"/etc/sysconfig/network/ifcfg-{name}"):
        return Kept(
            UNKNOWN, "", f"/etc/sysconfig/network/ifcfg-{name} belongs to wicked, which is not looked at"
        )
    return Kept(
        NO, "", "nothing here sets it when the machine starts: what the card's driver does by itself is left"
    )


def _network_manager(machine: Machine, name: str) -> Kept | None:
    by = "NetworkManager"
    if not machine.exists("/run/NetworkManager"):
        return None
    uuid = _nmcli(machine, "GENERAL.CON-UUID", "device", name)
    if uuid in ("", "--"):
        return None
    setting = _nmcli(machine, "802-3-ethernet.wake-on-lan", "connection", uuid)
    if "magic" in setting:
        return Kept(YES, by, f"the connection {uuid} sets it")
    if "ignore" in setting:
        return None
    if "default" not in setting:
        return Kept(NO, by, f"the connection {uuid} sets it to {shown(setting)}")
    printed = _run(machine, "NetworkManager", "--print-config")
    if re.search(r"(?m)^[ \t]*ethernet\.wake-on-lan[ \t]*=", printed):
        return Kept(
            UNKNOWN, by, "NetworkManager.conf sets ethernet.wake-on-lan, for which cards is not looked at"
        )
    return None


def _nmcli(machine: Machine, field: str, kind: str, one: str) -> str:
    return _run(machine, "nmcli", "-g", field, kind, "show", one).strip()


def _run(machine: Machine, *argv: str) -> str:
    try:
        ran = run(machine, *argv)
    except FileNotFoundError:
        raise ProbeFailed(f"NetworkManager runs, but {argv[0]} is missing") from None
    if ran.rc:
        raise ProbeFailed(f"{' '.join(argv)} ended with {ran.rc}: {shown(ran.err or ran.out)}")
    return ran.out


def _ifupdown(machine: Machine, name: str) -> Kept | None:
    """interfaces(5): ethernet-wol of the package ethtool, or a command that arms the card."""
    files = [f"{_INTERFACES}/interfaces"]
    files += [f"{_INTERFACES}/interfaces.d/{one}" for one in listed(machine, f"{_INTERFACES}/interfaces.d")]
    for file in files:
        letters = _of_stanza(config(machine, file), name)
        if letters:
            return Kept(YES if set(letters) & set("gs") else NO, "ifupdown", f"{file} sets it to {letters}")
    return None


def _of_stanza(text: str, name: str) -> str:
    """The letters that the last line on Wake-on-LAN in a stanza of this interface sets; empty without one."""
    inside, letters = False, ""
    for line in text.splitlines():
        first, *more = line.split() or [""]
        if first in _STANZAS or first.startswith(("allow-", "source")):
            inside = [first, *more[:1]] == ["iface", name]
        elif inside and not first.startswith("#"):
            arms = any(word.rpartition("/")[2] == "ethtool" for word in more) and "wol" in more[:-1]
            if first == "ethernet-wol" and more:
                letters = more[0]
            elif arms:
                letters = more[more.index("wol") + 1]
    return letters if re.fullmatch("[a-z]{1,16}", letters) else ""


def _link_file(machine: Machine, device: NetDevice) -> Kept | None:
    if not machine.exists("/run/udev/control"):
        return None
    found = link_setting(machine, device)
    if found is None:
        return None
    by = f"systemd ({found.file})"
    if not found.sure:
        return Kept(UNKNOWN, by, "whether that file is for this card cannot be told here")
    words = found.wake_on_lan.split()
    return Kept(YES if {"magic", "secureon"} & set(words) else NO, by, f"it sets WakeOnLan={' '.join(words)}")

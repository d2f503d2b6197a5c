"""Which .link file of systemd is for a card, and what it says of Wake-on-LAN (systemd.link(5)). Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fnmatch
import re
import typing as t
from dataclasses import dataclass

from .answer import config, listed, read_or
from .machine import Machine

#: A file hides those of the same name in the folders after its own.
_FOLDERS: t.Final = tuple(
    f"{root}/systemd/network" for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
)

_NET: t.Final = "/sys/class/net"
_RENAMED: t.Final = "4"


@dataclass(frozen=True)
class NetDevice:
    """What files can match a card by."""

    name: str
    mac: str
    permanent_mac: str
    driver: str


@dataclass(frozen=True)
class LinkSetting:
    """What the file that is for a card says of Wake-on-LAN; not ``sure``: one that may be for it.

    ``wake_on_lan`` has the words of WakeOnLan=, or off.
    """

    file: str
    wake_on_lan: str
    sure: bool


def link_setting(machine: Machine, device: NetDevice) -> LinkSetting | None:
    """The setting of the first file, by name, that matches; None where that file sets nothing.

    :raises ProbeFailed: a file cannot be read.
    """
    for file, text in _files(machine):
        setting = _wake_on_lan(_section(text, "Link"))
        fits = _fits(machine, device, _section(text, "Match"))
        if fits and not setting:
            return None
        if setting and fits is not False:
            return LinkSetting(file, setting, sure=fits is True)
    return None


def _files(machine: Machine) -> t.Iterator[tuple[str, str]]:
    """Each file with its drop-ins behind it, in the order in which they are tried."""
    found: dict[str, str] = {}
    drop_ins: dict[str, dict[str, str]] = {}
    for folder in _FOLDERS:
        for name in listed(machine, folder):
            if name.endswith(".link"):
                found.setdefault(name, f"{folder}/{name}")
            elif name.endswith(".link.d"):
                for one in listed(machine, f"{folder}/{name}"):
                    if one.endswith(".conf"):
                        drop_ins.setdefault(name[:-2], {}).setdefault(one, f"{folder}/{name}/{one}")
    for name, file in sorted(found.items()):
        more = [path for _one, path in sorted(drop_ins.get(name, {}).items())]
        yield file, "\n".join(config(machine, path) for path in [file, *more])


def _section(text: str, name: str) -> dict[str, list[str]]:
    """Each key in the sections of this name, with its lines: they add up, and an empty one takes back those before."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in text.splitlines():
        line = line.strip()
        key, equals, value = (part.strip() for part in line.partition("="))
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif equals and section == name and not line.startswith(("#", ";")):
            found[key] = [*found.get(key, []), value] if value else []
    return found


def _wake_on_lan(link: t.Mapping[str, t.Sequence[str]]) -> str:
    """The words that count, off for none of them, empty where nothing is set. A password implies secureon."""
    lines = link.get("WakeOnLan", ())
    words: list[str] = []
    for line in lines:
        words = [] if line == "off" else words + line.split()
    if link.get("WakeOnLanPassword"):
        words.append("secureon")
    return " ".join(dict.fromkeys(words)) or ("off" if lines else "")


def _fits(machine: Machine, device: NetDevice, match: t.Mapping[str, t.Sequence[str]]) -> bool | None:
    """Whether a [Match] section is for the card; None where that cannot be told. A file without one is ignored."""
    answers = [_key_fits(machine, device, key, " ".join(lines)) for key, lines in match.items() if lines]
    if not answers or False in answers:
        return False
    return None if None in answers else True


def _key_fits(machine: Machine, device: NetDevice, key: str, value: str) -> bool | None:
    if key in ("MACAddress", "PermanentMACAddress"):
        own = device.mac if key == "MACAddress" else device.permanent_mac
        return own.lower() in re.sub(r"[-.]", ":", value.lower()).split() if own else None
    if key == "OriginalName":
        if _like(device.name, value):
            return True
        # Its first name is not known any more.
        renamed = read_or(machine, f"{_NET}/{device.name}/name_assign_type") == _RENAMED
        return None if renamed and not value.startswith("!") else False
    if key == "Driver":
        return _like(device.driver, value) if device.driver else None
    if key == "Path":
        path = _udev_path(machine, device.name)
        return _like(path, value) if path else None
    if key == "Type":
        return _like("ether", value)
    return None


def _like(name: str, patterns: str) -> bool:
    """Shell patterns, one of which has to fit; after a ! none may."""
    hit = any(fnmatch.fnmatchcase(name, pattern.lstrip("!")) for pattern in patterns.split())
    return hit != patterns.startswith("!")


def _udev_path(machine: Machine, name: str) -> str:
    index = read_or(machine, f"{_NET}/{name}/ifindex")
    match = re.search(r"(?m)^E:ID_PATH=(\S+)$", config(machine, f"/run/udev/data/n{index}"))
    return match[1] if match else ""

"""Wake-on-LAN: which cards can wake the machine by a magic packet, which are armed, and which stay so."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from .answer import BECOME, NONE, PROBE_FAILED, SUPPORTED, ProbeFailed, listed, read_or, run, shown
from .clock import wakeup_of
from .machine import Machine
from .wol_kept import UNASKED, Kept, kept_after_boot

_NET: t.Final = "/sys/class/net"
#: A magic packet wakes a card that is armed with either: g any, s one with the SecureOn password.
MAGIC: t.Final = "gs"


@dataclass(frozen=True)
class Card:
    """One network card.

    ``supported`` and ``armed`` are ethtool's letters: p phy, u unicast, m multicast, b broadcast, a ARP, g magic
    packet, s SecureOn, f filter, d none. ``ready``: as it is set now, a magic packet (for s with the password) wakes
    the machine. ``wakeup`` is the card's own power/wakeup (enabled, disabled, absent), ``chain`` that of the devices
    between it and the processor, nearest first. ``master`` is the bond or bridge that it is a part of.
    """

    state: str
    why: str = ""
    supported: str = ""
    armed: str = ""
    ready: bool = False
    mac: str = ""
    permanent_mac: str = ""
    driver: str = ""
    wakeup: str = ""
    chain: t.Sequence[t.Mapping[str, str]] = ()
    master: str = ""
    persistent: Kept = UNASKED


def wake_on_lan(machine: Machine, interfaces: t.Sequence[str] | None = None) -> dict[str, Card]:
    """Look at every card that has a device; one card of the name * says why there are none to look at.

    :param interfaces: these instead; what is no card gets an explanation.
    """
    try:
        names = listed(machine, _NET)
    except ProbeFailed as exc:
        return {name: Card(PROBE_FAILED, str(exc)) for name in interfaces or ["*"]}
    if interfaces is None:
        interfaces = [name for name in names if machine.exists(f"{_NET}/{name}/device")]
    return {name: _explained(machine, name, names) for name in interfaces}


def parse_wake_on(out: str) -> tuple[str, str] | None:
    """What ethtool IFACE says of Wake-on-LAN: the supported and the armed letters; None where it says nothing.

    :raises ProbeFailed: it says something that is no letters.
    """
    lines = dict(re.findall(r"(?m)^[ \t]*(Supports Wake-on|Wake-on):(.*)$", out))
    if not lines:
        return None
    letters = [lines.get(key, "").strip() for key in ("Supports Wake-on", "Wake-on")]
    for text in letters:
        if not re.fullmatch(r"[a-z]{1,16}", text):
            raise ProbeFailed(f"ethtool's words on Wake-on-LAN are not understood: {shown(text)}")
    return letters[0], letters[1]


def _explained(machine: Machine, name: str, names: t.Sequence[str]) -> Card:
    if name not in names:
        return Card(PROBE_FAILED, f"there is no interface {name}; there are: {', '.join(names) or 'none'}")
    try:
        if machine.exists(f"{_NET}/{name}/device"):
            return _card(machine, name)
        return Card(NONE, _no_card(machine, name))
    except ProbeFailed as exc:
        return Card(PROBE_FAILED, str(exc))


def _no_card(machine: Machine, name: str) -> str:
    kind = re.findall(r"(?m)^DEVTYPE=(\w+)$", read_or(machine, f"{_NET}/{name}/uevent"))
    what = f"{name} is {'a ' + kind[0] if kind else 'virtual'}, no card: it cannot wake the machine"
    below = [one[len("lower_") :] for one in listed(machine, f"{_NET}/{name}") if one.startswith("lower_")]
    return f"{what}. Ask for what it is made of: {', '.join(below)}" if below else what


def _card(machine: Machine, name: str) -> Card:
    folder = f"{_NET}/{name}"
    card = Card(
        PROBE_FAILED,
        mac=_mac(machine, folder),
        driver=_last(machine, f"{folder}/device/driver"),
        wakeup=wakeup_of(machine, _waker(machine, folder)),
        chain=_chain(machine, name),
        master=_last(machine, f"{folder}/master"),
    )
    if machine.exists(f"{folder}/phy80211"):
        return replace(card, state=NONE, why="it is wireless: only wired cards are looked at")
    try:
        card = replace(card, permanent_mac=_permanent_mac(machine, name))
        letters = _ask_ethtool(machine, name)
    except ProbeFailed as exc:
        return replace(
            card, why=str(exc), persistent=kept_after_boot(machine, name, card.mac, "", card.driver)
        )
    kept = kept_after_boot(machine, name, card.mac, card.permanent_mac, card.driver)
    if letters is None:
        why = f"its driver {card.driver or '(unknown)'} has no Wake-on-LAN"
        return replace(card, state=NONE, why=why, persistent=kept)
    card = replace(card, supported=letters[0], armed=letters[1], persistent=kept)
    if not set(card.supported) & set(MAGIC):
        why = f"it does not wake by a magic packet (Supports Wake-on: {card.supported})"
        return replace(card, state=NONE, why=why)
    missing = _missing(machine, name, card)
    return replace(card, state=SUPPORTED, ready=not missing, why=missing)


def source_of(machine: Machine, name: str) -> str:
    """The name on its bus of the device that signals the wake, which is that of its wakeup source too."""
    target = machine.readlink(f"{_NET}/{name}/device").rstrip("/").split("/")
    usb = _last(machine, f"{_NET}/{name}/device/subsystem") == "usb"
    # a function of a USB device is named 1-2:1.0, its device 1-2
    return target[-1].partition(":")[0] if usb else target[-1]


def _waker(machine: Machine, folder: str) -> str:
    """The device that signals the wake: the card's own, but of a USB card the device that its function belongs to."""
    usb = _last(machine, f"{folder}/device/subsystem") == "usb"
    return f"{folder}/device/.." if usb else f"{folder}/device"


def _mac(machine: Machine, folder: str) -> str:
    """The address in use; that of InfiniBand is longer."""
    text = read_or(machine, f"{folder}/address")
    if text and not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5,19}", text):
        raise ProbeFailed(f"{folder}/address holds no address: {shown(text)}")
    return text


def _missing(machine: Machine, name: str, card: Card) -> str:
    """What a card that can wake the machine lacks to do so."""
    missing = []
    if _carrier(machine, name) == "0":
        missing.append("it has no link: look at its cable and at the port of its switch")
    if not set(card.armed) & set(MAGIC):
        letter = "g" if "g" in card.supported else "s"
        missing.append(f"not armed: ethtool -s {name} wol {letter}")
    if card.wakeup == "disabled":
        folder = _waker(machine, f"{_NET}/{name}")
        missing.append(f"may not wake the machine: echo enabled > {folder}/power/wakeup")
    elif card.wakeup == "absent":
        missing.append("the kernel cannot let it wake the machine: it has no power/wakeup")
    return "; ".join(missing)


def _carrier(machine: Machine, name: str) -> str:
    """0 without a link; the kernel does not tell of an interface that is down."""
    try:
        return machine.read(f"{_NET}/{name}/carrier").strip()
    except OSError:
        return ""


def _ask_ethtool(machine: Machine, name: str) -> tuple[str, str] | None:
    ran = _ethtool(machine, name)
    letters = parse_wake_on(ran[1])
    if letters is None and (machine.uid != 0 or "not permitted" in ran[2]):
        raise ProbeFailed(
            BECOME if machine.uid != 0 else "the kernel does not let root ask (no CAP_NET_ADMIN here)"
        )
    if letters is None and ran[0] != 0:
        raise ProbeFailed(f"ethtool {name} ended with {ran[0]}: {shown(ran[2] or ran[1])}")
    return letters


def _permanent_mac(machine: Machine, name: str) -> str:
    """The address that is burnt in: a bond gives all of its cards the same one."""
    match = re.search(
        r"(?m)^Permanent address: ([0-9a-f]{2}(?::[0-9a-f]{2}){5})$", _ethtool(machine, "-P", name)[1]
    )
    return match[1] if match and match[1] != "00:00:00:00:00:00" else ""


def _ethtool(machine: Machine, *args: str) -> tuple[int, str, str]:
    try:
        ran = run(machine, "ethtool", *args)
    except FileNotFoundError:
        raise ProbeFailed("ethtool is missing: install the package ethtool") from None
    return ran.rc, ran.out, ran.err


def _last(machine: Machine, path: str) -> str:
    """The last part of where a link points to; empty where it is missing."""
    try:
        return machine.readlink(path).rpartition("/")[2]
    except OSError:
        return ""


def _chain(machine: Machine, name: str) -> list[dict[str, str]]:
    """Each device above the card that has a power/wakeup; sysfs nests a device in the one that it hangs on."""
    try:
        parts = machine.readlink(f"{_NET}/{name}").split("/devices/")[-1].split("/net/")[0].split("/")
    except OSError:
        return []
    chain = []
    for count in range(len(parts) - 1, 0, -1):
        state = wakeup_of(machine, "/".join(["/sys/devices", *parts[:count]]))
        if state != "absent":
            chain.append({"device": parts[count - 1], "wakeup": state})
    return chain


def arm_again(machine: Machine, cards: t.Mapping[str, str]) -> list[str]:
    """Arm cards after a sleep, as some drivers forget it there; what is to be said of it.

    :param cards: the letters of ethtool by interface.
    """
    notes = []
    for name, letters in cards.items():
        if "s" in letters:
            if wake_on_lan(machine, [name])[name].armed != letters:
                notes.append(f"{name} has lost its SecureOn password in its sleep: arm it again")
            continue
        try:
            ran = machine.run(["ethtool", "-s", name, "wol", letters])
            said = (ran.err or ran.out).strip() if ran.rc else ""
        except OSError as exc:
            said = str(exc)
        if said:
            notes.append(f"{name} could not be armed for Wake-on-LAN again: {said}")
    return notes

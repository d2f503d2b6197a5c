"""All that is checked before a machine may be put to sleep, and the plan that comes of it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass

from . import rtc
from .alarm import NO_ALARM_CLOCK, NoAlarm, WakeTimer
from .duration import check_duration
from .guards import busy, objections
from .job import Plan
from .machine import Machine
from .proof import boot_id
from .relied import proven
from .store import WayBack, find, named_card, noted_alarm
from .ways import Refused, able, armed_cards, ways_back
from .wol import Card, source_of

#: A trial alarm is armed so far ahead that it is gone long before (s).
_TRIAL: t.Final = 3600


@dataclass(frozen=True)
class Wish:
    """What is asked for; seconds, empty strings for none."""

    mode: str
    duration: float | None
    delay: float
    ways: tuple[str, ...]
    interface: str
    backend: str
    busy_check: tuple[str, ...]
    wake_proof: str
    allow: tuple[str, ...]
    controller_boot_id: str


@dataclass(frozen=True)
class Prepared:
    """The plan, and each way back: way, state (armed or exercised), and what is known of it."""

    plan: Plan
    ways: tuple[dict[str, t.Any], ...]


def prepare(
    machine: Machine,
    wish: Wish,
    *,
    token: str,
    now: t.Callable[[], float],
    trial: bool,
    known: t.Sequence[WayBack] | None = None,
) -> Prepared:
    """Check everything, and arm the way back on trial.

    :param now: CLOCK_BOOTTIME; asked for when all is checked, as the user's own checks take their time.
    :param trial: arm and disarm; False in check mode.
    :param known: the ways back that worked before; read from this machine's disk by default.
    :raises Refused: it must not sleep, with all that is to be said against it.
    """
    boot = boot_id(machine)
    _check_place(machine, wish, boot)
    backend = able(machine, wish.mode, wish.backend, wish.allow)
    kernel = machine.read("/proc/sys/kernel/osrelease").strip()
    identity = _identity(machine)
    worked = proven(boot) if known is None else known
    clock, network = ways_back(machine, wish.ways, wish.interface)
    mac = network.mac if network else ""
    cards = {"rtc": "", "wol": named_card(wish.interface, mac)}
    proofs = {way: find(worked, wish.mode, way, kernel, identity, cards[way]) for way in wish.ways}
    if wish.duration is not None:
        check_duration(machine, wish.mode, backend, wish.duration, proofs.get("rtc"))
    if clock:
        _try(machine, wish, clock, arm=trial)
    _check_proof(wish, proofs)
    against = busy(machine, wish.busy_check, wish.allow)
    if against:
        raise Refused("refused_busy", "; ".join(one.why for one in against))
    rearm = armed_cards(machine)
    plan = Plan(
        token=token,
        boot_id=boot,
        kernel=kernel,
        machine_id=identity,
        mode=wish.mode,
        backend=backend,
        prepared=now(),
        delay=wish.delay,
        duration=wish.duration,
        wake=wish.ways,
        rtc=clock.name if clock else "",
        card=wish.interface if network else "",
        card_mac=mac,
        card_device=source_of(machine, wish.interface) if network else "",
        rearm=rearm,
        busy_check=wish.busy_check,
        allow=wish.allow,
    )
    return Prepared(plan, tuple(_described(way, proofs[way], wish.interface, network) for way in wish.ways))


def _identity(machine: Machine) -> str:
    """The machine's own ID and that of its firmware: a clone of its disk has the same machine-id(5)."""
    found = []
    for path in ("/etc/machine-id", "/sys/class/dmi/id/product_uuid"):
        with contextlib.suppress(OSError):
            found.append(machine.read(path).strip())
    return " ".join(found)


def _check_place(machine: Machine, wish: Wish, boot: str) -> None:
    against = [f"{one.why}, or say allow: [{one.kind}]" for one in objections(machine, wish.allow)]
    if wish.controller_boot_id in ("local", boot) and "controller" not in wish.allow:
        against.append(
            "it is the machine that runs this play: nobody would be there to wake it. Run it from another one, or say "
            "allow: [controller]"
        )
    if against:
        raise Refused("refused", "; ".join(against))


def _try(machine: Machine, wish: Wish, clock: rtc.Rtc, *, arm: bool) -> None:
    """Arm the alarm that the sleep will need, and disarm it; or only see whether there is one."""
    by_rtc = wish.mode in ("disk", "hybrid")
    try:
        if not (by_rtc or machine.has_alarm_clock):
            raise NoAlarm(NO_ALARM_CLOCK)
        if by_rtc and arm:
            with rtc.undisturbed():
                rtc.disarm(machine, clock, rtc.arm(machine, clock, int(wish.duration or _TRIAL)))
        elif by_rtc and clock.alarm is not None and noted_alarm() != (clock.name, clock.alarm):
            raise rtc.AlarmTaken(clock, clock.alarm)
        elif arm:
            WakeTimer(machine, _TRIAL).close()
    except (rtc.RtcError, NoAlarm) as exc:
        raise Refused("refused_no_wake", f"its alarm cannot be armed: {exc}") from exc


def _check_proof(wish: Wish, proofs: t.Mapping[str, WayBack | None]) -> None:
    if wish.wake_proof == "exercised" and not any(proofs.values()):
        raise Refused(
            "refused_no_wake",
            f"no way back from {wish.mode} ({', '.join(wish.ways)}) has ever worked on this machine with this kernel. "
            "Rehearse it while somebody can reach the machine: a short sleep with wake_proof: armed, as the roles' "
            "rehearsal does",
        )


def _described(way: str, worked: WayBack | None, interface: str, network: Card | None) -> dict[str, t.Any]:
    told: dict[str, t.Any] = {"way": way, "state": "exercised" if worked else "armed"}
    if worked:
        told.update(at=int(worked.at), asleep=round(worked.asleep, 1), entry=round(worked.entry, 1))
    if way == "wol" and network:
        told.update(interface=interface, mac=network.mac)
    return told

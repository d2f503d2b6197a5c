"""What speaks against putting this machine to sleep: a container, a cluster, guests, inhibitors, work that runs."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import typing as t
from dataclasses import dataclass

from .backends import LOGIND
from .machine import Machine

#: How long one check of the user may take (s).
BUSY_CHECK_LIMIT: t.Final = 30.0

#: logind makes it when it starts.
_SEATS: t.Final = "/run/systemd/seats"
#: /proc/PID/comm has at most 15 characters; the last two are Pacemaker's remote nodes, by its old and its new name.
_CLUSTER: t.Final = ("corosync", "pacemakerd", "cman", "sbd", "pacemaker_remot", "pacemaker-remot")
_HYPERVISORS: t.Final = (
    "qemu-system-",
    "qemu-kvm",
    "kvm",
    "VBoxHeadless",
    "vmware-vmx",
    "bhyve",
    "firecracker",
)


@dataclass(frozen=True)
class Objection:
    """One reason not to sleep; ``kind`` is the word for the option ``allow`` that overrides it, else empty."""

    kind: str
    why: str


def objections(machine: Machine, allow: t.Collection[str]) -> list[Objection]:
    """What does not change from one minute to the next: where the machine runs and what runs on it."""
    found = [*_container(machine), *_processes(machine)]
    return [objection for objection in found if objection.kind not in allow]


def busy(machine: Machine, checks: t.Sequence[str], allow: t.Collection[str]) -> list[Objection]:
    """What may end any moment: inhibitors, and the user's own checks.

    :param checks: shell commands. Exit code 0 lets the machine sleep, 1 means busy; anything else is an error of the
        check, and counts as busy too.
    """
    found = [] if "inhibitors" in allow else list(_inhibitors(machine))
    return found + [objection for check in checks for objection in _busy_check(machine, check)]


def _container(machine: Machine) -> t.Iterator[Objection]:
    why = "this is a container ({}): its sleep would be that of its host. Put the host itself to sleep"
    try:
        ran = machine.run(["systemd-detect-virt", "--container"])
        kind = ran.out.strip()
        if ran.rc == 0 and kind not in ("", "none"):
            yield Objection("container", why.format(kind))
        return
    except (OSError, TimeoutError):
        pass
    for sign in ("/run/.containerenv", "/.dockerenv", "/run/systemd/container"):
        if machine.exists(sign):
            yield Objection("container", why.format(sign))
            return


def _processes(machine: Machine) -> t.Iterator[Objection]:
    names = _running(machine)
    cluster = sorted({name for name in names if name in _CLUSTER})
    if cluster:
        yield Objection(
            "cluster",
            f"it is a member of a cluster ({', '.join(cluster)} runs): its peers would fence it in its sleep. Take it "
            "out of the cluster first (pcs node standby, then stop)",
        )
    guests = [name for name in names if name.startswith(_HYPERVISORS)]
    if guests:
        yield Objection(
            "guests",
            f"{len(guests)} virtual machine(s) run on it ({', '.join(sorted(set(guests)))}). Stop or move them first",
        )


def _running(machine: Machine) -> list[str]:
    names = []
    for entry in machine.listdir("/proc"):
        if entry.isdigit():
            try:
                names.append(machine.read(f"/proc/{entry}/comm").strip())
            except OSError:
                continue  # it has ended
    return names


def _inhibitors(machine: Machine) -> t.Iterator[Objection]:
    """Block inhibitors of logind for sleep (systemd-inhibit(1)); delays are logind's own business."""
    if not machine.exists(_SEATS):
        return  # no logind, no inhibitors
    try:
        ran = machine.run(["busctl", "call", *LOGIND, "ListInhibitors"])
        told = (ran.err or ran.out) if ran.rc else ""
        words = [] if ran.rc else shlex.split(ran.out)[2:]
    except (OSError, ValueError) as exc:
        told, words = str(exc), []
    if told or len(words) % 6:
        why = told.strip() or "the answer cannot be understood"
        yield Objection(
            "inhibitors", f"nobody can tell who inhibits sleep ({why}): look at systemd-inhibit --list"
        )
        return
    for what, who, why, mode, _uid, pid in zip(*[iter(words)] * 6):
        if mode == "block" and "sleep" in what.split(":"):
            yield Objection("inhibitors", f"{who} (process {pid}) inhibits sleep: {why}")


def _busy_check(machine: Machine, check: str) -> t.Iterator[Objection]:
    try:
        ran = machine.run(["sh", "-c", check], timeout=BUSY_CHECK_LIMIT)
    except (OSError, TimeoutError) as exc:
        reason = str(exc) or type(exc).__name__
        yield Objection("", f"busy_check '{check}' could not be run ({reason}), which counts as busy")
        return
    if ran.rc == 1:
        yield Objection("", f"busy_check '{check}' says that it is busy")
    elif ran.rc:
        said = (ran.err or ran.out).strip().splitlines()
        yield Objection(
            "",
            f"busy_check '{check}' failed with exit code {ran.rc}, which counts as busy"
            + (f": {said[-1][:200]}" if said else ""),
        )

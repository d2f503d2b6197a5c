"""What systemd, pm-utils and the kernel each say of the ways to sleep. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from functools import partial

from .answer import (
    BECOME,
    NONE,
    NOT_PROBED,
    PROBE_FAILED,
    SUPPORTED,
    Answer,
    ProbeFailed,
    chosen,
    read_or,
    run,
    shown,
    words,
)
from .machine import Machine

#: Service, object and interface, as busctl takes them.
LOGIND: t.Final = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
_METHODS: t.Final = {"mem": "CanSuspend", "disk": "CanHibernate", "hybrid": "CanHybridSleep"}
_SWITCHES: t.Final = {"mem": "--suspend", "disk": "--hibernate", "hybrid": "--suspend-hybrid"}
#: busctl's words for a bus or a logind that is not there at all.
_ABSENT: t.Final = re.compile(r"No such file or directory|not provided by any|Unit .* not found|unknown unit")
#: The words of /sys/power/state (Documentation/admin-guide/pm/sleep-states.rst).
_STATES: t.Final = ("freeze", "standby", "mem", "disk")


@dataclass(frozen=True)
class Kernel:
    """The words of the files in /sys/power; ``mem_now`` is the kind of sleep that mem enters as it is set."""

    states: tuple[str, ...]
    mem_sleep: tuple[str, ...]
    mem_now: str
    disk: tuple[str, ...]


def read_kernel(machine: Machine) -> Kernel:
    """Read what the kernel offers; a kernel that cannot sleep offers nothing.

    :raises ProbeFailed: a file cannot be read or understood.
    """
    text = {name: read_or(machine, f"/sys/power/{name}") for name in ("state", "mem_sleep", "disk")}
    found = {name: words(text[name], f"/sys/power/{name}") for name in text}
    if found["state"] and not set(found["state"]) & set(_STATES):
        raise ProbeFailed(f"/sys/power/state has no word that is known: {shown(text['state'])}")
    # Before Linux 4.10 there is no mem_sleep, and mem is the platform's own sleep.
    mem_sleep = found["mem_sleep"] or (["deep"] if "mem" in found["state"] else [])
    now = chosen(text["mem_sleep"]) or (mem_sleep[0] if len(mem_sleep) == 1 else "")
    if mem_sleep and not now:
        raise ProbeFailed(f"/sys/power/mem_sleep has no chosen word: {shown(text['mem_sleep'])}")
    return Kernel(tuple(found["state"]), tuple(mem_sleep), now, tuple(found["disk"]))


def ask_sysfs(machine: Machine, kernel: Kernel) -> dict[str, Answer]:
    """What can be written to /sys/power/state; mem_sleep and disk are set to fit before."""
    if not machine.exists("/sys/power"):
        missing = Answer(
            NOT_PROBED, "there is no /sys/power: this kernel cannot sleep, or sysfs is not mounted"
        )
        return dict.fromkeys(("freeze", "mem", "disk", "hybrid"), missing)
    mem = _offered(kernel, "mem")
    if mem.state == SUPPORTED and "deep" not in kernel.mem_sleep:
        kinds = ", ".join(kernel.mem_sleep)
        mem = Answer(NONE, f"mem means {kinds} on this machine, it has no deep sleep (S3): use freeze")
    disk = _offered(kernel, "disk")
    if disk.state == SUPPORTED and kernel.disk in ((), ("disabled",)):
        why = (
            "the kernel forbids it (/sys/power/disk): locked down by Secure Boot, or started with nohibernate"
        )
        disk = Answer(NONE, why)
    hybrid = disk
    if disk.state == SUPPORTED and "suspend" not in kernel.disk:
        hybrid = Answer(
            NONE, "the kernel cannot suspend after it wrote the image (no suspend in /sys/power/disk)"
        )
    return {"freeze": _offered(kernel, "freeze"), "mem": mem, "disk": disk, "hybrid": hybrid}


def ask_systemd(machine: Machine, kernel: Kernel | None) -> dict[str, Answer]:
    """What logind says; its suspend is mem or freeze by what the kernel would enter.

    :param kernel: None where it could not be read.
    """
    if not machine.exists("/run/systemd/system"):
        absent = Answer(NOT_PROBED, "this machine was not started by systemd")
        return dict.fromkeys(("freeze", "mem", "disk", "hybrid"), absent)
    answers = {mode: _failsafe(partial(_logind, machine, method)) for mode, method in _METHODS.items()}
    suspend = answers["mem"]
    freeze = Answer(NOT_PROBED, "systemctl has no verb for it")
    if kernel is not None and suspend.state == SUPPORTED:
        enters = _systemd_enters(machine, kernel)
        if enters == "s2idle":
            freeze = suspend
        if enters != "deep":
            answers["mem"] = Answer(NONE, _not_deep("systemctl suspend", enters, kernel))
    return {"freeze": freeze, **answers}


def ask_pm_utils(machine: Machine, kernel: Kernel | None) -> dict[str, Answer]:
    """What pm-is-supported says: it ends with 0 for yes, 1 for no."""
    answers = {mode: _failsafe(partial(_pm_utils, machine, switch)) for mode, switch in _SWITCHES.items()}
    if kernel is not None and answers["mem"].state == SUPPORTED:
        enters = _enters(kernel, ("mem", "standby"), ())
        if enters != "deep":
            answers["mem"] = Answer(NONE, _not_deep("pm-suspend", enters, kernel))
    return {"freeze": Answer(NOT_PROBED, "pm-utils has no program for it"), **answers}


def _offered(kernel: Kernel, word: str) -> Answer:
    if word in kernel.states:
        return Answer(SUPPORTED)
    offers = " ".join(kernel.states) or "no way to sleep"
    return Answer(NONE, f"the kernel offers {offers} (/sys/power/state)")


def _failsafe(ask: t.Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except ProbeFailed as exc:
        return Answer(PROBE_FAILED, str(exc))


def _logind(machine: Machine, method: str) -> Answer:
    try:
        ran = run(machine, "busctl", "call", *LOGIND, method)
    except FileNotFoundError:
        raise ProbeFailed("cannot ask logind without busctl: install it, it is a part of systemd") from None
    said = shown(ran.err or ran.out)
    if ran.rc and _ABSENT.search(ran.err):
        return Answer(NOT_PROBED, f"systemd runs, but not its logind: {said}")
    if "denied" in ran.err and machine.uid != 0:  # without polkit it answers nobody else
        raise ProbeFailed(f"logind answers root alone here: {BECOME}")
    match = re.fullmatch(r's "([a-z-]+)"', ran.out.strip())
    if ran.rc or not match:
        raise ProbeFailed(f"logind does not answer {method}: {said}")
    word = match[1]
    if word in ("yes", "challenge"):
        return Answer(SUPPORTED)
    if word.endswith(("inhibited", "inhibitor-blocked")):
        return Answer(SUPPORTED, "an inhibitor blocks it now: systemd-inhibit --list")
    if word == "no" and machine.uid != 0:
        return Answer(PROBE_FAILED, f"logind does not let this user do it, and tells it no more: {BECOME}")
    if word in ("na", "no"):
        return Answer(NONE, f"logind says {word}: the machine cannot, or sleep.conf does not allow it")
    raise ProbeFailed(f"logind answers {method} with an unknown word: {said}")


def _systemd_enters(machine: Machine, kernel: Kernel) -> str:
    """What systemctl suspend enters (systemd-sleep.conf(5)); the defaults where its settings cannot be read."""
    order, kinds = ["mem", "standby", "freeze"], []
    try:
        text = run(machine, "systemd-analyze", "cat-config", "systemd/sleep.conf").out
    except (FileNotFoundError, ProbeFailed):
        text = ""
    for key, value in re.findall(r"(?m)^[ \t]*(SuspendState|MemorySleepMode)[ \t]*=(.*)$", text):
        if key == "SuspendState":
            order = value.split() or order
        else:
            kinds = value.split()
    return _enters(kernel, order, kinds)


def _enters(kernel: Kernel, order: t.Iterable[str], kinds: t.Iterable[str]) -> str:
    """The kind of sleep behind the first of these words that the kernel offers; empty where it offers none."""
    for word in order:
        if word in kernel.states:
            asked = [kind for kind in kinds if kind in kernel.mem_sleep]
            return {"freeze": "s2idle", "standby": "standby"}.get(word) or (asked or [kernel.mem_now])[0]
    return ""


def _not_deep(command: str, enters: str, kernel: Kernel) -> str:
    what = f"{command} enters {enters or 'no sleep'} on this machine, not the deep sleep (S3)"
    if "deep" not in kernel.mem_sleep:
        return f"{what}, which it does not have"
    setting = ", or set MemorySleepMode=deep in sleep.conf" if command.startswith("systemctl") else ""
    return f"{what}: write deep to /sys/power/mem_sleep{setting}"


def _pm_utils(machine: Machine, switch: str) -> Answer:
    try:
        ran = run(machine, "pm-is-supported", switch)
    except FileNotFoundError:
        return Answer(NOT_PROBED, "pm-utils is not installed")
    if ran.rc == 0:
        return Answer(SUPPORTED)
    if ran.rc == 1:
        return Answer(NONE, f"pm-is-supported {switch} says no")
    raise ProbeFailed(f"pm-is-supported {switch} ended with {ran.rc}: {shown(ran.err or ran.out)}")

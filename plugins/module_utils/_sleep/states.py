"""The ways in which a machine can sleep: the answer of the backend that would do it, and who disagrees."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .answer import NONE, NOT_PROBED, PROBE_FAILED, SUPPORTED, Answer, ProbeFailed
from .backends import Kernel, ask_pm_utils, ask_sysfs, ask_systemd, read_kernel
from .hibernation import Resume, Swap, resume_config, swap_room
from .machine import Machine

#: freeze: suspend to idle (S0). mem: deep sleep, the memory stays powered (S3). disk: hibernation (S4). hybrid: the
#: image is written to disk, then the machine sleeps as with mem.
MODES: t.Final = ("freeze", "mem", "disk", "hybrid")

#: In the order in which they are preferred.
BACKENDS: t.Final = ("systemd", "pm_utils", "sysfs")


@dataclass(frozen=True)
class Mode:
    """Whether a mode can be entered: one of the four states, the backend that says so, why, and who disagrees."""

    state: str
    backend: str = ""
    why: str = ""
    others: t.Mapping[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class SleepModes:
    """Every mode of MODES, and what was read to judge them; ``kernel`` is None where it could not be read."""

    modes: t.Mapping[str, Mode]
    swap: Swap
    resume: Resume
    kernel: Kernel | None


def sleep_modes(
    machine: Machine, backend: str = "auto", container: str = "none", *, image: bool = True
) -> SleepModes:
    """Ask every backend; the first that is there answers for a mode.

    :param backend: one of BACKENDS, to hear that one alone as the answer; or auto.
    :param container: the kind of container that this machine is, else none: a container cannot sleep.
    :param image: look for room for an image, and for a boot that finds it, whatever the backend says.
    """
    swap, resume = swap_room(machine), resume_config(machine)
    try:
        kernel: Kernel | None = read_kernel(machine)
        problem = ""
    except ProbeFailed as exc:
        kernel, problem = None, str(exc)
    if container not in ("none", "unknown"):
        why = f"this is a container ({container}): only its host can sleep"
        return SleepModes(dict.fromkeys(MODES, Mode(NONE, why=why)), swap, resume, kernel)
    told = {
        "systemd": ask_systemd(machine, kernel),
        "pm_utils": ask_pm_utils(machine, kernel),
        "sysfs": dict.fromkeys(MODES, Answer(PROBE_FAILED, problem))
        if kernel is None
        else ask_sysfs(machine, kernel),
    }
    for name, answers in told.items():
        for mode in ("disk", "hybrid") if image else ():
            answers[mode] = _with_image(answers[mode], name, swap, resume)
        if kernel is None and answers["mem"].state == SUPPORTED:
            answers["mem"] = Answer(PROBE_FAILED, f"whether it is a deep sleep cannot be told: {problem}")
    return SleepModes({mode: _judged(mode, told, backend) for mode in MODES}, swap, resume, kernel)


def _judged(mode: str, told: t.Mapping[str, t.Mapping[str, Answer]], backend: str) -> Mode:
    if backend == "auto":
        asked = [name for name in BACKENDS if told[name][mode].state != NOT_PROBED]
        by = asked[0] if asked else ""
        answer = (
            told[by][mode] if by else Answer(NOT_PROBED, "; ".join(told[name][mode].why for name in BACKENDS))
        )
    else:
        by, answer = backend, told[backend][mode]
    others = {
        name: told[name][mode]
        for name in BACKENDS
        if name != by and told[name][mode].state not in (NOT_PROBED, answer.state)
    }
    return Mode(answer.state, by, answer.why, others)


def _with_image(answer: Answer, backend: str, swap: Swap, resume: Resume) -> Answer:
    """No sleep to disk without room for the image and a boot that finds it, whatever the backend says."""
    if answer.state != SUPPORTED:
        missing = [one.why for one in (swap, resume) if one.state == NONE and answer.state == NONE]
        return Answer(answer.state, "; ".join([answer.why, *missing]))
    for one in (swap, resume):
        if one.state != SUPPORTED:
            return Answer(one.state, one.why)
    if resume.by.startswith("systemd") and backend != "systemd":
        return Answer(NONE, "no next boot would find the image: only systemd tells it, by an EFI variable")
    return answer

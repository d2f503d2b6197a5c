"""What a probe answers: one of four states and why. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import re
import typing as t
from dataclasses import dataclass

from .machine import Machine, Ran

SUPPORTED: t.Final = "supported"
#: Probed, and not there.
NONE: t.Final = "none"
#: Nothing to ask, or not asked.
NOT_PROBED: t.Final = "not_probed"
PROBE_FAILED: t.Final = "probe_failed"
STATES: t.Final = (SUPPORTED, NONE, NOT_PROBED, PROBE_FAILED)

BECOME: t.Final = "needs root: run with become"

#: What is shown of a text that was not understood.
_SHOWN: t.Final = 160


@dataclass(frozen=True)
class Answer:
    """One state and why; supported may have a why too: what is still missing."""

    state: str
    why: str = ""


class ProbeFailed(Exception):
    """It cannot be told; the text says why, and what to do where that is known."""


def reason(machine: Machine, exc: OSError, what: str) -> str:
    """Why the kernel refused, as a part of a sentence.

    :param what: read /path, run PROGRAM, ...
    """
    if exc.errno in (errno.EACCES, errno.EPERM) and machine.uid != 0:
        return f"cannot {what}: {BECOME}"
    return f"cannot {what}: {exc.strerror or exc}"


def read(machine: Machine, path: str) -> str:
    """The text of a file without white space around it.

    :raises FileNotFoundError: it is not there, which is an answer.
    :raises ProbeFailed: it cannot be read, or holds no text.
    """
    try:
        text = machine.read(path).strip()
    except FileNotFoundError:
        raise
    except OSError as exc:
        raise ProbeFailed(reason(machine, exc, f"read {path}")) from exc
    if re.search(r"[^\t\n\x20-\x7e]", text):
        raise ProbeFailed(f"{path} holds no plain text: {shown(text)}")
    return text


def read_or(machine: Machine, path: str, missing: str = "") -> str:
    """The same, with an answer for a file that is not there."""
    try:
        return read(machine, path)
    except FileNotFoundError:
        return missing


def config(machine: Machine, path: str) -> str:
    """The text of a file that people write, in whatever letters; empty where it is missing.

    :raises ProbeFailed: it cannot be read.
    """
    try:
        return machine.read(path)
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise ProbeFailed(reason(machine, exc, f"read {path}")) from exc


def listed(machine: Machine, folder: str) -> list[str]:
    """The names in a folder; none where it is missing.

    :raises ProbeFailed: it cannot be listed.
    """
    try:
        return machine.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise ProbeFailed(reason(machine, exc, f"list {folder}")) from exc


def run(machine: Machine, *argv: str) -> Ran:
    """Run a program.

    :raises FileNotFoundError: it is not installed, which is an answer.
    :raises ProbeFailed: it did not start, or did not end in time.
    """
    try:
        return machine.run(argv)
    except FileNotFoundError:
        raise
    except OSError as exc:
        raise ProbeFailed(reason(machine, exc, f"run {argv[0]}")) from exc


def whole(text: str, path: str) -> int:
    """The whole number that a file of the kernel holds.

    :raises ProbeFailed: it holds something else.
    """
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ProbeFailed(f"{path} holds no number: {shown(text)}")
    return int(text)


def words(text: str, path: str) -> list[str]:
    """The words of a file of the kernel that lists choices, without the brackets of the chosen one.

    :raises ProbeFailed: it holds something else.
    """
    found = text.split()
    if not all(re.fullmatch(r"\[?[a-zA-Z0-9_.-]+\]?", word) for word in found):
        raise ProbeFailed(f"{path} holds no list of words: {shown(text)}")
    return [word.strip("[]") for word in found]


def chosen(text: str) -> str:
    """The word in brackets; empty where there is none."""
    match = re.search(r"\[([^\]\s]+)\]", text)
    return match[1] if match else ""


def shown(text: str) -> str:
    """A text of unknown contents, fit for a message: one short line of printable characters."""
    plain = re.sub(r"[^\x20-\x7e]", "?", " ".join(text.split()))
    return repr(plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "...")

"""The outcome of an operation: one word and the facts behind it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .model import Observation
from .off import LevelResult
from .operation import Operation
from .verdict import Verdict

#: Outcomes that fail the task; on_partial and restarted_partial do with require: all.
FAILED: t.Final = frozenset({"fenced_not_restarted", "not_off", "not_on", "indeterminate", "refused"})
PARTIAL: t.Final = frozenset({"on_partial", "restarted_partial"})


@dataclass(frozen=True)
class Outcome:
    """How an operation ended; ``reasons`` say why it failed, sentence by sentence."""

    word: str
    op: Operation
    verdict: Verdict
    fenced: bool = False
    would_change: bool = False
    levels: tuple[LevelResult, ...] = ()
    evidence: tuple[Observation, ...] = ()
    reasons: tuple[str, ...] = ()
    dark: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return self.word in FAILED or (self.word in PARTIAL and self.op.request.require == "all")

    @property
    def changed(self) -> bool:
        return self.op.changed or self.would_change

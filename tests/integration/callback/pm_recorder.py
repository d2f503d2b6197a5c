"""Callback of the integration tests: writes every result to the file that PM_RECORD names, one JSON line each."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: pm_recorder
type: aggregate
short_description: Write every result to a file
description:
  - One JSON line for each, to the file that the environment variable PM_RECORD names.
"""


class CallbackModule(CallbackBase):
    """Records what each host's task came to; core 2.19 renamed the attributes of a result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "pm_recorder"
    CALLBACK_NEEDS_ENABLED = True

    def _record(self, status: str, given: t.Any, ignored: bool = False) -> None:
        host, task, result = (
            getattr(given, name) if hasattr(given, name) else getattr(given, f"_{name}")
            for name in ("host", "task", "result")
        )
        line = {
            "host": host.get_name(),
            "task": task.get_name(),
            "status": status,
            "ignored": ignored,
            "result": dict(result),
        }
        with open(os.environ["PM_RECORD"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._record("failed", result, ignore_errors)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._record("unreachable", result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._record("skipped", result)

    def v2_runner_retry(self, result: t.Any) -> None:
        self._record("retry", result)

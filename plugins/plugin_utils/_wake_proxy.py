"""The means of waking that a proxy has: modules that run there, each for a limited time. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure

from ..module_utils._secrets import Secrets
from ..module_utils._sleep.magic import NotSent
from ..module_utils._wake.model import Said
from ..module_utils._wake.task import WakeTask
from ._delegate import ends_with_us, limited

#: What a module's result may come later than its time is up (s): Python starts there, and the network is slow.
GRACE: t.Final = 5.0

#: Runs a module of the collection on the proxy, by its name and arguments.
Execute = t.Callable[[str, t.Mapping[str, t.Any]], t.Mapping[str, t.Any]]


class Proxy:
    """Has a proxy send packets and switch agents on, for a ladder that is climbed on the controller.

    Its calls block: nobody looks at the host meanwhile.
    """

    def __init__(
        self, task: WakeTask, execute: Execute, secrets: Secrets, interrupted: t.Callable[[str], None]
    ) -> None:
        self.agent_acted = False
        self._task = task
        self._execute = execute
        self._secrets = secrets
        self._interrupted = interrupted

    async def send(self, until: float) -> int:
        params = {**self._task.params, "only_send": True, "agents": None, "rungs": None}
        found = self.call("pm_wake", params, until - time.monotonic())
        await asyncio.sleep(0)  # where a signal came meanwhile, this is the end
        if "sent" not in found:
            raise NotSent(f"the proxy {self._task.proxy} gave no result: {self.why(found)}", _LOOK_THERE)
        if found["error"]:
            raise NotSent(str(found["error"]).rstrip("."), "", int(found["sent"]))
        return int(found["sent"])

    async def switch_on(self, until: float) -> Said:
        fence = self._task.agents
        if fence is None:
            return Said(True, "it has no agents.")
        left = max(0.1, until - time.monotonic())
        found = self.call("pm_fence", {**fence.params, "timeout": left}, left)
        self.agent_acted = bool(found.get("changed", True))  # as far as anybody knows
        await asyncio.sleep(0)
        if "outcome" not in found:
            return Said(True, f"the proxy {self._task.proxy} gave no result: {self.why(found)}.")
        return Said(bool(found["failed"]), str(found["msg"]))

    def call(self, module: str, params: t.Mapping[str, t.Any], seconds: float) -> t.Mapping[str, t.Any]:
        """Run the module and return its result, or one with only a msg where the proxy failed."""
        host = self._task.wake.host
        given = {name: value for name, value in params.items() if value is not None}
        words = (
            f"{host}: waking through {self._task.proxy} was interrupted, nothing more is sent. What had been sent by "
            "then is not known."
        )
        try:
            with ends_with_us(lambda: self._interrupted(words)), limited(max(0.0, seconds) + GRACE):
                return self._execute(f"hostpm.power.{module}", given)
        except AnsibleConnectionFailure as exc:
            return {"msg": str(exc)}

    def why(self, found: t.Mapping[str, t.Any]) -> str:
        """What a result without an answer says, as the end of a sentence."""
        return self._secrets.scrub(str(found.get("msg") or "it returned nothing")).strip().rstrip(".")


_LOOK_THERE: t.Final = "Look at that host, or delegate to another one in the network of the card"

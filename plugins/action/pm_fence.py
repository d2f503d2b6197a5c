"""Validate the options, find the agents, run the engine here or on the delegate, and return its result."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ..module_utils._options import Mistakes
from ..module_utils._secrets import Secrets
from ..module_utils._task import FenceTask, broken, interrupted_elsewhere, lost_proxy, prepare, refused
from ..plugin_utils._delegate import ends_with_us, tidying
from ..plugin_utils._itself import LOCALHOST, runs_on
from ..plugin_utils._last_words import last_words
from ..plugin_utils._safely import safely
from ..plugin_utils._variables import resolve


class ActionModule(ActionBase):
    """pm_fence: works for hosts that are down, since nothing is run on them."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = task_vars or {}
        result = super().run(tmp, variables)
        secrets = Secrets()
        delegate = self._task.delegate_to
        here = not delegate or (delegate in LOCALHOST and self._connection.transport == "local")
        args = {
            **self._task.args,
            "host": variables["inventory_hostname"],
            "proxy": "localhost" if here else delegate,
        }
        found = safely(
            "pm_fence",
            lambda: self._fence(args, here, variables, secrets),
            refused=lambda exc: refused(exc, args),
            broken=lambda why: broken(args, why),
            secrets=secrets,
        )
        return {**result, **found}

    def cleanup(self, force: bool = False) -> None:
        with tidying():
            super().cleanup(force)

    def _fence(
        self, args: dict[str, t.Any], here: bool, variables: dict[str, t.Any], secrets: Secrets
    ) -> dict[str, t.Any]:
        host, proxy = args["host"], args["proxy"]
        if args.get("agents") is None:
            agents = resolve(variables.get("pm_agents") or [], f"{host}: pm_agents", self._templar.template)
        else:
            agents = resolve(args["agents"], f"{host}: agents", lambda value: value)
        task = prepare({**args, "agents": agents}, secrets)
        local = self._connection.transport == "local"
        itself = runs_on(
            host, proxy, local=here or local, variables=variables, template=self._templar.template
        )
        if itself and task.request.action != "status":
            raise Mistakes(
                [f"{host}: the proxy {proxy} is the fenced host itself. Run it from another host."]
            )
        with last_words() as say:
            if here:
                return task.run(check=self._task.check_mode, diff=self._task.diff, interrupted=say)
            return self._on_delegate(task, variables, secrets, say)

    def _on_delegate(
        self, task: FenceTask, variables: dict[str, t.Any], secrets: Secrets, say: t.Callable[[str], None]
    ) -> dict[str, t.Any]:
        """Run the same engine as a module on the delegate; its failures are not the fenced host's."""
        try:
            with ends_with_us(lambda: say(interrupted_elsewhere(task))):
                found = self._execute_module(
                    module_name="hostpm.power.pm_fence", module_args=task.params, task_vars=variables
                )
        except AnsibleConnectionFailure as exc:
            found = {"msg": str(exc)}
        if "outcome" in found:
            return task.known(found)
        return lost_proxy(task, secrets.scrub(str(found.get("msg") or "it returned no result")))

"""Validate the options, climb the ladder here or on the delegate, and return its result."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t

from ansible.plugins.action import ActionBase

from ..module_utils._options import Mistakes
from ..module_utils._secrets import Secrets
from ..module_utils._wake.task import WakeTask, broken, lost, prepare, refused
from ..plugin_utils._delegate import tidying
from ..plugin_utils._itself import LOCALHOST, runs_on
from ..plugin_utils._last_words import last_words
from ..plugin_utils._safely import safely
from ..plugin_utils._wake_options import options_of
from ..plugin_utils._wake_proxy import Proxy


class ActionModule(ActionBase):
    """pm_wake: works for hosts that are down, since nothing is run on them."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = task_vars or {}
        result = super().run(tmp, variables)
        secrets = Secrets()
        here = self._is_here()
        args = {
            **self._task.args,
            "host": variables["inventory_hostname"],
            "proxy": "localhost" if here else self._task.delegate_to,
            "only_send": False,
        }
        found = safely(
            "pm_wake",
            lambda: self._wake(args, here, variables, secrets),
            refused=lambda exc: refused(exc, args),
            broken=lambda why: broken(args, why),
            secrets=secrets,
        )
        return {**result, **found}

    def cleanup(self, force: bool = False) -> None:
        with tidying():
            super().cleanup(force)

    def _is_here(self) -> bool:
        """Whether this process does it: nobody else was named, nor another user of this machine."""
        delegate = self._task.delegate_to
        if not delegate:
            return True
        other_user = self._connection.become is not None and os.geteuid() != 0
        return delegate in LOCALHOST and self._connection.transport == "local" and not other_user

    def _wake(
        self, args: dict[str, t.Any], here: bool, variables: dict[str, t.Any], secrets: Secrets
    ) -> dict[str, t.Any]:
        task = prepare(options_of(args, variables, self._templar.template), secrets)
        host, proxy = task.wake.host, task.proxy
        local = here or self._connection.transport == "local"
        if runs_on(host, proxy, local=local, variables=variables, template=self._templar.template):
            raise Mistakes([f"{host}: {proxy} is the host itself. Wake it from another host."])
        with last_words() as say:
            if here:
                return task.run(check=self._task.check_mode, diff=self._task.diff, interrupted=say)

            def execute(name: str, params: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
                return self._execute_module(module_name=name, module_args=dict(params), task_vars=variables)

            means = Proxy(task, execute, secrets, say)
            if task.params["verify_from"] == "proxy":
                return _all_there(task, means)
            return task.run(check=self._task.check_mode, diff=self._task.diff, interrupted=say, means=means)


def _all_there(task: WakeTask, means: Proxy) -> dict[str, t.Any]:
    """Have the module on the proxy climb the ladder."""
    found = means.call("pm_wake", task.params, task.wake.timeout)
    if "outcome" in found:
        return task.known(found)
    return lost(task.wake, task.proxy, f"the proxy {task.proxy} gave no result: {means.why(found)}")

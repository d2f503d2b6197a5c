"""Put the host to sleep: prepare there, commit from here, follow it through its sleep and back."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import time
import typing as t

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ..module_utils._fencing.errors import PowerError
from ..module_utils._fencing.waiting import MonotonicClock
from ..module_utils._options import plain_words
from ..module_utils._suspend import RETURN_TIME, SUSPEND_OPTIONS, mistakes_in, not_as_asked, result, sentence
from ..module_utils._wake.reach import Reach, Target
from ..plugin_utils._bmc_says import bmc_says
from ..plugin_utils._delegate import ends_with_us, limited, tidying
from ..plugin_utils._follow import Followed, follow
from ..plugin_utils._itself import LOCALHOST
from ..plugin_utils._last_words import last_words

#: What one question to the host may take (s).
_PATIENCE: t.Final = 30.0
#: How long one look at its ssh port may take (s): a host that wakes up is noticed at once.
_GLANCE: t.Final = 1.0
#: How long a host that has taken the connection may take to greet (s). Each connection costs it a process of sshd: one
#: that is slow after its sleep would be kept busy by looks that are given up before.
_GREETING: t.Final = 15.0
#: The same for the first look, as a plan that waits for its commit is void after a while.
_FIRST_GREETING: t.Final = 3.0


class _Clock:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ActionModule(ActionBase):
    """pm_suspend: needs the host awake, and follows it without a connection that stays open."""

    _supports_check_mode = True
    _supports_async = False
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        variables = task_vars or {}
        found = super().run(tmp, variables)
        host = str(variables["inventory_hostname"])
        checked = ArgumentSpecValidator(SUSPEND_OPTIONS).validate(dict(self._task.args))
        params = checked.validated_parameters
        wrong = [line for text in checked.error_messages for line in plain_words(text)]
        wrong = wrong or mistakes_in(params)
        if self._task.delegate_to:
            wrong.append(
                "delegate_to names another host than the one that would sleep. Name it in the play's hosts."
            )
        if wrong:
            params = {"action": "suspend", "mode": "mem", **params}
            msg = " ".join(f"{host}: {line}" for line in wrong)
            found.update(result(params, "refused", f"Nothing was done. {msg}"))
        else:
            text = (
                f"{host}: pm_suspend was interrupted. A sleep that was committed comes all the same: look with "
                "action=status, call it off with action=cancel."
            )
            # a controller that is gone commits nothing
            with last_words() as say, ends_with_us(lambda: say(text)) as cut_off:
                found.update(self._carried_out(host, params, variables, cut_off))
        if not found.get("warnings"):
            found.pop("warnings", None)
        return found

    def cleanup(self, force: bool = False) -> None:
        with tidying():
            super().cleanup(force)

    def _carried_out(
        self, host: str, params: dict[str, t.Any], variables: dict[str, t.Any], cut_off: t.Callable[[], bool]
    ) -> dict[str, t.Any]:
        steps = {"suspend": "prepare", "status": "look", "cancel": "cancel", "confirm": "confirm"}
        # before there is a plan, which waits only so long for its commit: a resolver may take its time
        reach = self._reach(host) if params["action"] == "suspend" and params["wait"] else None
        told = self._step(steps[params["action"]], host, params, variables)
        if told["outcome"] != "prepared":
            return told
        token, boot_id = told.pop("token"), told.pop("boot_id")
        sight = self._sight(reach) if params["wait"] else None
        if cut_off():  # whoever asked for it is gone: without a commit it stays awake
            return result(params, "refused", f"{host} stays awake: the play has ended.")
        committed = self._asked("commit", host, params, variables, token)
        if committed is not None and committed["outcome"] != "scheduled":
            return not_as_asked({**committed, "ways_back": told["ways_back"]}, boot_id)
        if sight is None:
            if committed is None:
                committed = self._unheard(host, params)
            return {**committed, "ways_back": told["ways_back"]}
        return {**told, **self._followed(host, params, variables, boot_id, token, sight, committed or told)}

    def _unheard(self, host: str, params: dict[str, t.Any]) -> dict[str, t.Any]:
        text = (
            f"{host} was told to sleep by {params['mode']}, and did not answer to that: it may be about to sleep. "
            "Look with action=status."
        )
        return result(params, "indeterminate", text, changed=True)

    def _reach(self, host: str) -> Reach | None:
        """The look for its ssh port; None where its name means nothing here."""
        options = {}
        for name in ("host", "port"):
            with contextlib.suppress(KeyError):
                options[name] = self._connection.get_option(name)
        reach = Reach(
            Target("ssh", str(options.get("host") or host), int(options.get("port") or 22)), MonotonicClock()
        )
        try:
            asyncio.run(reach.resolve(_PATIENCE))
        except PowerError:
            return None
        return reach

    @staticmethod
    def _sight(reach: Reach | None) -> t.Callable[[], bool]:
        """How it is seen from here whether the host answers: by ssh's banner.

        Where that is not seen of a host that has just run a module, as through a bastion, there is nothing to be seen.
        """

        def answers(reach: Reach, greeting: float) -> bool:
            until = time.monotonic() + _GLANCE
            return not asyncio.run(reach.look(until, until + greeting))

        if reach is None or not answers(reach, _FIRST_GREETING):
            return lambda: True
        return lambda: answers(reach, _GREETING)

    def _followed(
        self,
        host: str,
        params: dict[str, t.Any],
        variables: dict[str, t.Any],
        boot_id: str,
        token: str,
        sight: t.Callable[[], bool],
        told: dict[str, t.Any],
    ) -> dict[str, t.Any]:
        begins_in = float(told["begins_in"] or 0.0)
        timeout = params["wait_timeout"] or begins_in + (params["duration"] or 0.0) + RETURN_TIME
        self._reset()  # a connection that stays open would hang in the sleep
        self._share_nothing()
        seen = follow(
            boot_id=boot_id,
            begins_in=begins_in,
            timeout=timeout,
            reach=sight,
            ask=lambda: self._asked("look", host, params, variables, token),
            clock=_Clock(),
        )
        return self._end(host, params, variables, seen, timeout)

    def _reset(self) -> None:
        reset = getattr(self._connection, "reset", None)
        if reset:
            with contextlib.suppress(AnsibleError), limited(_PATIENCE):
                reset()

    def _share_nothing(self) -> None:
        """Let each question have an ssh of its own from now on.

        One that shares a connection hands what it is given to the process that holds it, and that one hangs with a host
        that falls asleep, or is switched off, in the middle of a question: to end our own ssh would end nothing.
        """
        if self._connection.transport == "ssh":
            given = self._connection.get_option("ssh_extra_args") or ""
            self._connection.set_option("ssh_extra_args", f"{given} -S none".strip())

    def _end(
        self, host: str, params: dict[str, t.Any], variables: dict[str, t.Any], seen: Followed, timeout: float
    ) -> dict[str, t.Any]:
        if seen.word == "back":
            told = not_as_asked(seen.end, seen.end["boot_id"])
        else:
            reads = bmc_says(host, variables, self._templar.template) if seen.word == "not_back" else ""
            msg = sentence(host, params, seen.word, timeout=timeout, answered=seen.answered, reads=reads)
            told = result(params, seen.word, msg, changed=True)
        # how it was to sleep and be woken is as true as before
        return {name: value for name, value in told.items() if name not in ("backend", "ways_back")}

    def _asked(
        self, step: str, host: str, params: dict[str, t.Any], variables: dict[str, t.Any], token: str = ""
    ) -> dict[str, t.Any] | None:
        """The same, for a host that may be on its way: None when no answer came, or none that can be understood."""
        try:
            with limited(_PATIENCE):
                told: dict[str, t.Any] | None = self._step(step, host, params, variables, token)
        except AnsibleError:
            told = None
        if told is None or not told["boot_id"]:
            self._reset()  # or the next question may go to a connection that the sleep has cut
            return None
        return told

    def _step(
        self, step: str, host: str, params: dict[str, t.Any], variables: dict[str, t.Any], token: str = ""
    ) -> dict[str, t.Any]:
        args = {name: value for name, value in params.items() if value is not None}
        args.update(host=host, step=step, token=token, controller_boot_id=_own_boot_id())
        if self._connection.transport == "local" or host in LOCALHOST:
            args["controller_boot_id"] = "local"
        told = self._execute_module("hostpm.power.pm_suspend", args, task_vars=variables)
        if "outcome" in told:
            return {
                name: value for name, value in told.items() if name not in ("invocation", "ansible_facts")
            }
        return result(params, "refused", f"{host}: the module gave no result: {told.get('msg') or told}")


def _own_boot_id() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            return stream.read().strip()
    except OSError:  # not Linux: then the host is another machine
        return ""

"""From options to a result: what the action plugin and the module do alike. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ._agents import parse_agents
from ._drivers.registry import DRIVERS
from ._fencing.driver import Driver
from ._fencing.engine import Engine
from ._fencing.levels import Refused
from ._fencing.model import Agent, Host, Request
from ._fencing.outcome import Outcome
from ._fencing.report import empty_result, refusal, report
from ._fencing.waiting import MonotonicClock
from ._interrupt import run
from ._options import FENCE_OPTIONS, REQUEST_OPTIONS, Mistakes, option_mistakes, request_of
from ._secrets import Secrets


@dataclass(frozen=True)
class FenceTask:
    """A checked pm_fence; ``params`` is what a module on a proxy is given to do the same."""

    host: Host
    request: Request
    proxy: str
    params: t.Mapping[str, t.Any]

    def run(
        self, *, check: bool, diff: bool, interrupted: t.Callable[[str], None], output: int | None = None
    ) -> dict[str, t.Any]:
        """Carry it out on this machine and return its result.

        :param interrupted: is told what is left off when a signal ends the work early.
        :param output: the descriptor that the result is written to, when its last reader's end is to end the work.
        """
        try:
            engine = Engine(self.host, self.request, _open_driver, MonotonicClock())
        except Refused as exc:
            return refusal(self.host, self.request, exc, proxy=self.proxy)

        async def work() -> Outcome:
            return await (engine.plan() if check else engine.run())

        def left() -> None:
            names = ", ".join(f"'{agent}'" for agent in engine.op.left_off()) or "none"
            interrupted(
                f"{self.host.name}: {self.request.action} was interrupted, nothing more is sent. "
                f"Agents left off, or with an off under way: {names}."
            )

        result = report(run(work(), left, output=output), proxy=self.proxy, check=check, diff=diff)
        if result["failed"] and self.proxy != "localhost":
            result["msg"] += f" All of this was tried from {self.proxy}."
        return result

    def known(self, found: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return what is ours in the result of a module that ran elsewhere: none of that machine's facts."""
        keys = {*empty_result(self.host, self.request, self.proxy), "msg", "plan", "diff"}
        return {key: value for key, value in found.items() if key in keys}


def prepare(args: t.Mapping[str, t.Any], secrets: Secrets) -> FenceTask:
    """Check all options and agents.

    :param args: the options as users wrote them, templated; ``host`` names the fenced host.
    :param secrets: learns the agents' secrets.
    :raises Mistakes: every mistake of every option and agent, each with the host in front.
    """
    name = str(args.get("host") or "host")
    validator = ArgumentSpecValidator({**REQUEST_OPTIONS, "agents": {"type": "raw"}})
    checked = validator.validate(dict(args))
    params = checked.validated_parameters
    agents = params.get("agents") or []
    host, agent_mistakes = parse_agents(name, agents if isinstance(agents, (list, tuple)) else [], secrets)
    mistakes = [
        f"{name}: {message}"
        for message in option_mistakes(FENCE_OPTIONS, ("host", "proxy"), args, checked.error_messages)
    ]
    if not isinstance(agents, (list, tuple)):
        mistakes.append(
            f"{name}: pm_agents, or the option agents, must be a list. "
            "Write [{name: bmc, ipmi: {address: ...}}]."
        )
    request, wrong = request_of(params)
    mistakes += [f"{name}: {message}" for message in wrong]
    mistakes += agent_mistakes
    if mistakes or request is None:
        raise Mistakes(mistakes)
    return FenceTask(host, request, params["proxy"], params)


def refused(exc: Exception, args: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result of options that make no sense: nothing was sent.

    :param args: the options as they were given, whatever is wrong with them.
    """
    return {**_nothing_known(args), "failed": True, "msg": f"Nothing was sent. {exc}"}


def broken(args: t.Mapping[str, t.Any], why: str) -> dict[str, t.Any]:
    """The result of a mistake in this collection: what had been sent by then is not known."""
    return _lost(
        _nothing_known(args), str(args.get("host")), f"{why}. This is a mistake in hostpm.power: report it"
    )


def _nothing_known(args: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    action = args.get("action")
    word = ("on" if action else "off") if isinstance(action, bool) else str(action)
    request = Request(
        {"reboot": "restart"}.get(word, word) if word in REQUEST_OPTIONS["action"]["choices"] else ""
    )
    empty = empty_result(Host(str(args.get("host")), ()), request, str(args.get("proxy") or "localhost"))
    return {**empty, "supply": "unknown"}


def lost_proxy(task: FenceTask, why: str) -> dict[str, t.Any]:
    """The result when the machine that ran the engine is gone: what it had sent by then is not known."""
    why = f"the proxy {task.proxy} gave no result: {why.rstrip('.')}"
    return _lost(
        empty_result(task.host, task.request, task.proxy),
        task.host.name,
        why,
        ", from another proxy if need be",
    )


def _lost(empty: t.Mapping[str, t.Any], host: str, why: str, how: str = "") -> dict[str, t.Any]:
    return {
        **empty,
        "failed": True,
        "changed": empty["action"] != "status",
        "outcome": "indeterminate",
        "msg": (
            f"{host}: {why}. What had been sent by then is not known, nor whether {host} is on or off. "
            f"Do not take it for off: read its status{how}."
        ),
    }


def interrupted_elsewhere(task: FenceTask) -> str:
    """What to say when the work on a proxy was cut off, so that it could not say itself what it leaves off."""
    return (
        f"{task.host.name}: {task.request.action} through {task.proxy} was interrupted, nothing more is sent. What had "
        f"been sent by then is not known: read the status of {task.host.name}, its agents may be left off."
    )


def _open_driver(agent: Agent, deadline: float) -> Driver:
    return DRIVERS[agent.driver](agent.options, deadline=deadline)

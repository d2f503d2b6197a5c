"""From options to a result: what the action plugin and the module pm_wake do alike. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._fencing.errors import PowerError
from .._fencing.levels import Refused, check_agents, check_request
from .._fencing.waiting import MonotonicClock
from .._interrupt import run
from .._options import Mistakes, option_mistakes
from .._secrets import Secrets
from .._sleep.magic import NotSent
from .._task import FenceTask
from .._task import prepare as prepare_agents
from .here import Here, send_once
from .ladder import Ladder
from .model import LOOK, Means, Wake
from .options import SET_BY_ACTION, WAKE_OPTIONS, Reader
from .reach import Reach
from .report import empty_result, interruption, refusal, report


@dataclass(frozen=True)
class WakeTask:
    """A checked pm_wake; ``params`` is what a module on a proxy is given to do the same."""

    wake: Wake
    proxy: str
    params: t.Mapping[str, t.Any]
    agents: FenceTask | None = None

    def run(
        self,
        *,
        check: bool,
        diff: bool,
        interrupted: t.Callable[[str], None],
        output: int | None = None,
        means: Means | None = None,
    ) -> dict[str, t.Any]:
        """Climb the ladder from this machine and return the result.

        :param interrupted: is told what was sent when a signal ends the work early.
        :param output: the descriptor that the result is written to, when its last reader's end is to end the work.
        :param means: how packets and agents are reached; by default from this machine.
        """
        agents = (self.agents.host, self.agents.request) if self.agents else None
        clock = MonotonicClock()
        reach = Reach(self.wake.target, clock) if self.wake.target else None
        ladder = Ladder(
            self.wake,
            means or Here(self.wake.packets, agents, self.proxy),
            reach.look if reach else _nobody_looks,
            clock,
        )

        async def work() -> str:
            if reach:
                await reach.resolve(min(self.wake.timeout, 2 * LOOK))
            return await (ladder.plan() if check else ladder.run())

        verified_from = "localhost" if means else self.proxy
        try:
            word = run(work(), lambda: interrupted(interruption(ladder)), output=output)
        except PowerError as exc:
            return refusal(self.wake, str(exc), proxy=self.proxy)
        return report(word, ladder, proxy=self.proxy, verified_from=verified_from, check=check, diff=diff)

    def send(self) -> dict[str, t.Any]:
        """Send every packet once, for a ladder that is climbed elsewhere."""
        try:
            return {"sent": send_once(self.wake.packets), "error": "", "changed": True}
        except NotSent as exc:
            return {"sent": exc.sent, "error": str(exc), "changed": exc.sent > 0}

    def known(self, found: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return what is ours in the result of a module that ran elsewhere: none of that machine's facts."""
        keys = {*empty_result(self.wake, self.proxy), "msg", "plan", "diff"}
        return {key: value for key, value in found.items() if key in keys}


async def _nobody_looks(until: float) -> str:
    return ""


def prepare(args: t.Mapping[str, t.Any], secrets: Secrets) -> WakeTask:
    """Check all options and agents.

    :param args: the options as users wrote them, templated; ``host`` names the host that is to be woken.
    :param secrets: learns the SecureOn password and the agents' secrets.
    :raises Mistakes: every mistake of every option and agent, each with the host in front.
    """
    name = str(args.get("host") or "host")
    secrets.learn(WAKE_OPTIONS, {"secureon": args.get("secureon")})
    given = {option: value for option, value in args.items() if value is not None}
    checked = ArgumentSpecValidator({**WAKE_OPTIONS, "agents": {"type": "raw"}}).validate(given)
    params = {**checked.validated_parameters, "host": name}
    mistakes = option_mistakes(WAKE_OPTIONS, SET_BY_ACTION, args, checked.error_messages)
    if mistakes:  # its types are not those of the spec
        raise Mistakes(f"{name}: {secrets.scrub(message)}" for message in mistakes)
    wanted = bool(params["agents"]) and "agent" in (params["rungs"] or ["agent"])
    agents, wrong = _agents(params, secrets) if wanted else (None, [])
    reader = Reader({**params, "mac": [mac for mac in params["mac"] or [] if mac.strip()]}, time.time())
    wake = reader.wake([agent.label for agent in agents.host.agents] if agents else ["wrong"] * wanted)
    mistakes = [f"{name}: {message}" for message in reader.mistakes] + wrong
    if mistakes or wake is None:
        raise Mistakes(mistakes)
    return WakeTask(wake, params["proxy"], {**params, "due": wake.due}, agents)


def _agents(params: t.Mapping[str, t.Any], secrets: Secrets) -> tuple[FenceTask | None, list[str]]:
    """The request to switch the host on, or else the mistakes of its agents."""
    given = {name: params[name] for name in ("host", "proxy", "agents", "timeout", "agent_timeout")}
    try:
        task = prepare_agents({**given, "action": "on"}, secrets)
        check_agents(task.host)
        check_request(task.host, task.request)
    except Mistakes as exc:
        return None, [text for text in exc.messages if "pm_agents" in text]
    except Refused as exc:
        return None, [f"{params['host']}: pm_agents: {exc}"]
    return task, []


def refused(exc: Exception, args: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result of options that make no sense: nothing was sent."""
    return refusal(_unread(args), str(exc), proxy=str(args.get("proxy") or "localhost"))


def broken(args: t.Mapping[str, t.Any], why: str) -> dict[str, t.Any]:
    """The result of a mistake in this collection: what had been sent by then is not known."""
    return lost(
        _unread(args),
        str(args.get("proxy") or "localhost"),
        f"{why}. This is a mistake in hostpm.power: report it",
    )


def lost(wake: Wake, proxy: str, why: str) -> dict[str, t.Any]:
    """The result when what had been sent is not known."""
    return {
        **empty_result(wake, proxy),
        "failed": True,
        "changed": True,
        "outcome": "not_reached",
        "msg": f"{wake.host}: {why}. What had been sent by then is not known, nor whether {wake.host} woke up.",
    }


def _unread(args: t.Mapping[str, t.Any]) -> Wake:
    return Wake(str(args.get("host") or "host"), ())

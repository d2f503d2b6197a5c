"""The engine: status, off, on, restart and nmi for one host, and the plan of each."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from .driver import DriverFactory
from .journal import describe
from .levels import check_agents, check_request
from .model import Agent, Host, Power, Request, Role
from .off import OffResult, power_off
from .on import OnResult, power_on, wait_out
from .operation import Operation
from .outcome import Outcome
from .verdict import Verdict, feed_states
from .waiting import Clock

ACTIONS: t.Final = ("status", "on", "off", "restart", "nmi")

#: The share of the time that a restart keeps for switching on.
ON_RESERVE: t.Final = 1 / 3


class Engine:
    """Carries out one request on one host.

    :param factory: makes the conversation with an agent.
    :raises levels.Refused: nothing was sent; the reasons say what to write instead.

    An interrupted engine (cancelled, or an error that is not a PowerError) sends nothing more and logs out;
    ``op.left_off()`` names what it leaves off.
    """

    def __init__(self, host: Host, request: Request, factory: DriverFactory, clock: Clock) -> None:
        check_agents(host)
        check_request(host, request)
        self.op = Operation(host, request, factory, clock)

    async def run(self) -> Outcome:
        """Do it. Ends by the request's deadline, plus the log-out (2 s a device at most, all at once)."""
        actions: dict[str, t.Callable[[], t.Awaitable[Outcome]]] = {
            "status": self._status,
            "on": self._on,
            "off": self._off,
            "restart": self._restart,
            "nmi": self._nmi,
        }
        try:
            return await actions[self.op.request.action]()
        finally:
            await self.op.close()

    async def plan(self) -> Outcome:
        """Read what ``run`` would read first, send nothing, and say what would be done."""
        op = self.op
        try:
            if op.request.action == "status":
                return await self._status()
            if op.request.action == "on":
                verdict = await self._survey()
                would = not self._is_on(verdict)
            else:
                verdict = await self._read_levels()
                would = op.request.action != "off" or verdict.power is not Power.OFF or verdict.maybe_asleep
            return Outcome(
                "planned", op, verdict, would_change=would, evidence=op.evidence(), reasons=verdict.reasons
            )
        finally:
            await op.close()

    async def _read_levels(self) -> Verdict:
        """Read level after level until there is a verdict; levels that are not needed are not touched."""
        op = self.op
        verdict = op.verdict()
        for place, level in enumerate(op.levels):
            await op.read(level.agents, op.share(op.deadline, len(op.levels) - place))
            verdict = op.verdict()
            if verdict.power is not Power.UNKNOWN:
                break
        op.note_before()
        return verdict

    async def _survey(self) -> Verdict:
        """Read every agent that can be read."""
        op = self.op
        await op.read(
            [agent for agent in op.host.agents if agent.role is not Role.WAKE], op.share(op.deadline, 2)
        )
        op.note_before()
        return op.verdict()

    async def _status(self) -> Outcome:
        op = self.op
        verdict = await self._read_levels()
        word = "indeterminate" if verdict.power is Power.UNKNOWN else "status_read"
        states = feed_states(op.host, op.newest())
        dark = tuple(name for name, power in states.items() if power is Power.OFF)
        return Outcome(word, op, verdict, evidence=op.evidence(), reasons=verdict.reasons, dark=dark)

    async def _off(self) -> Outcome:
        off = await power_off(self.op, self.op.deadline)
        if not off.proven:
            return self._not_off(off)
        word = "off_verified" if self.op.changed else "already_off"
        return Outcome(word, self.op, off.verdict, fenced=True, levels=off.levels, evidence=off.evidence)

    def _not_off(self, off: OffResult) -> Outcome:
        word = "not_off" if off.verdict.power is Power.ON else "indeterminate"
        reasons = tuple(
            f"Level {r.level.number} failed: {r.reason}" for r in off.levels if r.state == "failed"
        )
        return Outcome(
            word,
            self.op,
            off.verdict,
            levels=off.levels,
            evidence=off.evidence,
            reasons=(*reasons, *(r for r in off.verdict.reasons if not any(r in known for known in reasons))),
        )

    async def _on(self) -> Outcome:
        op = self.op
        verdict = await self._survey()
        if self._is_on(verdict):
            return Outcome("already_on", op, verdict, evidence=op.evidence())
        on = await power_on(op, op.host.agents, op.deadline)
        if on.verdict.power is Power.ON:
            word = "on_partial" if on.dark else "on_verified" if op.changed else "already_on"
        elif on.woken and not (op.host.chassis or op.host.feeds):
            word = "on_unverified"
        else:
            word = "indeterminate" if on.verdict.power is Power.UNKNOWN else "not_on"
        return self._risen(word, on)

    async def _restart(self) -> Outcome:
        op = self.op
        off = await power_off(op, op.started + op.request.timeout * (1 - ON_RESERVE))
        if not off.proven:
            return self._not_off(off)
        under_way = await wait_out(op, op.deadline)
        if under_way:
            names = ", ".join(f"'{link.agent.name}'" for link in under_way)
            reason = f"No on was sent: the time was over while an off sent to {names} could still act."
            return self._risen("fenced_not_restarted", await power_on(op, (), op.deadline), off, reason)
        on = await power_on(op, self._to_switch_on_again(), op.deadline)
        word = "fenced_not_restarted"
        if on.verdict.power is Power.ON:
            word = "restarted_partial" if on.dark else "restarted"
        return self._risen(word, on, off)

    def _to_switch_on_again(self) -> list[Agent]:
        """What a restart switches on: what it switched off, and the chassis; all, for a host that was off."""
        op = self.op
        return [
            agent
            for agent in op.host.agents
            if agent.role is not Role.FEED
            or not op.changed
            or (op.before is not None and op.before.power is Power.OFF)
            or (op.link(agent).off_sent and op.link(agent).before_off is not Power.OFF)
        ]

    def _risen(self, word: str, on: OnResult, off: OffResult | None = None, *reasons: str) -> Outcome:
        return Outcome(
            word,
            self.op,
            on.verdict,
            fenced=off is not None,
            levels=off.levels if off else (),
            evidence=(*(off.evidence if off else ()), *on.evidence),
            reasons=(*reasons, *(() if on.verdict.power is Power.ON else on.reasons or on.verdict.reasons)),
            dark=on.dark,
        )

    async def _nmi(self) -> Outcome:
        """The first chassis agent that accepts; after a lost answer no other one: it may have been sent."""
        op = self.op
        able = [
            a for level in op.levels for a in level.agents if a.role is Role.CHASSIS and "nmi" in a.actions
        ]
        reasons = []
        for place, agent in enumerate(able):
            error = await op.link(agent).send("nmi", op.share(op.deadline, len(able) - place))
            if error is None:
                return Outcome("nmi_sent", op, op.verdict())
            reasons.append(describe(op.host.name, agent, error))
            if op.changed:
                break
        return Outcome("indeterminate", op, op.verdict(), reasons=tuple(reasons))

    def _is_on(self, verdict: Verdict) -> bool:
        return verdict.power is Power.ON and verdict.supply in ("live", "none")

"""The off phase: level after level until one proves the host off."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .errors import PowerError
from .link import Link
from .model import Agent, Level, Observation, Power, Role
from .operation import Operation
from .soft import SoftRequest
from .verdict import Verdict, judge
from .waiting import together


@dataclass(frozen=True)
class LevelResult:
    """What came of one level: proven, failed (with why), or not_needed."""

    level: Level
    state: str
    reason: str = ""


@dataclass(frozen=True)
class OffResult:
    """What came of the off phase; ``evidence`` is the reads that prove the off, or the newest ones."""

    verdict: Verdict
    proven: bool
    levels: tuple[LevelResult, ...]
    evidence: tuple[Observation, ...]


async def power_off(op: Operation, until: float) -> OffResult:
    """Take the host down and prove it by ``until`` (the operation's clock).

    A level that fails leaves what it switched off as it is: nothing is switched on again here.
    """
    results: list[LevelResult] = []
    proof: _Proof | None = None
    soft = SoftRequest(op)
    for place, level in enumerate(op.levels):
        if proof and proof.proven:
            results.append(LevelResult(level, "not_needed"))
            continue
        extra = soft.time_for(level)
        share = min(until, op.share(until - extra, len(op.levels) - place) + extra)
        proof = await _LevelOff(op, level, share, soft).run()
        results.append(LevelResult(level, "proven" if proof.proven else "failed", proof.reason))
    if proof and proof.proven:
        return OffResult(proof.verdict, True, tuple(results), proof.evidence)
    verdict = op.verdict()
    if verdict.power is Power.OFF:
        # read off, but not by the rules of a proof (once, or by agents that no level relied on)
        why = "it may sleep (S3)" if op.may_sleep(verdict) else "not long enough to prove it"
        verdict = Verdict(Power.UNKNOWN, "", verdict.supply, (f"Off was read, but {why}.",))
    return OffResult(verdict, False, tuple(results), op.evidence())


@dataclass(frozen=True)
class _Proof:
    verdict: Verdict
    proven: bool
    reason: str
    evidence: tuple[Observation, ...] = ()


class _LevelOff:
    """One level's try: open and read, cut all at the same moment, confirm."""

    def __init__(self, op: Operation, level: Level, until: float, soft: SoftRequest) -> None:
        self._op = op
        self._level = level
        self._until = until
        self._soft = soft
        self._agents: tuple[Agent, ...] = ()
        self._refused: dict[str, PowerError] = {}
        self._lost: dict[str, PowerError] = {}
        # A chassis of an earlier level that did not go off: it must not read on beside what is proven here.
        self._witnesses = [
            link.agent
            for link in op.links.values()
            if 0 < link.level < level.number
            and link.agent.role is Role.CHASSIS
            and link.before_off is not None
        ]

    async def run(self) -> _Proof:
        # an agent that hangs must leave the others the time to act and to prove it
        first = await self._op.read(self._level.agents, self._op.share(self._until, 2))
        self._op.note_before()
        self._agents = self._useful([seen.agent for seen in first if seen.reading])
        if not self._op.host.sufficient(self._agents):
            return self._failed(first, "nothing was changed by this level, too few of its agents answered")
        found = judge(self._op.host, [first])
        if found.power is Power.OFF and not found.maybe_asleep:
            already = await self._confirm(patient=False)
            if already.proven:
                return already
        links = [self._op.link(agent) for agent in self._agents]
        asked = await self._soft.make(links, self._until)
        targets = [
            link for link in links if link.power is not Power.OFF or link.maybe_asleep or link is asked
        ]
        chassis = [link for link in targets if link.agent.role is Role.CHASSIS]
        feeds = [link for link in targets if link.agent.role is Role.FEED]
        await self._cut(chassis, self._op.share(self._until, 2) if feeds else self._until)
        if (
            chassis and feeds
        ):  # once their supplies are gone, a read of off will not tell whether their own off acted
            await self._op.read([link.agent for link in chassis], self._op.share(self._until, 2))
        await self._cut(feeds, self._until)
        return await self._confirm(patient=True)

    def _useful(self, answered: t.Sequence[Agent]) -> tuple[Agent, ...]:
        """Leave out supplies while one of them cannot be read.

        They would prove nothing, and to cut them may take its power from the BMC that can prove it.
        """
        feeds = [agent for agent in answered if agent.role is Role.FEED]
        all_of_them = self._op.host.sufficient(feeds) is not None
        return tuple(agent for agent in answered if all_of_them or agent.role is not Role.FEED)

    async def _cut(self, links: t.Sequence[Link], until: float) -> None:
        """Send off to all at the same moment and sort the answers."""
        self._op.shadow(links)
        errors = await together(*(link.send("off", until) for link in links))
        for link, error in zip(links, errors):
            self._lost.pop(link.agent.name, None)
            if error and error.may_have_acted:
                self._lost[link.agent.name] = error
            elif error:
                self._refused[link.agent.name] = error

    async def _confirm(self, *, patient: bool) -> _Proof:
        """Read until two passes in a row prove the off; not patient: give up at the first that does not.

        ``settle`` lies between them: a chassis may bounce, and a power supply feeds its host for a moment after its
        outlet went off.
        """
        proof: list[list[Observation]] = []
        gone: set[str] = set()
        while True:
            seen = await self._pass(gone)
            verdict = judge(self._op.host, seen)
            if verdict.power is Power.OFF and not self._op.may_sleep(verdict):
                proof.append([obs for level in seen for obs in level])
                if len(proof) == 2:
                    return _Proof(verdict, True, "", tuple(obs for one in proof for obs in one))
                # a chassis that lost its power with its supplies needs no second look
                gone = {obs.agent.name for level in seen for obs in level if obs.error}
                if not await self._op.pause(self._until, self._op.request.settle):
                    reason = "its time was over after one read of off, which alone proves nothing"
                    return self._failed(proof[-1], reason)
                continue
            proof.clear()
            gone = set()
            flat = [obs for level in seen for obs in level]
            if not patient or self._hopeless() or not await self._op.pause(self._until):
                known = self._op.verdict()
                newest = [self._op.link(obs.agent).last or obs for obs in flat]
                return self._failed(newest, " ".join(known.reasons) if known.contradicted else "")
            await self._cut([self._op.link(obs.agent) for obs in flat if self._may_repeat(obs)], self._until)

    async def _pass(self, gone: t.Container[str]) -> list[list[Observation]]:
        agents = [agent for agent in self._agents if agent.name not in gone]
        witnesses = [a for a in self._witnesses if a.name not in gone and not self._given_up(a)]
        seen = await self._op.read([*agents, *witnesses], self._until)
        return [seen[: len(agents)], seen[len(agents) :]]

    def _may_repeat(self, seen: Observation) -> bool:
        """The answer to the off was lost, and a read says that the off did not act, or cannot say that it did."""
        undone = seen.power is not Power.OFF or self._op.link(seen.agent).maybe_asleep
        return seen.agent.name in self._lost and seen.reading is not None and undone

    def _hopeless(self) -> bool:
        """Too few agents are left that can still read off."""
        hopeful = [
            agent
            for agent in self._agents
            if (self._op.link(agent).power is Power.OFF and not self._op.link(agent).maybe_asleep)
            or (agent.name not in self._refused and not self._given_up(agent))
        ]
        return self._op.host.sufficient(hopeful) is None

    def _given_up(self, agent: Agent) -> bool:
        """It was silent for too long, or fails in a way that more time does not heal."""
        link = self._op.link(agent)
        error = link.last.error if link.last else None
        return link.silent_for() >= self._op.request.agent_timeout or (
            error is not None and not error.transient
        )

    def _still(self, seen: Observation) -> str:
        word = seen.reading.word if seen.reading else seen.power.value
        if not self._op.link(seen.agent).off_sent:
            return f"reads {word}"
        if seen.agent.name in self._lost:
            return f"was told off, reads {word}, and: {self._lost[seen.agent.name]}".rstrip(".")
        return f"was told off and still reads {word}. Look at the device, or give the host another agent"

    def _untold(self, seen: Observation) -> str:
        """What to say of a read of off that may be a sleep."""
        refusal = self._refused.get(seen.agent.name) or self._lost.get(seen.agent.name)
        told = (
            f"and: {refusal}".rstrip(".")
            if refusal
            else f"and its time was over within {self._op.request.agent_timeout:g} s of its hard off (agent_timeout)"
        )
        return (
            f"reads off, which it cannot tell from asleep (S3), {told}. Give the host its supplies as agents, or "
            "where it never sleeps say may_sleep: false for this agent"
        )

    def _failed(self, seen: t.Sequence[Observation], reason: str) -> _Proof:
        why = []
        for obs in seen:
            refusal = self._refused.get(obs.agent.name)
            if obs.error:
                why.append(f"{obs.agent.label}: {obs.error}")
            elif self._op.link(obs.agent).maybe_asleep:
                why.append(f"{obs.agent.label}: {self._untold(obs)}.")
            elif refusal and obs.power is not Power.OFF:
                why.append(f"{obs.agent.label}: {refusal}")
            elif obs.power is not Power.OFF:
                why.append(f"{obs.agent.label}: {self._still(obs)}.")
        text = " ".join([*([reason.rstrip(".") + "."] if reason else []), *why])
        return _Proof(self._op.verdict(), False, text)

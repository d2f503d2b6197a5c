"""The session with one agent: opened when it is needed, and anew after it was lost."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import typing as t

from .driver import Driver, DriverFactory
from .errors import Busy, DeadlineExceeded, Misconfigured, PowerError, Protocol
from .model import Agent, Request
from .waiting import Clock, within

T = t.TypeVar("T")

#: How long a log-out may take beyond what the driver promises (s).
CLOSE_GUARD = 3.0


class Session:
    """Logs in before a piece of work that needs it, and out after any that failed. Not for concurrent use.

    :param deadline: of the whole operation.
    :param reached: the devices that were reached and by which agent, shared by the sessions of an operation.
    """

    def __init__(
        self,
        agent: Agent,
        *,
        factory: DriverFactory,
        deadline: float,
        request: Request,
        clock: Clock,
        reached: dict[str, Agent],
    ) -> None:
        self._agent = agent
        self._factory = factory
        self._deadline = deadline
        self._request = request
        self._clock = clock
        self._reached = reached
        self._driver: Driver | None = None

    async def close(self) -> None:
        """Log out; raises nothing."""
        driver, self._driver = self._driver, None
        if driver is None:
            return
        with contextlib.suppress(Exception):  # a mistake in one driver's log-out must not end the operation
            await within(self._clock, self._clock.now() + CLOSE_GUARD, driver.close())

    async def attempt(self, work: t.Callable[[Driver], t.Coroutine[t.Any, t.Any, T]], until: float) -> T:
        """Return what the work returns, by a moment of the clock and within ``agent_timeout``.

        Only a device that was busy, and so did not act, is asked again.

        :raises PowerError: what went wrong; a mistake in the driver too.
        """
        limit = min(until, self._clock.now() + self._request.agent_timeout)
        refusals: list[Busy] = []
        opened = False

        async def logged_in() -> T:
            nonlocal opened
            if self._driver is None:
                self._driver = self._factory(self._agent, self._deadline)
                self._claim(await self._driver.open())
            opened = True
            return await work(self._driver)

        while True:
            opened = False
            try:
                return await within(self._clock, limit, logged_in())
            except DeadlineExceeded as exc:
                said = self._driver.doing() if self._driver else ("", "")
                await self.close()
                if refusals and not opened:  # what was cut short tells less than what came before it
                    raise refusals[-1] from None
                raise _with_place(exc, *said) from None
            except Busy as exc:
                await self.close()
                refusals.append(exc)
                if self._clock.now() + self._request.poll >= limit:
                    raise
                await self._clock.sleep(self._request.poll)
            except PowerError:
                await self.close()  # whatever session is left is doubtful: the next use logs in again
                raise
            except Exception as exc:
                # A mistake in one driver must not keep the other agents from fencing the host. Its text stays
                # out: it may hold anything.
                await self.close()
                raise Protocol(
                    f"the driver {self._agent.driver} failed with {type(exc).__name__}",
                    "This is a mistake in the driver: report it",
                ) from exc

    def _claim(self, device: str) -> None:
        """One device behind two agents would be a proof that counts twice: only the first may use it."""
        first = self._reached.setdefault(device, self._agent)
        if first is not self._agent:
            raise Misconfigured(
                f"it is the same device as '{first.name}' ({first.address}): both reach {device}",
                "Correct one of the two addresses, or leave one of the two agents out",
            )


def _with_place(exc: DeadlineExceeded, doing: str, advice: str) -> DeadlineExceeded:
    """The same, with what was going on, unless the driver noticed it first."""
    return exc if doing in exc.tried else DeadlineExceeded(exc.tried + doing, advice or exc.advice)

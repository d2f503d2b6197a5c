"""The steps of pm_suspend on the host that is to sleep: prepare, commit, look, cancel, confirm. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
import uuid

from ._sleep.entry import left_behind
from ._sleep.guards import BUSY_CHECK_LIMIT
from ._sleep.job import DONE, ENTERING, Job, Plan, not_only_magic, way_back
from ._sleep.launch import UNIT, NotStarted, start
from ._sleep.machine import LocalMachine, Machine
from ._sleep.prepare import Wish, prepare
from ._sleep.proof import SLEPT, Snapshot, boot_id, snapshot
from ._sleep.relied import tidy_up
from ._sleep.store import WayBack, keep
from ._sleep.waker import by_hand
from ._sleep.watch import BootClock, Clock
from ._sleep.ways import Refused
from ._suspend import job_result, mistakes_in, not_to_confirm, result, ways

BOOT_CLOCK: t.Final = BootClock()

Result = dict[str, t.Any]

#: How long the process of a job may take to see that it was cancelled, beside the checks that it runs (s).
CANCEL_TIME = 10.0
#: The same for one that is about to sleep, and looks a last time (s).
LAST_LOOK: t.Final = 5.0


def _coming(plan: Plan, seconds: float) -> Result:
    """When a committed sleep begins, and when its alarm is due."""
    due = None if plan.duration is None else int(time.time() + seconds + plan.duration)
    return {"begins_in": seconds, "due": due}


def carry_out(params: t.Mapping[str, t.Any], *, check: bool) -> Result:
    """Carry out the step that ``params`` names on this machine, and return its result."""
    steps = Steps(params, check=check, machine=LocalMachine(), job=Job())
    return steps.run()


class Steps:
    """The steps prepare, commit, look, cancel and confirm.

    :param params: as MODULE_OPTIONS describes them.
    """

    def __init__(
        self,
        params: t.Mapping[str, t.Any],
        *,
        check: bool,
        machine: Machine,
        job: Job,
        clock: Clock = BOOT_CLOCK,
        starts: t.Callable[[Machine, str], str] = start,
        known: t.Sequence[WayBack] | None = None,
        remember: t.Callable[[WayBack], None] = keep,
        tidy: t.Callable[[Machine], None] = tidy_up,
        look: t.Callable[[Machine], Snapshot] = snapshot,
    ) -> None:
        self.params, self.check = params, check
        self.name = params["host"] or "this host"
        self.machine, self.job, self.clock = machine, job, clock
        self._starts, self._known, self._keep = starts, known, remember
        self._tidy, self._snapshot = tidy, look

    def run(self) -> Result:
        """The step that is asked for. Another user than root sees no plan, and must not take that for none."""
        if self.machine.uid != 0:
            why = "only root can put it to sleep, or see what is planned. Run it with become"
            return result(self.params, "refused", f"Nothing was done. {self.name}: {why}.")
        told: Result = getattr(self, self.params["step"])()
        return told

    def prepare(self) -> Result:
        """Check, plan, and start the process that waits for the commit."""
        wrong = mistakes_in(self.params)
        if wrong:
            return result(self.params, "refused", f"Nothing was done. {self.name}: {' '.join(wrong)}")
        token = uuid.uuid4().hex
        try:
            with self.job.lock():
                self._refuse_a_second()
                if not self.check:
                    self._tidy(self.machine)
                found = prepare(
                    self.machine,
                    self._wish(),
                    token=token,
                    now=self.clock.now,
                    trial=not self.check,
                    known=self._known,
                )
                told = {
                    "backend": found.plan.backend,
                    "ways_back": list(found.ways),
                    "begins_in": found.plan.delay,
                }
                if self.check:
                    text = f"{self.name} would sleep by {found.plan.mode} ({found.plan.backend}); nothing was armed."
                    return result(self.params, "planned", text, changed=True, **told)
                left_behind()
                self.job.create(found.plan)
                how = self._start()
        except BlockingIOError:
            return self._refused("refused", "another preparation is under way. Try again")
        except Refused as exc:
            return self._refused(exc.outcome, str(exc))
        except OSError as exc:
            return self._refused("refused", f"it cannot be prepared: {exc}")
        more = {"token": token, "boot_id": found.plan.boot_id, "failed": False}
        return {**result(self.params, "prepared", f"{self.name} is prepared ({how})."), **told, **more}

    def commit(self) -> Result:
        """Let the planned sleep come."""
        plan, state = self.job.plan(), self._state()
        if plan is None or plan.token != self.params["token"] or state.get("phase") == DONE:
            return self.look()
        self.job.ask("commit", plan.token)
        text = f"{self.name} goes to sleep in {plan.delay:.0f} s by {plan.mode}."
        told = {"backend": plan.backend, "boot_id": plan.boot_id, **_coming(plan, plan.delay)}
        return result(self.params, "scheduled", text, changed=True, **told)

    def look(self) -> Result:
        """What is planned, or how it ended."""
        boot = boot_id(self.machine)
        plan, state = self.job.plan(), self._state()
        if plan is None or plan.boot_id != boot or self.params["token"] not in (None, "", plan.token):
            if (plan is None or plan.boot_id != boot) and not self.check:
                self._tidy(self.machine)  # it was booted, or killed, in a sleep whose alarm is still armed
            return job_result(self.name, self.params, {}, boot)
        params = {**self.params, "mode": plan.mode}
        told = {**job_result(self.name, params, state, boot), "backend": plan.backend}
        if state.get("moment"):
            told.update(_coming(plan, max(0.0, state["moment"] - self.clock.now())))
        if state.get("awake") and self.params["token"]:  # not one that is asked for long after
            told["reconnect"] = round(self.clock.now() - state["awake"], 2)
        return told

    def cancel(self) -> Result:
        """Call off what is planned, and see that it is."""
        plan = self.job.plan()
        before = self.look()
        if before["outcome"] != "pending" or plan is None:
            return result(
                self.params, "none_pending", f"{self.name}: no sleep is planned.", boot_id=before["boot_id"]
            )
        if self.check:
            text = f"{self.name}: the planned sleep would be cancelled."
            return result(self.params, "planned", text, changed=True)
        self.job.ask("cancel", plan.token)
        told = self._end_of_cancelled(plan)
        if told["phase"] == DONE and not told["asleep"]:
            return {**told, "changed": True, "failed": False}
        return {**told, "failed": True, "msg": f"Too late to cancel. {told['msg']}"}

    def _end_of_cancelled(self, plan: Plan) -> Result:
        """What there is to be said as soon as it has ended, or would have ended in time."""
        phase, until = "", 0.0
        while True:
            told = self.look()
            if told["phase"] != phase:
                phase = told["phase"]
                checks = BUSY_CHECK_LIMIT * len(plan.busy_check)
                until = self.clock.now() + (LAST_LOOK if phase == ENTERING else CANCEL_TIME + checks)
            if phase == DONE or self.clock.now() >= until:
                return told
            self.clock.sleep(0.1)

    def confirm(self) -> Result:
        """Remember that a magic packet ended the last sleep."""
        told, plan, state = self.look(), self.job.plan(), self.job.state()
        doubt = (
            state.get("doubt", "")
            or (not_only_magic(plan) if plan else "")
            or by_hand(self.machine, told["woken_by"])
        )
        why = not_to_confirm(told, plan.card if plan else "", doubt)
        if plan is None or why:
            return result(
                self.params, "refused", f"Nothing was done. {self.name}: {why}.", boot_id=told["boot_id"]
            )
        known = {**told, "failed": False, "changed": told["woken_by"] != "wol", "woken_by": "wol"}
        if known["changed"] and not self.check:
            self._keep(way_back(plan, "wol", state["asleep"], state["entry"]))
            self.job.set_state(**{**state, "woken_by": "wol"})
        text = f"{self.name} is known to wake from {plan.mode} by a magic packet to {plan.card}."
        return {**known, "outcome": "planned" if self.check else "confirmed", "msg": text, "warnings": []}

    def _state(self) -> Result:
        """How far the job is; one whose process is gone is over."""
        plan, state = self.job.plan(), self.job.state()
        if (
            plan is None
            or state.get("phase") in (None, DONE)
            or self.clock.now() < plan.void
            or self.job.alive()
        ):
            return state
        why = f"its process was ended from outside (journalctl -u {UNIT} may tell by what)"
        if state.get("phase") != ENTERING:
            return {"phase": DONE, "outcome": "never_slept", "why": why}
        asleep = self._snapshot(self.machine).gap - state.get("gap", 0.0)
        slept = (
            f"it slept {asleep:.0f} s" if asleep >= SLEPT else "it did not sleep so far, and may be about to"
        )
        return {"phase": DONE, "outcome": "indeterminate", "why": f"{why}; by its clocks {slept}"}

    def _start(self) -> str:
        try:
            return self._starts(self.machine, self.job.folder)
        except (NotStarted, OSError) as exc:
            why = f"the process that would sleep cannot be started: {exc}"
            self.job.set_state(DONE, outcome="refused", why=why)
            raise Refused("refused", why) from exc

    def _refuse_a_second(self) -> None:
        told = self.look()
        if told["outcome"] == "pending":
            raise Refused(
                "refused",
                f"a sleep is {told['phase']} already. Wait for its end (action: status), or call it off "
                "(action: cancel)",
            )

    def _wish(self) -> Wish:
        params = self.params
        return Wish(
            mode=params["mode"],
            duration=params["duration"],
            delay=params["delay"],
            ways=ways(params),
            interface=params["interface"] or "",
            backend=params["backend"],
            busy_check=tuple(params["busy_check"]),
            wake_proof=params["wake_proof"],
            allow=tuple(params["allow"]),
            controller_boot_id=params["controller_boot_id"] or "",
        )

    def _refused(self, outcome: str, why: str) -> Result:
        return result(self.params, outcome, f"{self.name} stays awake: {why}.", boot_id=boot_id(self.machine))

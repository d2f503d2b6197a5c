"""Work that a signal, the parent's death or the loss of its reader ends: it cleans up, says so, and is over."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import typing as t

import collection_path
import pytest
from ansible_collections.hostpm.power.plugins.module_utils._interrupt import SIGNALS, run

PATIENCE = 30.0  # a guard against hanging tests, nothing is measured by it


class TimedOut(BaseException):
    """As core's exception for a task's timeout."""


class Work:
    """Work that never ends by itself, and remembers how it was treated."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def endless(self, *signals: int) -> None:
        try:
            for number in signals:
                os.kill(os.getpid(), number)
            await asyncio.sleep(PATIENCE)
            self.said.append("came to its end")
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
            self.said.append("cleaned up")
            raise

    def interrupted(self) -> None:
        self.said.append("told")


@pytest.fixture
def raising() -> t.Iterator[list[int]]:
    """Handlers that raise, as those of core do; the numbers that they got."""
    got: list[int] = []

    def handle(number: int, _frame: t.Any) -> None:
        got.append(number)
        raise TimedOut

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    yield got
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_result_comes_back_and_the_handlers_too(raising: list[int]) -> None:
    async def work() -> str:
        return "done"

    before = [signal.getsignal(number) for number in SIGNALS]
    assert run(work(), lambda: pytest.fail("nobody interrupted it")) == "done"
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_an_error_of_the_work_comes_out_as_it_is(raising: list[int]) -> None:
    async def work() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        run(work(), lambda: pytest.fail("nobody interrupted it"))


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_lets_the_work_clean_up_before_it_is_handled(raising: list[int], number: int) -> None:
    work = Work()
    with pytest.raises(TimedOut):
        run(work.endless(number), work.interrupted)
    assert work.said == ["cleaned up", "told"]
    assert raising == [number]


def test_a_second_signal_does_not_cut_off_the_cleaning_up(raising: list[int]) -> None:
    work = Work()
    with pytest.raises(TimedOut):
        run(work.endless(signal.SIGTERM, signal.SIGINT), work.interrupted)
    assert work.said == ["cleaned up", "told"]
    assert len(raising) == 1


def test_an_ignored_signal_stays_ignored(raising: list[int]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def work() -> str:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.05)
        return "done"

    assert run(work(), lambda: pytest.fail("nobody interrupted it")) == "done"
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_it_works_in_another_thread() -> None:
    async def work() -> str:
        return "done"

    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(run(work(), lambda: None)))
    thread.start()
    thread.join()
    assert found == ["done"]


@pytest.mark.parametrize("closes", [True, False])
def test_an_output_that_nobody_reads_any_more_ends_the_work(closes: bool) -> None:
    reader, writer = os.pipe()
    work = Work()

    async def worked() -> None:
        if closes:
            asyncio.get_running_loop().call_later(0.05, os.close, reader)
            await work.endless()
        await asyncio.sleep(0.5)

    try:
        if closes:
            with pytest.raises(asyncio.CancelledError):
                run(worked(), work.interrupted, output=writer)
            assert work.said == ["cleaned up", "told"]
        else:
            run(worked(), work.interrupted, output=writer)
            os.close(reader)
            assert work.said == []
    finally:
        os.close(writer)


def test_a_socket_whose_input_ended_is_still_read(tmp_path: t.Any) -> None:
    import socket

    far, near = socket.socketpair()
    with far, near:
        far.shutdown(socket.SHUT_WR)  # as sshd does when its client has no more input

        async def work() -> str:
            await asyncio.sleep(0.5)
            return "done"

        assert run(work(), lambda: pytest.fail("it is still read"), output=near.fileno()) == "done"


def test_an_output_that_is_a_file_says_nothing(tmp_path: t.Any) -> None:
    async def work() -> str:
        await asyncio.sleep(0.3)
        return "done"

    with open(tmp_path / "output", "w", encoding="utf-8") as stream:
        assert run(work(), lambda: pytest.fail("it is a file"), output=stream.fileno()) == "done"


def test_the_death_of_the_parent_ends_the_work(tmp_path: t.Any) -> None:
    script = textwrap.dedent(
        """
        import asyncio, os, signal, sys
        sys.path.insert(0, {tests!r})
        import collection_path
        collection_path.install_finder()
        from ansible_collections.hostpm.power.plugins.module_utils._interrupt import run
        reader, writer = os.pipe()
        if os.fork():
            os.read(reader, 1)
            os.kill(os.getpid(), signal.SIGKILL)
        async def work():
            os.write(writer, b"x")
            await asyncio.sleep({patience})
        try:
            run(work(), lambda: print("told", flush=True))
        except asyncio.CancelledError:
            print("over", flush=True)
        os._exit(0)
        """
    ).format(tests=str(collection_path.CHECKOUT / "tests"), patience=PATIENCE * 2)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["told", "over"], done.stderr

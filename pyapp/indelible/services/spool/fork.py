"""Forks of this process: SQLite survives none, so nothing is open while one happens, and each side opens its own."""

import os
import threading
from contextlib import AbstractContextManager, ExitStack
from typing import Protocol
from weakref import WeakSet


class Follower(Protocol):
    """What has to be closed for a fork."""

    def closed_for_fork(self) -> AbstractContextManager[None]:
        """Nothing that a fork would break is open during the block, which ends in both processes."""
        ...

    def begin_as_child(self) -> None:
        """Called during that block, in the child."""
        ...


_followers: WeakSet[Follower] = WeakSet()
_one_fork = threading.Lock()
_closed = ExitStack()


def follow(follower: Follower) -> None:
    """Close `follower` during each fork from now on, as long as it is in use."""
    _followers.add(follower)


def _before() -> None:
    _one_fork.acquire()
    for follower in list(_followers):
        _closed.enter_context(follower.closed_for_fork())


def _after() -> None:
    _closed.close()
    _one_fork.release()


def _after_in_child() -> None:
    for follower in list(_followers):
        follower.begin_as_child()
    _after()


os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after_in_child)

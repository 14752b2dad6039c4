"""Run as a program: give up root, tie this process to its parent, and become PostgreSQL.

Arguments: user id and group id (or - and -), the parent's process id, then the program and its arguments.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(uid: str, gid: str, parent: str, *command: str) -> None:
    """Never returns."""
    libc = ctypes.CDLL(None)
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux":
        # The kernel asks PostgreSQL for a fast shutdown the moment its parent is gone, even by SIGKILL.
        # After the change of user, which would undo it; loaded before it, for we may lose sight of Python's library.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != int(parent):
        sys.exit("the parent ended before PostgreSQL began")
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606 - one known program, no shell


if __name__ == "__main__":
    main(*sys.argv[1:])

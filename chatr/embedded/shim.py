"""Runs before a child's program, as ``python -I -S -c <this file> uid gid signal parent program argument…``.

It leaves the terminal's process group, so that Ctrl-C reaches chatr only; becomes an unprivileged account; asks the
kernel for a signal when chatr dies, however it dies; and then becomes the program. It has the standard library only.
"""

import ctypes
import os
import sys

uid, gid, death_signal, parent = (int(text) for text in sys.argv[1:5])
os.setsid()
if uid >= 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
# Behind the change of account, which clears it.
PR_SET_PDEATHSIG = 1
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
    sys.exit("chatr: prctl(PR_SET_PDEATHSIG) failed")
if os.getppid() != parent:
    # chatr died before the kernel was asked.
    sys.exit(1)
try:
    os.execv(sys.argv[5], sys.argv[5:])
except OSError as error:
    sys.exit(f"chatr: cannot run {sys.argv[5]} as uid {os.getuid()}: {error.strerror}")

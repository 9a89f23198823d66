"""Ports of tests that run side by side.

granian shares a port silently: two runs that ask for the same one at the same moment would answer each other's calls.
"""

from __future__ import annotations

import random

from cordiale.config import serving

_HOST = "127.0.0.1"
_random = random.SystemRandom()  # hypothesis and others seed the common one: every process would draw alike


def free_port() -> int:
    """A port nobody listens on, another one at each call; below those that the system gives to outgoing calls."""
    return serving.free_port(_HOST, _random.randrange(18_000, 32_000))

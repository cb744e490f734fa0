"""Attacks on an encoding, which a partner's own machine makes on its own output before anything leaves.

Each takes what the unit will hold and what an attacker may know besides, and says how much it learnt; none has the key. The gate of an
attack is what it would learn by guessing, or what `docs` promises; above it nothing should be sent.
"""

from matchers.attacks.columns import AttackResult
from matchers.attacks.self_test import self_test

__all__ = ["AttackResult", "self_test"]

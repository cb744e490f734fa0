"""Identity as keyed tokens and block-salted codes: `layout` says what stands where, `encoder` makes them, the rest is what these are made of."""

from matchers.encoding.canary import canaries
from matchers.encoding.layout import spec_digest

__all__ = ["canaries", "spec_digest"]

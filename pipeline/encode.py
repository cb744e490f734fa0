"""What identity looks like when it leaves the partner's premises.

Today an agreement may say `clear`, and the columns travel as they are. A disclosure that replaces them by keyed
tokens takes its place here, between normalising and sealing, and nothing before or after it need change.
"""

from __future__ import annotations

from schemas.errors import ConfigurationError
from schemas.relations import Normalised


def encode(normalised: Normalised, *, disclosure: str) -> Normalised:
    """Return the rows as they may travel under the agreement's disclosure.

    Raises:
        ConfigurationError: the disclosure is one that this version cannot make; nothing is handed through.
    """
    if disclosure == "clear":
        return normalised
    raise ConfigurationError(
        f"this version cannot send under disclosure {disclosure!r}", mend='install a version that can, or agree on disclosure = "clear"'
    )

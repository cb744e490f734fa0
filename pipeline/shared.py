"""The shared area that settings name, of the unit's or of a partner's."""

from __future__ import annotations

from pipeline.store.area import Area
from pipeline.store.open import AreaOptions, open_area
from schemas.partnership import PartnerHome, Partnership


def shared_area(settings: Partnership | PartnerHome) -> Area:
    """Return the shared area; whoever asks closes it.

    Args:
        settings: as they were loaded from a home, so that a folder is named from the root.

    Raises:
        ConfigurationError: the place is of no known kind, or its library is not installed.
        StorageError: it cannot be reached.
    """
    return open_area(settings.shared, AreaOptions(**settings.storage.model_dump()))

"""The keyed functions that everything else is made of: AES over many blocks at once, and a MAC of text.

One AES call over a whole column runs at memory speed, where a keyed hash for each value in a loop does not. AES under a secret key is a
pseudorandom permutation of 16-byte blocks; on inputs that never repeat a block for two meanings it serves as a pseudorandom function.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

BLOCK = 16  # bytes
WIDTH = 64  # bytes of text that a MAC reads; longer text is read as its SHA-256
LONG = 255  # written in place of the length of such a text
AT_ONCE = 8192  # rows, so that the work of one step stays near the processor
Blocks = npt.NDArray[np.uint8]  # n x 16


class Prf:
    """AES under one key, applied to each row of an array."""

    def __init__(self, key: bytes) -> None:
        self._cipher = Cipher(AES(key), ECB())

    def __call__(self, blocks: Blocks) -> Blocks:
        """Return the image of each row.

        Args:
            blocks: n x 16 bytes, contiguous.
        """
        return self.opened()(blocks)

    def opened(self) -> Callable[[Blocks], Blocks]:
        """Return the same function for many calls, all of them in one thread; it is quicker, because the key is set up once."""
        cipher = self._cipher.encryptor()

        def image(blocks: Blocks) -> Blocks:
            out = np.empty(blocks.size + BLOCK - 1, np.uint8)
            written = cipher.update_into(blocks.data, out.data) if blocks.size else 0
            return out[:written].reshape(-1, BLOCK)

        return image


def mac(prf: Prf, parts: list[Blocks]) -> Blocks:
    """Return the CBC-MAC of so many blocks for each row; safe because every message under one key has the same number of blocks.

    Source: Bellare, Kilian and Rogaway (2000), The security of the cipher block chaining message authentication code.
    """
    state = np.zeros_like(parts[0])
    for part in parts:
        state = prf(np.bitwise_xor(state, part))
    return state


def text_mac(prf: Prf, texts: pl.Series) -> Blocks:
    """Return the MAC of each text; a null reads as the empty text."""
    out = np.empty((len(texts), BLOCK), np.uint8)
    for start in range(0, len(texts), AT_ONCE):
        table = _fixed(texts[start : start + AT_ONCE])
        out[start : start + AT_ONCE] = mac(prf, np.split(table, WIDTH // BLOCK, axis=1))
    return out


def laid_out(texts: pl.Series, width: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the first bytes of each text in UTF-8, filled up with zeros, and how many bytes each has; a null reads as the empty text."""
    raw = pa.array(texts.fill_null("").cast(pl.Binary).to_arrow()).cast(pa.large_binary())
    _, offsets, content = raw.buffers()
    starts = np.frombuffer(offsets, np.int64)[raw.offset : raw.offset + len(raw) + 1] if len(raw) else np.zeros(1, np.int64)
    lengths = np.diff(starts)
    first, last = int(starts[0]), int(starts[-1])
    flat = np.zeros(last - first + width, np.uint8)
    if last > first:
        flat[: last - first] = np.frombuffer(content, np.uint8)[first:last]
    # every place of the buffer as the beginning of a window, without a copy
    windows = np.ndarray((len(flat) - width + 1,), f"V{width}", flat, 0, (1,))
    table = windows[starts[:-1] - first].view(np.uint8).reshape(len(raw), width)
    table *= np.arange(width) < lengths[:, None]
    return table, lengths


def _fixed(texts: pl.Series) -> npt.NDArray[np.uint8]:
    """Return each text's bytes, filled up with zeros, with its length in the last byte, so that no two texts are written alike."""
    table, lengths = laid_out(texts, WIDTH)
    table[:, -1] = lengths.clip(max=LONG)
    for i in np.flatnonzero(lengths >= WIDTH):  # hardly ever: an address of more than sixty bytes
        table[i] = np.frombuffer(hashlib.sha256(texts[int(i)].encode()).digest().ljust(WIDTH - 1, b"\0") + bytes([LONG]), np.uint8)
    return table

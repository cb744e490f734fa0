"""Places in settings, and what is said of those that are none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.store.folder import Folder
from pipeline.store.open import AreaOptions, open_area
from schemas.errors import ConfigurationError


@pytest.mark.parametrize("location", ["{}", "file://{}", "file://localhost{}"])
def test_a_path_is_a_folder(tmp_path: Path, location: str):
    area = open_area(location.format(tmp_path), AreaOptions())
    assert isinstance(area, Folder)
    assert area.root == tmp_path
    area.close()


def test_nothing_is_reached_for_before_it_is_used():
    assert open_area("sftp://northmere@server.invalid:2222/shared", AreaOptions()).where == "sftp://northmere@server.invalid:2222/shared"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("ftp://server/shared", "of no known kind"), ("https://server/shared", "of no known kind"), ("file://server/shared", "this machine"),
        ("sftp://server/shared", "not complete"), ("sftp://me@server", "not complete"), ("sftp://me@/shared", "not complete"),
        ("sftp://me@server:port/shared", "no address"), ("sftp://me:hush@server/shared", "password"), ("s3://key:hush@bucket/x", "password"),
        ("sftp://me@server/shared?password=hush", r"\? or #"), ("s3://B/x", "name of the bucket"), ("s3://bucket:9000/x", "name of the bucket"),
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_said_so_without_what_it_hides(location: str, said: str):
    with pytest.raises(ConfigurationError, match=said) as caught:
        open_area(location, AreaOptions())
    assert caught.value.mend
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(("location", "library", "extra"), [("sftp://me@server/x", "paramiko", "sftp"), ("s3://bucket/x", "obstore", "s3")])
def test_an_extra_that_is_not_installed_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch, location: str, library: str, extra: str):
    for name in [name for name in sys.modules if name.startswith(("pipeline.store.sftp", "pipeline.store.ssh", "pipeline.store.bucket"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigurationError, match="is not installed") as caught:
        open_area(location, AreaOptions())
    assert caught.value.mend == f'pip install "counterfoil[{extra}]"'

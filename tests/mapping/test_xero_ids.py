"""What is an id of Xero."""

import pytest

from app.mapping import xero_ids


@pytest.mark.parametrize("text", ["0b5f3c1e-7a64-4f4f-9b8e-2d3f4a5b6c7d", "0B5F3C1E-7A64-4F4F-9B8E-2D3F4A5B6C7D"])
def test_a_guid_is_an_id_in_either_case(text: str) -> None:
    assert xero_ids.is_id(text)


@pytest.mark.parametrize(
    "text", ["", "INV-0001", "0b5f3c1e7a644f4f9b8e2d3f4a5b6c7d", "0b5f3c1e-7a64-4f4f-9b8e-2d3f4a5b6c7d\n", "{0b5f3c1e}"]
)
def test_anything_else_is_not(text: str) -> None:
    assert not xero_ids.is_id(text)

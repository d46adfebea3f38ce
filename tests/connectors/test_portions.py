"""An answer of many rows in portions."""

from hypothesis import given
from hypothesis import strategies as st

from app.connectors.portions import SIZE, portions
from app.mapping.values import Json


@given(number=st.integers(0, 3 * SIZE))
def test_portions_hold_all_rows_in_their_order_and_one_of_them_is_the_last(number: int) -> None:
    rows: list[dict[str, Json]] = [{"Id": str(each)} for each in range(number)]
    found = list(portions(rows))
    assert [row for portion in found for row in portion.rows] == rows
    assert [portion.last for portion in found] == [*[False] * (len(found) - 1), True]
    assert all(len(portion.rows) <= SIZE for portion in found)

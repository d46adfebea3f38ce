"""A contact's tracking default is one option in one category, beside that of the other category."""

import pytest

from app.errors import Unfit
from app.mapping.tracking import xero_tracking
from app.mapping.values import Fields, Json

REGION = xero_tracking("SalesTrackingCategories", "Region")
SALESPERSON: Json = {"TrackingCategoryName": "Salesperson", "TrackingOptionName": "Team A"}
NORTH: Json = {"TrackingCategoryName": "Region", "TrackingOptionName": "North"}
TRACKED: Fields = {"SalesTrackingCategories": [NORTH, SALESPERSON]}


def test_the_option_of_the_category_is_read() -> None:
    assert REGION.read(TRACKED) == "North"
    assert REGION.read({"SalesTrackingCategories": [SALESPERSON]}) is None


def test_another_option_takes_its_place_beside_the_other_category() -> None:
    south = {"TrackingCategoryName": "Region", "TrackingOptionName": "South"}
    assert REGION.write("South", TRACKED) == {"SalesTrackingCategories": [south, SALESPERSON]}
    assert REGION.write("South", {"SalesTrackingCategories": [SALESPERSON]}) == {
        "SalesTrackingCategories": [SALESPERSON, south]
    }


def test_none_leaves_the_category_out() -> None:
    assert REGION.write(None, TRACKED) == {"SalesTrackingCategories": [SALESPERSON]}
    assert REGION.write(None, {}) == {}


def test_the_name_of_an_option_is_never_shortened() -> None:
    with pytest.raises(Unfit, match="at most 100 characters"):
        REGION.write("x" * 101, TRACKED)

"""The operators' reference names every key, every choice and every mappable field."""

from enum import StrEnum
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.mapping import xero_fields
from app.mapping.decimal_functions import ARITHMETIC, COMPARISONS
from app.mapping.loader import load_sync
from app.mapping.model import Direction, Mode, OnConflict, OnDelete, OnOptOut, Sync
from app.mapping.salesforce_fields import ACCOUNT, CONTACT, LENGTHS, SalesforceType
from app.mapping.sync_file import Strict

PAGE = (Path(__file__).parents[2] / "docs" / "sync-file.md").read_text(encoding="utf-8")
MODELS = Strict.__subclasses__()
EXAMPLES = [block.split("```")[0] for block in PAGE.split("```yaml\n")[1:] if block.startswith("sync:")]
CHOICES = (Mode, Direction, OnConflict, OnDelete, OnOptOut, SalesforceType)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_documented(model: type[BaseModel]) -> None:
    assert [key for key in model.model_fields if f"| `{key}` |" not in PAGE] == []


@pytest.mark.parametrize("choices", CHOICES, ids=lambda choices: choices.__name__)
def test_every_choice_is_documented(choices: type[StrEnum]) -> None:
    assert [choice.value for choice in choices if f"`{choice.value}`" not in PAGE] == []


def test_every_field_and_function_that_can_be_named_is_documented() -> None:
    names = [*ACCOUNT, *CONTACT, *xero_fields.CONTACT, *xero_fields.RESERVED, *COMPARISONS, *ARITHMETIC]
    assert [name for name in names if f"`{name}" not in PAGE] == []


def test_every_length_is_documented() -> None:
    assert [kind.value for kind, length in LENGTHS.items() if f"| `{kind}` | {length} |" not in PAGE] == []


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
def test_every_example_of_the_page_loads(tmp_path: Path, place: int) -> None:
    assert load(EXAMPLES[place], tmp_path).mappings


def test_the_first_example_shows_an_opt_in(tmp_path: Path) -> None:
    assert load(EXAMPLES[0], tmp_path).mappings["customers"].opt_in == "Sync_to_Xero__c"


@pytest.mark.parametrize(
    ("customer", "supplier", "whose"),
    [(False, False, "customers"), (True, False, "customers"), (True, True, "customers"), (False, True, "suppliers")],
)
def test_the_example_keeps_suppliers_apart(tmp_path: Path, customer: bool, supplier: bool, whose: str) -> None:
    mappings = load(next(e for e in EXAMPLES if "suppliers:" in e), tmp_path).mappings
    contact, account = {"IsCustomer": customer, "IsSupplier": supplier}, {"Type": whose.removesuffix("s").title()}
    assert [m.name for m in mappings.values() if m.only_xero and m.only_xero.holds(None, contact)] == [whose]
    assert [m.name for m in mappings.values() if m.only_salesforce and m.only_salesforce.holds(account, None)] == [
        whose
    ]


def load(example: str, folder: Path) -> Sync:
    (folder / "acme.yaml").write_text(example, encoding="utf-8")
    return load_sync(folder / "acme.yaml")

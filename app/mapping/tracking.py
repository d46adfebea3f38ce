"""Tracking defaults: the option that a contact's documents get in one tracking category."""

from dataclasses import dataclass

from app.mapping.codes import Code
from app.mapping.compound import Entry
from app.mapping.values import Fields, Value

MOST = 2
"""Xero has at most two tracking categories in use."""

OPTION = Code("TrackingOptionName", "", r".{1,100}", "the name of an option, at most 100 characters")


@dataclass(frozen=True, slots=True)
class Tracking:
    """The option's name. It is taken away by leaving the category out of the list; a name is never shortened."""

    entry: Entry

    @property
    def path(self) -> str:
        return self.entry.path

    @property
    def keys(self) -> frozenset[str]:
        return self.entry.keys

    def read(self, fields: Fields) -> Value:
        return self.entry.read(fields)

    def hold(self, value: Value) -> Value:
        return self.entry.hold(value)

    def write(self, value: Value, fields: Fields) -> Fields:
        written = self.entry.write(value, fields)
        return self.entry.without(fields) if written and self.hold(value) is None else written


def xero_tracking(list_key: str, category: str) -> Tracking:
    """The default of one category in that list, SalesTrackingCategories or PurchasesTrackingCategories."""
    return Tracking(Entry(f"{list_key}.{category}", list_key, "TrackingCategoryName", category, OPTION))

"""What the schema refuses is told with its place, its reason and its remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.mapping.loader import load_sync

FindingsIn = Callable[[str], list[str]]
FIELDS = "fields: [{salesforce: Name, xero: Name}]"


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("on_conflct: ask", "the key on_conflct is not known here; did you mean on_conflict?"),
        ("on_conflict: lates", "Input should be 'salesforce', 'xero', 'latest' or 'ask'; did you mean latest?"),
        ("opt_in: Sync To Xero", "this name cannot be used; use the API name, such as Email__c"),
        ("opt_in: 5", "here must stand a text; put the text in quotes if it looks like a number"),
        ("match: Name", "here must stand a list; write it as a list, each item after a hyphen"),
    ],
)
def test_a_key_of_a_mapping(findings_in: FindingsIn, line: str, finding: str) -> None:
    (found,) = findings_in(f"salesforce: Account\nxero: Contact\n{FIELDS}\n{line}")
    assert found == f"acme.yaml:9: mappings.customers.{line.partition(':')[0]}: {finding}"


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        ("{salesforce: Name}", "fields[1].xero: this key is missing; add xero"),
        ("{salesforce: Name, xero: Name, way: both}", "fields[1].way: the key way is not known here; known are: chi"),
        ("{salesforce: {field: Name, lenght: 5}, xero: Name}", "fields[1].salesforce.lenght: the key lenght is not"),
        ("{salesforce: {field: Name, type: txt}, xero: Name}", "fields[1].salesforce.type: Input should be"),
        ("{salesforce: {field: Name, length: true}, xero: Name}", "fields[1].salesforce.length: Input should be"),
        (
            "{salesforce: Name, children: Contacts, xero: ContactPersons}",
            "fields[1]: a rule has either salesforce or children; name a Salesforce field, or child records",
        ),
        ("{xero: Name}", "fields[1]: a rule has either salesforce or children; name a Salesforce field, or child rec"),
        ("{children: People, xero: ContactPersons}", "fields[1].children: the only short form of child records is Con"),
        (
            "{children: {object: Contact, parent: AccountId, fields: {Phone: Phone}}, xero: ContactPersons}",
            "fields[1].children.fields.Phone: Input should be 'FirstName', 'LastName', 'EmailAddress' or 'IncludeInEm",
        ),
        (
            "{children: {object: Contact, parnt: A, parent: B, fields: {LastName: C}}, xero: ContactPersons}",
            "fields[1].children.parnt: the key parnt is not known here; did you mean parent?",
        ),
        ("Name", "fields[1]: here must stand a mapping of keys; write it as key: value"),
    ],
)
def test_a_field_rule(findings_in: FindingsIn, rule: str, finding: str) -> None:
    (found,) = findings_in(f"salesforce: Account\nxero: Contact\nfields:\n  - {rule}")
    assert found.startswith(f"acme.yaml:9: mappings.customers.{finding}")


@pytest.mark.parametrize(
    ("key", "finding"),
    [
        ("match: [{salesforce: Name, xro: Name}]", "match[1].xro: the key xro is not known here; did you mean xero?"),
        ("create_in_xero: {wenn: a}", "create_in_xero.wenn: the key wenn is not known here; did you mean when?"),
        ("create_in_salesforce: {sett: {}}", "create_in_salesforce.sett: the key sett is not known here; did you"),
        ("create_in_salesforce: {set: {Type: [a]}}", "create_in_salesforce.set.Type: a fixed value is one text, numbe"),
        ("create_in_salesforce: {set: {No Name: a}}", "create_in_salesforce.set.No Name: this name cannot be used; us"),
    ],
)
def test_an_inner_key(findings_in: FindingsIn, key: str, finding: str) -> None:
    assert any(f"mappings.customers.{finding}" in found for found in findings_in(f"salesforce: Account\n{key}"))


def test_all_findings_of_a_file_are_told_at_once(findings_in: FindingsIn) -> None:
    found = findings_in("salesforce: Account\nxer: Contact\ndirection: sideways\nfields: []")
    assert [line.split(": ")[1] for line in found] == [
        "mappings.customers.xero",
        "mappings.customers.direction",
        "mappings.customers.fields",
        "mappings.customers.xer",
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", "the file: here must stand a mapping of keys"),
        ("sync: a\nsalesforce: b\nxero: c\nmappings: []", "mappings: here must stand a mapping of names; write it as"),
        ("sync: a\nsalesforce: b\nxero: c\nmappings: {Bad Name: {}}", "mappings.Bad Name: this name cannot be used"),
        ("sync: a\nsalesforce: b\nxero: c\nmodes: live\nmappings: {}", "modes: the key modes is not known here; did"),
    ],
)
def test_the_outer_keys(tmp_path: Path, text: str, finding: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_sync(tmp_path / "a.yaml")
    assert finding in str(refused.value)

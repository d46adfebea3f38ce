"""Conditions: checked when they are loaded, exact about money, and never false for want of an answer."""

from decimal import Decimal

import pytest

from app.errors import ConditionFailed, ConfigurationError
from app.mapping.expressions import compile_condition
from app.mapping.values import Fields, System

ACCOUNT: Fields = {
    "Type": "Customer",
    "AnnualRevenue": Decimal("10.50"),
    "NumberOfEmployees": 3,
    "Site": " ",
    "Fax": None,
    "Active__c": True,
    "Tags__c": ["a", "b"],
}
CONTACT: Fields = {"IsCustomer": True, "Balances": {"AccountsReceivable": {"Outstanding": Decimal("100.0")}}}


@pytest.mark.parametrize(
    "text",
    [
        'salesforce.Type == "Customer"',
        'salesforce.Type in ["Customer", "Partner"] && !(salesforce.Type == "Other")',
        'salesforce.Type.startsWith("Cust") || salesforce.Missing == "x"',
        "salesforce.Active__c",
        "xero.IsCustomer",
        'salesforce.Tags__c.exists(tag, tag == "b")',
        'equal(salesforce.AnnualRevenue, "10.5")',
        'greater(salesforce.NumberOfEmployees, "2")',
        'less(add(salesforce.AnnualRevenue, "0.1"), "10.61")',
        'at_least(xero.Balances.AccountsReceivable.Outstanding, "100")',
    ],
)
def test_a_condition_that_is_met_holds(text: str) -> None:
    assert compile_condition(text).holds(ACCOUNT, CONTACT) is True


def test_a_condition_that_is_not_met_does_not_hold() -> None:
    assert compile_condition('salesforce.Type == "Partner"').holds(ACCOUNT, None) is False


@pytest.mark.parametrize("field", ["Fax", "Site", "Missing"])
def test_null_blank_and_missing_are_one(field: str) -> None:
    assert compile_condition(f"salesforce.{field} == null").holds(ACCOUNT, None)
    assert not compile_condition(f'salesforce.{field} == "x"').holds(ACCOUNT, None)


@pytest.mark.parametrize(
    "text",
    [
        'salesforce.Fax.startsWith("x")',
        "salesforce.Type",
        "xero.IsCustomer",
        'greater(salesforce.Type, "1")',
        'greater(salesforce.Fax, "1")',
        'less(xero.Balances.Other, "1")',
        'less(multiply("1234567890.1234567890123456789", "1234567890.1234567890123456789"), "1")',
    ],
)
def test_a_condition_without_an_answer_fails_and_is_never_false(text: str) -> None:
    with pytest.raises(ConditionFailed) as failed:
        compile_condition(text).holds(ACCOUNT, {"Balances": {}})
    assert str(failed.value).startswith(text)


def test_a_failure_does_not_tell_the_record_s_values() -> None:
    with pytest.raises(ConditionFailed) as failed:
        compile_condition('equal(salesforce.Type, "1")').holds(ACCOUNT, None)
    assert "Customer" not in str(failed.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("salesforce.AnnualRevenue + salesforce.Fax", r"\+ is not offered.*add"),
        ('salesforce.AnnualRevenue - "1" == "0"', r"- is not offered"),
        ('salesforce.AnnualRevenue * "1" == "0"', r"\* is not offered"),
        ('salesforce.AnnualRevenue / "1" == "0"', r"/ is not offered"),
        ('salesforce.AnnualRevenue % "1" == "0"', r"% is not offered"),
        ('-salesforce.AnnualRevenue == "0"', r"- is not offered"),
        ("salesforce.AnnualRevenue < salesforce.Fax", r"< is not offered"),
        ("salesforce.AnnualRevenue <= salesforce.Fax", r"<= is not offered"),
        ('salesforce.AnnualRevenue > "9"', r"> is not offered.*greater"),
        ('salesforce.AnnualRevenue >= "9"', r">= is not offered"),
        ('double(salesforce.AnnualRevenue) == double("1")', r"double is not offered"),
        ('int(salesforce.AnnualRevenue) == int("1")', r"int is not offered"),
        ("salesforce.AnnualRevenue == 10", r'equal\(a, "10"\)'),
        ("salesforce.AnnualRevenue == .5", r"stands bare"),
        ('salesforce.Type == ""', "write null"),
        ("has(salesforce.Type)", "write != null"),
        ('salesforce["Type"] == "x"', "name one of its fields"),
        ('sales.Type == "x"', "salesforce.Field"),
        ('startswith(salesforce.Type, "x")', "startswith is not known"),
        ("equal(salesforce.Type, true)", "no matching overload"),
        ('"text"', "true or false"),
        ("salesforce.Type ==", "at character 19: Syntax error"),
        ("", "Syntax error"),
    ],
)
def test_what_could_mislead_is_refused_when_it_is_loaded(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        compile_condition(text)


def test_a_condition_tells_its_source_and_the_fields_that_it_names() -> None:
    condition = compile_condition('salesforce.Type == "x" && xero.Balances.Other == null')
    assert condition.source == 'salesforce.Type == "x" && xero.Balances.Other == null'
    assert condition.fields(System.SALESFORCE) == {"Type"}
    assert condition.fields(System.XERO) == {"Balances"}

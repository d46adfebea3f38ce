"""The fields that an expression names, found without being misled by its texts and comments."""

from app.mapping.expression_words import named_fields
from app.mapping.values import System


def test_the_fields_of_both_systems_are_found() -> None:
    named = named_fields('salesforce.Type == "C" && xero . Name == salesforce.Name')
    assert named == {System.SALESFORCE: {"Type", "Name"}, System.XERO: {"Name"}}


def test_only_the_top_level_field_counts() -> None:
    assert named_fields("xero.Balances.AccountsReceivable == null")[System.XERO] == {"Balances"}


def test_names_in_texts_and_comments_do_not_count() -> None:
    expression = """salesforce.A == "xero.B 'salesforce.C" || salesforce.A == 'it\\'s xero.D' // xero.E"""
    assert named_fields(expression) == {System.SALESFORCE: {"A"}, System.XERO: frozenset()}


def test_digits_within_names_and_texts_are_no_numbers() -> None:
    assert named_fields('salesforce.Line2__c == "2"')[System.SALESFORCE] == {"Line2__c"}

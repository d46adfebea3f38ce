"""The file of settings says what it was given, whatever that is."""

from io import StringIO

from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from app.cli.init.env_file import text, unknown

LETTERS = st.characters(codec="utf-8", exclude_characters="\r\x00")


@given(st.text(LETTERS, min_size=1))
def test_any_value_is_read_as_it_was_written(value: str) -> None:
    found = dotenv_values(stream=StringIO(text({"PUBLIC_URL": value, "LOG_LEVEL": "info"})), interpolate=False)
    assert found == {"PUBLIC_URL": value, "LOG_LEVEL": "info"}


def test_each_setting_stands_under_what_it_means_and_blank_ones_are_left_out() -> None:
    content = text({"PORT": "8000", "XERO__MAIN__TENANT_ID": "t", "HOST": ""})
    assert "\n# Port that the web process listens on\nPORT=8000\n" in content
    assert "\n# Tenant id of the organisation\nXERO__MAIN__TENANT_ID=t\n" in content
    assert "HOST" not in content


def test_what_is_no_setting_is_known() -> None:
    known = ["PORT", "XERO__NZ__CLIENT_ID", "SALESFORCE__MY_ORG__URL"]
    strange = ["port", "POTR", "XERO__NZ__CLIENT", "SALESFORCE__URL", "XERO", "SALESFORCE", "XERO__NZ", ""]
    assert unknown(dict.fromkeys([*known, *strange], "x")) == strange

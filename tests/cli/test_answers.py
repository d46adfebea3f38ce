"""What commands print is what was said, to the letter."""

import pytest

from app.cli.answers import Told, tell


def test_words_of_customers_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    line = "'Joe [red]Ltd[/red] [/old] :star: conflict:Phone:Phones.DEFAULT net [/30]'"
    tell(Told({}, [line]), as_json=False)
    assert capsys.readouterr().out == f"{line}\n"

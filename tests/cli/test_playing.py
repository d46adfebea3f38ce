"""The lines for playing by hand are the same wherever they are shown."""

from pathlib import Path

from app.cli.demo.playing import as_bookkeeper, as_salesperson

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_shows_the_lines_that_the_demo_prints() -> None:
    text = README.read_text(encoding="utf-8")

    assert as_salesperson("http://127.0.0.1:8010") in text
    assert as_bookkeeper("http://127.0.0.1:8020") in text

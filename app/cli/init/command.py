"""The command `crossbook init`."""

import contextlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app.cli.answers import AsJson, print_answer
from app.cli.init import env_file
from app.cli.init.questions import QUESTIONS, SALESFORCE, XERO, Question, default, drawn, redirects
from app.cli.new_file import new_file
from app.errors import ConfigurationError
from app.settings import Settings, problems

SETTINGS_FILE, SCHEMA = Path(".env"), Path("sync-file.schema.json")


class Template(StrEnum):
    """The sync files to begin with."""

    ACCOUNTS = "accounts"
    PEOPLE = "people"


Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting, which is then not asked for; as often as needed."),
]
Quiet = Annotated[bool, typer.Option("--no-questions", help="Ask nothing: what is not --set stays empty.")]
Which = Annotated[Template, typer.Option(help="accounts: companies. people: Salesforce contacts and person accounts.")]


def init(
    *, given: Given = None, template: Which = Template.ACCOUNTS, quiet: Quiet = False, as_json: AsJson = False
) -> None:
    """Ask for what Crossbook must know and write .env and the first sync file; nothing is overwritten."""
    told = _told(given or ())
    _refuse_what_is_there(template)
    answers = told if quiet else _asked(told)
    settings = {**drawn(answers), **redirects(answers), **answers}
    _check(settings)
    written = _write(settings, template)
    print_answer({"written": [str(path) for path in written]}, _lines(settings, written), as_json=as_json)


def _told(given: Sequence[str]) -> dict[str, str]:
    """What was said with --set. Raises `ConfigurationError`."""
    pairs = dict(each.partition("=")[::2] for each in given)
    if unknown := env_file.unknown(pairs):
        raise ConfigurationError(f"{', '.join(unknown)}: no such setting; .env.example lists them all")
    return pairs


def _refuse_what_is_there(template: Template) -> None:
    for path in (SETTINGS_FILE, _sync_file(template)):
        if path.exists():
            raise ConfigurationError(
                f"{path} is there already and is not overwritten; crossbook check tells what is missing"
            )


def _asked(told: Mapping[str, str]) -> dict[str, str]:
    """The answers to all that was not told and is needed. An empty answer leaves a setting as it is by default."""
    answers = dict(told)
    for question in QUESTIONS:
        if question.setting not in answers and question.only(answers):
            answers[question.setting] = typer.prompt(
                question.words,
                default=default(question.setting),
                hide_input=question.secret,
                value_proc=partial(_taken, question),
                err=True,
            )
    return answers


def _taken(question: Question, answer: str) -> str:
    """An answer that its setting takes. Raises `BadParameter`, upon which the question is asked again.

    Settings that are still missing are no fault of the answer.
    """
    path = _path(question.setting)
    try:
        Settings.model_validate(_nested({path: answer} if answer else {}))
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False):
            if each["loc"] == path:
                raise typer.BadParameter(each["msg"]) from None
    return answer


def _check(settings: Mapping[str, str]) -> None:
    """Raise `ConfigurationError` where the settings could not be used."""
    filled = {_path(name): value for name, value in settings.items() if value}
    try:
        Settings.model_validate(_nested(filled))
    except ValidationError as error:
        raise problems(error) from None


def _path(name: str) -> tuple[str, ...]:
    return tuple(name.lower().split("__"))


def _nested(by_path: Mapping[tuple[str, ...], str]) -> dict[str, object]:
    """Settings as their models hold them: what begins alike lies in one."""
    nested = dict[str, object]()
    for first in dict.fromkeys(path[0] for path in by_path):
        inner = {path[1:]: value for path, value in by_path.items() if path[0] == first}
        nested[first] = inner[()] if () in inner else _nested(inner)
    return nested


def _write(settings: Mapping[str, str], template: Template) -> list[Path]:
    """Write what can be used: a sync file needs both connections."""
    with new_file(SETTINGS_FILE, overwrite=False) as env:
        env.write(env_file.text(settings).encode())
    if not (settings.get(f"{SALESFORCE}URL") and settings.get(f"{XERO}CLIENT_ID")):
        return [SETTINGS_FILE]
    path, package = _sync_file(template), files("app.mapping")
    path.parent.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(package.joinpath("templates", path.name).read_text(encoding="utf-8"))
    with contextlib.suppress(FileExistsError), SCHEMA.open("x", encoding="utf-8") as file:
        file.write(package.joinpath(SCHEMA.name).read_text(encoding="utf-8"))
    return [SETTINGS_FILE, path]


def _sync_file(template: Template) -> Path:
    return Path("syncs") / f"{template}.yaml"


def _lines(settings: Mapping[str, str], written: Sequence[Path]) -> Sequence[str]:
    """What was written, and what comes next."""
    steps = [
        f"look through {written[-1]} and strike out the fields that you do not have" if len(written) > 1 else "",
        "crossbook connect salesforce main" if settings.get(f"{SALESFORCE}GRANT") == "authorization_code" else "",
        "crossbook connect xero main, where it is no custom connection" if settings.get(f"{XERO}CLIENT_ID") else "",
        "crossbook run, which keeps everything running; crossbook webhooks tells what to register at the vendors",
        "crossbook check, which says what is still missing",
    ]
    numbered = [f"  {number}. {step}" for number, step in enumerate(filter(None, steps), start=1)]
    return [f"written: {', '.join(map(str, written))}", "next:", *numbered]

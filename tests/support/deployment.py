"""What the files of `deploy/` say, read as simply as they are written."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
COMPOSE = DEPLOY / "compose.yaml"
UNITS = tuple(sorted((DEPLOY / "systemd").iterdir()))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the Dockerfile: its instructions in their order."""

    instructions: Sequence[tuple[str, str]]

    def all(self, instruction: str) -> list[str]:
        """What follows each such instruction."""
        return [rest for name, rest in self.instructions if name == instruction]

    def one(self, instruction: str) -> str:
        """What follows the only such instruction."""
        (rest,) = self.all(instruction)
        return rest

    def words(self, instruction: str) -> list[str]:
        """What follows the only such instruction, which is written as a list."""
        words: list[str] = json.loads(self.one(instruction))
        return words

    @property
    def variables(self) -> Mapping[str, str]:
        """What it sets in the environment."""
        pairs = (pair.partition("=") for rest in self.all("ENV") for pair in shlex.split(rest))
        return {name: value for name, _, value in pairs}

    @property
    def copied(self) -> list[str]:
        """What it copies out of the repository."""
        lines = (rest.split() for rest in self.all("COPY") if not rest.startswith("--from"))
        return [source for line in lines for source in line[:-1]]

    @property
    def health_check(self) -> list[str]:
        """The command that asks for its health."""
        words: list[str] = json.loads(self.one("HEALTHCHECK").partition(" CMD ")[2])
        return words


def stages() -> tuple[Stage, ...]:
    """The stages of the Dockerfile."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    instructions = [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]
    begins = [at for at, (name, _) in enumerate(instructions) if name == "FROM"]
    ends = [*begins[1:], len(instructions)]
    return tuple(Stage(instructions[begin:end]) for begin, end in zip(begins, ends, strict=True))


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit, its directives in their order."""

    directives: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        return [value for directive, value in self.directives if directive == name]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value


def unit(name: str) -> Unit:
    """The unit in the file `name`."""
    lines = (DEPLOY / "systemd" / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return Unit([(directive, value) for directive, _, value in pairs])


def compose() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    """The compose file."""
    document: Mapping[str, Mapping[str, Mapping[str, object]]] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return document


def service_variables() -> Iterator[tuple[str, str, str]]:
    """Every service, variable and value that the compose file sets."""
    for service, said in compose()["services"].items():
        environment = said.get("environment", {})
        assert isinstance(environment, dict)
        for name, value in environment.items():
            yield service, str(name), str(value)


def seconds(span: str) -> float:
    """A span such as `90` or `15s`."""
    return float(span.removesuffix("s"))

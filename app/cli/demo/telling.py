"""How the demo is told: a line as each thing happens, and how to go on by hand."""

from rich.console import Console
from rich.markup import escape

from app.cli.answers import console
from app.cli.demo.playing import as_bookkeeper, as_operator, as_salesperson
from app.cli.demo.stage import Stage
from app.cli.demo.story import Step


class Teller:
    """Prints to the terminal, or nothing at all when `silent`."""

    def __init__(self, *, silent: bool) -> None:
        self._console = Console(quiet=True) if silent else console()

    def setting_the_stage(self) -> None:
        self._console.print("Starting Valkey, a simulated Salesforce and Xero, and Crossbook ...")

    def ready(self, built: Stage) -> None:
        """Say where everything is."""
        ports = built.ports
        for name, url in (("Crossbook", ports.web_url), ("Salesforce", ports.salesforce_url), ("Xero", ports.xero_url)):
            self._console.print(f"  {name:<11} {url}")
        self._console.print(f"  {'Logs, data':<11} {built.folder}\n")

    def step(self, number: int, step: Step) -> None:
        """Say what happened and how long it took from the person's click."""
        verdict = "[green]yes[/]" if step.came_true else "[red]no [/]"
        seconds = "" if step.seconds is None else f" [bold]{step.seconds:.2f} s[/]"
        self._console.print(f"{number}  {verdict}  {escape(step.title)}{seconds}")
        self._console.print(f"        [dim]{escape(step.told)}[/]")

    def playground(self, built: Stage) -> None:
        """Say how to go on by hand."""
        self._console.print("\n[bold]Everything stays up until Ctrl-C.[/] Play the salesperson in another terminal:\n")
        self._console.print(escape(as_salesperson(built.ports.salesforce_url)))
        self._console.print("or the bookkeeper:\n")
        self._console.print(escape(as_bookkeeper(built.ports.xero_url)))
        self._console.print("Then ask Crossbook what it did, and why:\n")
        self._console.print(escape(as_operator(built.folder)))

    def goodbye(self) -> None:
        self._console.print("\nStopping.")

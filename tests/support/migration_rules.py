"""What a migration may do while the release before it is still at work: see docs/decisions/expand-then-contract.md."""

import ast
from collections.abc import Iterator


def faults(source: str) -> list[str]:
    """What in a migration would lock others out, or break the code of the release before."""
    module = ast.parse(source)
    told = dict(_assigned(module))
    calls = list(_operations(module))
    made = {_text(call.args[0]) for name, call in calls if name == "create_table"}
    if "contracts" in told:
        return [] if told["contracts"] else ["`contracts` says since which release nothing reads it"]
    found = [fault for name, call in calls for fault in _faults(name, call, made, beside=bool(told.get("beside")))]
    if told.get("beside") and {name for name, _ in calls} - {"create_index", "drop_index"}:
        found.append("what runs `beside` is in no transaction: it builds an index and does nothing else")
    return found


def _faults(name: str, call: ast.Call, made: set[str], *, beside: bool) -> Iterator[str]:
    if name == "add_column":
        column = call.args[1]
        options = _options(column) if isinstance(column, ast.Call) else {}
        if options.get("nullable") is False and "server_default" not in options:
            yield "a new column that must not be null needs a server_default: older code does not fill it"
    elif name == "create_index":
        if _text(call.args[1]) not in made and not (beside and _options(call).get("postgresql_concurrently")):
            yield "an index of a table that is there needs `beside = True` and postgresql_concurrently=True"
    elif name == "drop_index":
        if not (beside and _options(call).get("postgresql_concurrently") and _options(call).get("if_exists")):
            yield "an index is dropped only to build it again, if_exists and postgresql_concurrently"
    elif name != "create_table":
        yield f"op.{name} may lock others out or break older code; what older code no longer needs `contracts`"


def _operations(module: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call of alembic's `op`, by its name."""
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="op"), attr=name)):
                yield name, node


def _options(call: ast.Call) -> dict[str, object]:
    """The named arguments, the plain ones by their values."""
    named = ((each.arg or "", each.value) for each in call.keywords)
    return {name: value.value if isinstance(value, ast.Constant) else value for name, value in named}


def _assigned(module: ast.Module) -> Iterator[tuple[str, object]]:
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _text(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""

"""The rules of the house, read out of the source: who may import whom, and what may come out of the air where.

Rules: `docs/house.md`. A rule that turns out wrong is changed here, with its reason, never worked around.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("openbadge", "verifier", "issuer", "microcred")
DATA_FOLDERS = {"contexts": {"openbadge/contexts.py"}, "templates": {"issuer/template.py"}}
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 50

OPENBADGE_LIBRARIES = {"cryptography", "nacl", "jsonschema_rs", "defusedxml"}
RDF_LIBRARIES = {"pyld", "pyoxigraph"}
WEB_LIBRARIES = {"fastapi", "starlette", "uvicorn"}
NETWORK = {"socket", "ssl", "http.client", "urllib.request", "httpx", "requests", "asyncio"}
CLOCK_AND_CHANCE = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.monotonic",
    "os.urandom", "uuid.uuid1", "uuid.uuid4", "uuid.uuid7",
}  # fmt: skip
CHANCE_MODULES = {"secrets", "random"}
PRIVATE_KEY_NAMES = {
    "Ed25519PrivateKey", "EllipticCurvePrivateKey", "RSAPrivateKey", "X25519PrivateKey", "PrivateFormat",
    "load_pem_private_key", "load_der_private_key", "load_ssh_private_key", "generate_private_key",
    "derive_private_key",
}  # fmt: skip


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of the product by its path from the root."""
    files = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in files}


def modules(*prefixes: str) -> dict[str, ast.Module]:
    return {path: tree for path, tree in sources().items() if path.startswith(prefixes)}


def imports(tree: ast.Module) -> Iterator[str]:
    """Full dotted names that a module imports, at any depth of its code; `from a import b` gives `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def matches(name: str, targets: set[str]) -> bool:
    return any(name == target or name.startswith(target + ".") for target in targets)


def importers(targets: set[str], *prefixes: str) -> set[str]:
    """The modules under `prefixes` that import one of `targets` or something inside it."""
    found = modules(*prefixes).items()
    return {path for path, tree in found if any(matches(name, targets) for name in imports(tree))}


def names(tree: ast.Module) -> Iterator[str]:
    """Every identifier and every dotted `x.y` that a module mentions outside of texts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
            if isinstance(node.value, ast.Name):
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.alias):
            yield node.name


def mentioners(wanted: set[str], *prefixes: str) -> set[str]:
    return {path for path, tree in modules(*prefixes).items() if not wanted.isdisjoint(names(tree))}


def test_there_is_something_to_check():
    assert all(modules(f"{package}/") for package in PACKAGES)


def test_openbadge_imports_the_standard_library_and_few_others():
    allowed = set(sys.stdlib_module_names) | OPENBADGE_LIBRARIES | RDF_LIBRARIES | {"openbadge"}
    for path, tree in modules("openbadge/").items():
        strangers = {name.partition(".")[0] for name in imports(tree)} - allowed
        assert not strangers, f"{path} imports {strangers}"


def test_only_canon_knows_the_rdf_libraries():
    assert importers(RDF_LIBRARIES, *PACKAGES) == {"openbadge/canon.py"}


def test_only_one_module_knows_the_job_engine():
    assert importers({"dbos"}, *PACKAGES) == {"issuer/jobs/engine.py"}


def test_openbadge_touches_no_network_and_no_database():
    assert not importers(NETWORK | {"sqlalchemy", "sqlite3", "subprocess"}, "openbadge/")


def test_directions():
    assert not importers({"verifier", "issuer", "microcred"}, "openbadge/")
    assert not importers({"issuer", "microcred", "sqlalchemy", "alembic", "sqlite3"}, "verifier/")
    assert not importers({"microcred"}, "issuer/")


def test_the_issuer_uses_the_verifier_only_to_prove_itself():
    assert importers({"verifier"}, "issuer/") <= {"issuer/lint.py", "issuer/compile.py"}


def test_the_web_stays_in_its_rooms():
    found = importers(WEB_LIBRARIES, "openbadge/", "verifier/", "issuer/")
    assert {path for path in found if "/web/" not in path} == set()


def test_the_network_stays_in_its_room():
    found = importers(NETWORK - {"asyncio"}, "verifier/", "issuer/")
    outside = {path for path in found if not path.startswith("verifier/fetch/")}
    assert outside == set()


def test_private_keys_are_named_in_one_place():
    found = mentioners(PRIVATE_KEY_NAMES, *PACKAGES)
    assert {path for path in found if not path.startswith("issuer/keys")} == set()


def test_the_environment_is_read_by_settings():
    found = mentioners({"os.environ", "os.getenv", "environ", "getenv"}, "openbadge/", "verifier/", "issuer/")
    assert {path for path in found if Path(path).name != "settings.py"} == set()


def test_clock_and_chance_are_arguments():
    found = mentioners(CLOCK_AND_CHANCE, "openbadge/", "verifier/", "issuer/")
    found |= importers(CHANCE_MODULES, "openbadge/", "verifier/", "issuer/")
    assert found <= {"verifier/__main__.py"}  # the verifier deployed alone: it takes the place of `microcred`


def test_pillow_never_touches_what_comes_in():
    assert not importers({"PIL"}, "openbadge/", "verifier/")


@pytest.mark.parametrize("folder", DATA_FOLDERS)
def test_data_folders_hold_no_code_and_have_one_reader(folder):
    assert not list((ROOT / folder).rglob("*.py"))
    mention = {
        path
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in (folder, f"{folder}/", f"_{folder}")
    }
    # Pages have a folder `templates` of their own beside them.
    readers = {path for path in mention if opens_files(sources()[path]) and "/web/" not in path}
    assert readers <= DATA_FOLDERS[folder]


def opens_files(tree: ast.Module) -> bool:
    return not {"Path", "open", "read_bytes", "read_text", "files"}.isdisjoint(names(tree))


def start(program: str, *blocked: str) -> subprocess.CompletedProcess[str]:
    """Run `program` in a fresh interpreter in which the modules `blocked` cannot be imported."""
    guard = f"import sys\nfor name in {blocked!r}: sys.modules[name] = None\n"
    return subprocess.run(
        [sys.executable, "-c", guard + program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def everything(*prefixes: str) -> str:
    found = sorted(path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in modules(*prefixes))
    return "".join(f"import {name}\n" for name in found if not name.endswith("__main__"))


def test_the_verifier_starts_without_issuer_and_database():
    result = start(everything("verifier/"), "issuer", "microcred", "sqlalchemy", "alembic", "sqlite3")
    assert result.returncode == 0, result.stderr


def test_openbadge_starts_without_anything_else():
    blocked = ("issuer", "verifier", "microcred", "sqlalchemy", "fastapi", "starlette", "PIL", "sqlite3")
    result = start(everything("openbadge/"), *blocked)
    assert result.returncode == 0, result.stderr


def test_a_blocked_module_does_stop_the_start():
    assert start("import openbadge.canon\n", "pyld").returncode != 0


@pytest.mark.parametrize("path", sorted(sources()))
def test_sizes(path):
    lines = (ROOT / path).read_text("utf-8").count("\n")
    assert lines <= MAX_FILE_LINES
    for node in ast.walk(sources()[path]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{node.name} has {length} lines"


def undocumented(tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree):
        yield "the module"
    for owner in (tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))):
        if isinstance(owner, ast.ClassDef) and owner.name.startswith("_"):
            continue
        for node in owner.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                overrides = any(isinstance(mark, ast.Name) and mark.id == "override" for mark in node.decorator_list)
                if not node.name.startswith("_") and not overrides and not ast.get_docstring(node):
                    yield f"{node.name} in line {node.lineno}"


@pytest.mark.parametrize("path", sorted(modules("openbadge/", "verifier/")))
def test_public_names_have_a_docstring(path):
    assert list(undocumented(sources()[path])) == []

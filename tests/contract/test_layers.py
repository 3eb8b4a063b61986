"""The order of the modules, and the size that each may have, read from the source itself."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from microfem.physics import PHYSICS
from support.repository import SOURCE, TESTS, name_of

# Highest first. A module imports from layers below its own, and from its own package; there is no exception.
LAYERS = (
    ("cli", "api"),
    ("optimise",),
    ("run",),
    ("report",),
    ("cad",),
    ("render", "export"),
    ("results",),
    ("solve",),
    ("study",),
    ("metrics",),
    ("dic",),
    ("physics",),
    ("electrochemistry",),
    ("families", "fem"),
    ("mesh", "fabrication", "drawings"),
    ("layout",),
    ("materials", "literature"),
    ("base",),
)
# The same within fem.
FEM = (
    ("rolling", "thickness"),
    ("finite_strain", "potential", "rods", "shells", "shape_derivatives"),
    ("level_sets",),
    ("error_estimates",),
    ("plasticity",),
    ("linear_elasticity", "cell"),
    ("solvers",),
    ("tensors",),
    ("space", "field_set"),
    ("edges",),
    ("compiled",),
)
FEM_RANK = {name: rank for rank, layer in enumerate(FEM) for name in layer}
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
SLOW = (
    "gmsh",
    "matplotlib",
    "meshio",
    "pypardiso",
    "pyvista",
    "scipy",
    "skfem",
    "vtk",
    "vtkmodules",
    "h5py",
    "trame",
    "aiohttp",
    "optuna",
    "dask",
    "distributed",
    "dask_jobqueue",
    "cmaes",
    "SALib",
    "pyarrow",
    "pandas",
    "gdstk",
    "ezdxf",
)
NUMERICAL = ("fem", "mesh", "electrochemistry")  # where slow modules may be imported with the module itself
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE, LONGEST_BODY = 320, 50

Function = ast.FunctionDef | ast.AsyncFunctionDef


def unit_of(path: Path) -> str:
    """Return the module or package that a file belongs to in the order of layers."""
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and full name of all that is imported, inside functions and for type checking too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write imports in full"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def at_import_time(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the statements that run when a module is imported."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, Function) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            continue
        yield node
        todo += ast.iter_child_nodes(node)


def upward(unit: str, tree: ast.AST) -> list[str]:
    """Return the imports of a module that do not go down."""
    found = []
    for line, name in imports(tree):
        package, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if package == "microfem" and other != unit and not RANK[unit] < RANK[other]:
            found.append(f"line {line}: {unit} imports {name}")
    return found


def slow(tree: ast.Module) -> list[str]:
    """Return the slow modules that come with a module."""
    nodes = (node for node in at_import_time(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    found = [name for node in nodes for _, name in imports(node)]
    return sorted({name.split(".")[0] for name in found} & set(SLOW))


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """Count a function's lines without its signature, which for a family is its schema."""
    return (function.end_lineno or function.lineno) - function.body[0].lineno + 1


def test_layers_name_every_module() -> None:
    found = {unit_of(path) for path in FILES} - {"__init__", "__main__"}
    assert found == set(RANK)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_down(path: Path) -> None:
    if unit_of(path) not in ("__init__", "__main__"):
        assert upward(unit_of(path), ast.parse(path.read_text())) == []


@pytest.mark.parametrize("path", [path for path in FILES if unit_of(path) == "fem"], ids=name_of)
def test_imports_go_down_within_fem(path: Path) -> None:
    own = path.relative_to(SOURCE / "fem").with_suffix("").parts[0]
    if own != "__init__":
        parts = [name.split(".") for _, name in imports(ast.parse(path.read_text()))]
        others = [one[2] for one in parts if one[:2] == ["microfem", "fem"]]
        assert [one for one in others if one != own and FEM_RANK[one] <= FEM_RANK[own]] == []


def module_of(path: Path) -> str:
    """Return the full name of a module from its file."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def graph() -> dict[str, set[str]]:
    """Return the modules of microfem that each one imports, anywhere in its text."""
    modules = {module_of(path): path for path in FILES}
    found = {}
    for name, path in modules.items():
        wanted = {full for _, full in imports(ast.parse(path.read_text()))}
        known = {one if one in modules else one.rpartition(".")[0] for one in wanted}
        found[name] = (known & set(modules)) - {name}
    return found


def test_no_modules_import_each_other() -> None:
    """Also within packages, inside functions and for type checking; a circle is named by its modules."""
    assert len(tuple(TopologicalSorter(graph()).static_order())) == len(FILES)


def test_a_circle_is_found() -> None:
    """Negative control: the first layer imports the last."""
    circular = {**graph(), "microfem.base.errors": {"microfem.cli.main"}}
    with pytest.raises(CycleError, match="cycle"):
        tuple(TopologicalSorter(circular).static_order())


def named(tree: ast.AST, names: Collection[str]) -> list[str]:
    """Return the texts of a module that are one of some names."""
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in names]


@pytest.mark.parametrize("path", [p for p in FILES if unit_of(p) in ("render", "report", "results")], ids=name_of)
def test_who_shows_results_knows_no_physics_by_name(path: Path) -> None:
    assert named(ast.parse(path.read_text()), PHYSICS.names()) == []


def test_a_physics_that_is_named_is_found() -> None:
    """Negative control."""
    assert named(ast.parse("if about['physics'] == 'bridges': pass"), PHYSICS.names()) == ["bridges"]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_slow_modules_are_imported_where_they_are_used(path: Path) -> None:
    if unit_of(path) not in NUMERICAL:
        assert slow(ast.parse(path.read_text())) == []


def test_one_module_knows_gmsh() -> None:
    knows = [
        path for path in FILES if any(name.split(".")[0] == "gmsh" for _, name in imports(ast.parse(path.read_text())))
    ]
    assert [name_of(path) for path in knows] == ["src/microfem/mesh/plan.py"]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    long = [
        f"{one.name}: {lines} lines" for one in functions(ast.parse(text)) if (lines := body_lines(one)) > LONGEST_BODY
    ]
    assert long == []


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=name_of)
def test_every_test_is_collected_and_asserts(path: Path) -> None:
    tree = ast.parse(path.read_text())
    tests = [one for one in functions(tree) if one.name.startswith("test_")]
    assert bool(tests) == path.name.startswith("test_"), "tests stand in test_*.py, helpers elsewhere"
    names = [one.name for one in tests]
    assert len(names) == len(set(names)), "a test that is defined again is never run"
    assert [one.name for one in tests if not _can_fail(one, tree)] == []


def shared(tree: ast.Module) -> Iterator[ast.Module]:
    """Yield the modules of `support` of which a test file imports functions."""
    for module in {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}:
        if module.startswith("support."):
            yield ast.parse((TESTS / module.replace(".", "/")).with_suffix(".py").read_text())


def _can_fail(test: Function, tree: ast.Module) -> bool:
    """Tell whether a test asserts, expects an exception, or calls a helper that does, of its file or of `support`."""
    helpers = {one.name: one for each in (*shared(tree), tree) for one in functions(each)
               if not one.name.startswith("test_")}  # fmt: skip
    called = [node.func.id for node in ast.walk(test) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    bodies = [test, *(helpers[name] for name in called if name in helpers)]
    return any(isinstance(node, ast.Assert) or "pytest.raises" in ast.unparse(node)
               for body in bodies for node in ast.walk(body) if isinstance(node, ast.Assert | ast.With))  # fmt: skip


def test_guards_see_what_they_guard_against() -> None:
    lifted = ast.parse("def f():\n    from microfem.run.design import run_design\n")
    assert upward("fem", lifted) == ["line 2: fem imports microfem.run.design.run_design"]
    assert upward("families", ast.parse("from microfem.fem.space import Space")) != []
    assert upward("cli", lifted) == []
    assert slow(ast.parse("class A:\n    import scipy.sparse")) == ["scipy"]
    assert slow(ast.parse("class A:\n    def f(self):\n        import scipy")) == []
    assert slow(ast.parse("if TYPE_CHECKING:\n    import scipy\ndef f():\n    import gmsh")) == []
    idle = ast.parse("def test_a():\n    print(1)")
    assert not _can_fail(next(functions(idle)), idle)

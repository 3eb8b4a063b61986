"""Finite elements for microelectrode layouts: from one YAML study to fields, numbers with errors and pictures.

The public names, each imported when it is first used, so that `import microfem` costs nothing. Each family is a
function of its name, whose parameters are quantities, or numbers in the units of its page:

    layout = microfem.interdigital(gap="100 um")
    solved = microfem.solve_case(layout, {"physics": "conduction", "terminals": {...}}, "resistance")

    results = microfem.load("study.yaml").run()
    table = results.to_dataframe()
"""

from importlib import import_module

_HOME = {
    "load": "api.loaded",
    "LoadedStudy": "api.loaded",
    "Searched": "api.searched",
    "load_geometry": "study.design",
    "Study": "study.records",
    "Design": "study.design",
    "solve_case": "run.solve_case",
    "SolvedLayout": "run.solve_case",
    "Value": "metrics",
    "open_results": "results.opened",
    "Results": "results.opened",
    "SavedCase": "results.opened",
    "Summary": "results.summary",
    "write_mesh": "export",
    "build_mesh": "mesh",
    "Layout": "layout",
    "Mesh": "mesh",
    "Solution": "physics",
    "MicrofemError": "base.errors",
    "InputError": "base.errors",
    "LayoutError": "base.errors",
    "MeshError": "base.errors",
    "SolveError": "base.errors",
    "ChildError": "base.errors",
    "WriteError": "base.errors",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    """Import a public name from its home, return the function of a family, or read the installed version."""
    if name == "__version__":
        return import_module("importlib.metadata").version("microfem")
    if name in _HOME:
        return getattr(import_module(f"microfem.{_HOME[name]}"), name)
    if not name.startswith("_") and name in (known := _families().names()):
        return import_module("microfem.api.families").family_function(name)
    hint = "" if name.startswith("_") else import_module("microfem.base.registry").did_you_mean(name, [*_HOME, *known])
    raise AttributeError(f"module 'microfem' has no attribute '{name}'{hint}")


def __dir__() -> list[str]:
    """Return the public names and those of the families, for the Tab key."""
    return sorted([*globals(), *_HOME, *_families().names(), "__version__"])


def _families():  # type: ignore[no-untyped-def]  # its type would be imported with this module
    return import_module("microfem.families").FAMILIES

"""Finite elements for microelectrode layouts: from one YAML study to fields, numbers with errors and pictures.

The public names, each imported when it is first used, so that `import microfem` costs nothing:

    layout = microfem.build_layout("interdigital", {"gap": 100.0})
    solved = microfem.solve_case(layout, {"physics": "conduction", "terminals": {...}}, "resistance")

    summary = microfem.run_study(microfem.load_study("study.yaml"), "results")
    table = summary.to_dataframe()
"""

from importlib import import_module

_HOME = {
    "load_study": "study.reader",
    "load_geometry": "study.design",
    "Study": "study.records",
    "Design": "study.design",
    "run_study": "run.study",
    "run_design": "run.design",
    "solve_case": "run.solve_case",
    "SolvedLayout": "run.solve_case",
    "Value": "metrics",
    "open_results": "results.opened",
    "Results": "results.opened",
    "SavedCase": "results.opened",
    "Summary": "results.summary",
    "write_mesh": "export",
    "build_layout": "families",
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
    """Import a public name from its home, or read the version of the installed package."""
    if name == "__version__":
        return import_module("importlib.metadata").version("microfem")
    if name not in _HOME:
        raise AttributeError(f"module 'microfem' has no attribute '{name}'")
    return getattr(import_module(f"microfem.{_HOME[name]}"), name)

"""NGSolve: its direct solvers and its preconditioners, with TaskManager where there is more than one thread."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import ngsolve as ng
from netgen.meshing import FaceDescriptor
from netgen.meshing import Mesh as NetgenMesh

from benchmarks.meshes import Arrays
from benchmarks.problems import POISSON, REGIONS, SIDE, Problem

LAMBDA, MU = POISSON / (1.0 + POISSON) / (1.0 - 2.0 * POISSON), 0.5 / (1.0 + POISSON)  # for a modulus of one
DIRECT = ("sparsecholesky", "umfpack")
PRECONDITIONERS = {"bddc_amg": ("bddc", {"coarsetype": "h1amg"})}  # others go by their own name, without options


class Engine:
    """A box in NGSolve; the variant names the direct solver or the preconditioner of conjugate gradients."""

    def __init__(self, mesh: Arrays, problem: Problem, variant: str, threads: int) -> None:
        self.problem, self.variant = problem, variant
        ng.SetNumThreads(threads)
        self.tasks = ng.TaskManager if threads > 1 else nullcontext
        with self.tasks():
            self.mesh = ng.Mesh(points=_netgen(mesh, problem))
        self.form: Any = None

    def solve(self, values: Sequence[float]) -> float:
        """Return conductance or force."""
        with self.tasks():
            if self.form is None:
                self._set_up()
            for parameter, value in zip(self.values.values(), values, strict=True):
                parameter.Set(value)
            self.form.Assemble()
            return self._solve()

    def _set_up(self) -> None:
        """Make space, form and preconditioner. P2 tetrahedra have no inner unknowns that could be condensed."""
        self.values = {name: ng.Parameter(0.0) for name in REGIONS}
        c = self.mesh.MaterialCF(self.values)
        options = {"order": self.problem.order, "dirichlet": "low|high"}
        if self.variant.startswith("bddc"):
            options["wb_withedges"] = False  # vertices alone are the coarse space: several times faster
        if self.problem.physics == "conduction":
            where = self.mesh.Materials("electrolyte|electrode|collector")
            space = ng.H1(self.mesh, definedon=where, **options)
            u, v = space.TnT()
            integrand, high = c * ng.grad(u) * ng.grad(v), 1.0
        else:
            multigrid = self.variant == "multigrid"  # it needs a P1 level, which only the first kind of space has
            space = ng.H1(self.mesh, dim=3, **options) if multigrid else ng.VectorH1(self.mesh, **options)
            e, f = (ng.Sym(ng.Grad(one)) for one in space.TnT())
            integrand = c * (LAMBDA * ng.Trace(e) * ng.Trace(f) + 2.0 * MU * ng.InnerProduct(e, f))
            high = (SIDE, 0.0, 0.0)
        self.dofs = space.ndof * space.dim
        self.form = ng.BilinearForm(integrand * ng.dx, symmetric=self.variant in DIRECT)  # half the matrix stored
        if self.variant not in DIRECT:
            kind, flags = PRECONDITIONERS.get(self.variant, (self.variant, {}))
            self.preconditioner = ng.Preconditioner(self.form, kind, **flags)
        self.inverse: Any = None
        self.u = ng.GridFunction(space)
        self.u.Set(high, definedon=self.mesh.Boundaries("high"))

    def _solve(self) -> float:
        matrix, free = self.form.mat, self.u.space.FreeDofs()
        if self.variant not in DIRECT:
            self.inverse = ng.solvers.CGSolver(matrix, self.preconditioner, tol=1e-8, maxiter=20_000)
        elif self.inverse is None:
            self.inverse = matrix.Inverse(free, self.variant)
        else:
            self.inverse.Update()
        right = self.u.vec.CreateVector()
        right.data = -matrix * self.u.vec
        right.data = ng.Projector(free, True) * right
        self.u.vec.data += self.inverse * right
        energy = ng.InnerProduct(self.u.vec, (matrix * self.u.vec).Evaluate())
        return float(energy) / (1.0 if self.problem.physics == "conduction" else SIDE)


def _netgen(mesh: Arrays, problem: Problem) -> NetgenMesh:
    """Return the tetrahedra and, as boundaries `low` and `high`, the faces that are held."""
    made = NetgenMesh(dim=3)
    made.AddPoints(mesh.points)
    for k, name in enumerate(REGIONS, start=1):
        made.AddElements(dim=3, index=k, data=mesh.tets[mesh.of(name)].astype("int32"), base=0)
        made.SetMaterial(k, name)
    if problem.physics == "conduction":
        faces = {"low": mesh.around("terminal_a"), "high": mesh.around("terminal_b")}
    else:
        faces = {"low": mesh.at(0.0), "high": mesh.at(SIDE)}
    for k, (name, vertices) in enumerate(faces.items(), start=1):
        made.Add(FaceDescriptor(surfnr=k, domin=1, domout=0, bc=k))
        made.AddElements(dim=2, index=k, data=vertices.astype("int32"), base=0)
        made.SetBCName(k - 1, name)
    return made

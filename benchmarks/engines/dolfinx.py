"""DOLFINx with PETSc: MUMPS, or conjugate gradients with algebraic multigrid; two processes instead of threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dolfinx_solver  # isort: skip  # noqa: F401 - it loads MPI, which must come before all else
import basix.ufl
import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem import petsc
from dolfinx.mesh import create_mesh
from mpi4py import MPI
from petsc4py import PETSc

from benchmarks.meshes import Arrays
from benchmarks.problems import POISSON, REGIONS, SIDE, Problem

COMM = MPI.COMM_WORLD
FIRST = COMM.rank == 0
LAMBDA, MU = POISSON / (1.0 + POISSON) / (1.0 - 2.0 * POISSON), 0.5 / (1.0 + POISSON)  # for a modulus of one


def total(value: float) -> float:
    """Return the sum of a measure over all processes."""
    return float(COMM.allreduce(value))


class Engine:
    """A box in DOLFINx; variants `mumps` and `gamg`."""

    def __init__(self, mesh: Arrays, problem: Problem, variant: str, threads: int) -> None:  # noqa: ARG002
        self.problem, self.variant = problem, variant
        element = basix.ufl.element("Lagrange", "tetrahedron", 1, shape=(3,))
        tets, points = (np.array_split(one, COMM.size)[COMM.rank] for one in (mesh.tets, mesh.points))
        self.mesh = create_mesh(COMM, tets, element, points)
        self.region = mesh.region[self.mesh.topology.original_cell_index]
        self.solver: Any = None

    def solve(self, values: Sequence[float]) -> float:
        """Return conductance or force."""
        if self.solver is None:
            self._set_up()
        self.c.x.array[self.c.function_space.dofmap.list[:, 0]] = np.array(values)[self.region]
        self.matrix.zeroEntries()
        petsc.assemble_matrix(self.matrix, self.form, bcs=self.given)
        self.matrix.assemble()
        right = petsc.assemble_vector(self.load)
        petsc.apply_lifting(right, [self.form], [self.given])
        right.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
        petsc.set_bc(right, self.given)
        self.solver.solve(right, self.u.x.petsc_vec)
        if self.solver.getConvergedReason() <= 0:
            raise RuntimeError(f"PETSc stopped with reason {self.solver.getConvergedReason()}")
        self.u.x.scatter_forward()
        return total(fem.assemble_scalar(self.energy)) / (1.0 if self.problem.physics == "conduction" else SIDE)

    def _set_up(self) -> None:
        """Make space, forms, matrix and solver."""
        conducts = self.problem.physics == "conduction"
        shape = () if conducts else (3,)
        space = fem.functionspace(self.mesh, ("Lagrange", self.problem.order, shape))
        self.c, self.u = fem.Function(fem.functionspace(self.mesh, ("DG", 0))), fem.Function(space)
        u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
        weak = _conduction if conducts else _elasticity
        self.form = fem.form(weak(self.c, u, v))
        self.energy = fem.form(weak(self.c, self.u, self.u))
        self.load = fem.form(ufl.inner(fem.Constant(self.mesh, np.zeros(shape)), v) * ufl.dx)
        self.given = self._terminals(space) if conducts else self._ends(space)
        self.dofs = space.dofmap.index_map.size_global * space.dofmap.index_map_bs
        self.matrix = petsc.create_matrix(self.form)
        self.solver = _solver(self.variant, self.matrix)
        if not conducts:
            self.matrix.setNearNullSpace(_rigid_motions(space))

    def _terminals(self, space: Any) -> list[Any]:
        self.mesh.topology.create_connectivity(3, 3)
        given = []
        for name, value in (("terminal_a", 0.0), ("terminal_b", 1.0)):
            cells = np.flatnonzero(self.region == REGIONS.index(name)).astype(np.int32)
            given.append(fem.dirichletbc(value, fem.locate_dofs_topological(space, 3, cells), space))
        return given

    def _ends(self, space: Any) -> list[Any]:
        given = []
        for at in (0.0, SIDE):
            dofs = fem.locate_dofs_geometrical(space, lambda x, at=at: np.isclose(x[0], at))
            given.append(fem.dirichletbc(np.array([at, 0.0, 0.0]), dofs, space))
        return given


def _conduction(c: Any, u: Any, v: Any) -> Any:
    return c * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx


def _elasticity(c: Any, u: Any, v: Any) -> Any:
    strain = ufl.sym(ufl.grad(u))
    stress = LAMBDA * ufl.tr(strain) * ufl.Identity(3) + 2.0 * MU * strain
    return c * ufl.inner(stress, ufl.sym(ufl.grad(v))) * ufl.dx


def _solver(variant: str, matrix: Any) -> Any:
    solver = PETSc.KSP().create(COMM)
    solver.setOperators(matrix)
    matrix.setOption(PETSc.Mat.Option.SPD, True)
    if variant == "mumps":
        solver.setType("preonly")
        solver.getPC().setType("cholesky")
        solver.getPC().setFactorSolverType("mumps")
    else:
        solver.setType("cg")
        solver.getPC().setType("gamg")
        solver.setTolerances(rtol=1e-10, atol=0.0, max_it=20_000)
    return solver


def _rigid_motions(space: Any) -> Any:
    """Return the null space that algebraic multigrid needs for elasticity."""
    count = space.dofmap.index_map.size_local
    where = PETSc.Vec().createMPI((3 * count, None), bsize=3, comm=COMM)
    where.array[:] = space.tabulate_dof_coordinates()[:count].ravel()
    return PETSc.NullSpace().createRigidBody(where)

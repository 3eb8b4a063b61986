"""NGSolve: a symbolic energy of displacements of P2 and pressures of P1, one space of these for each material."""

from __future__ import annotations

import ngsolve as ng
from netgen.meshing import FaceDescriptor
from netgen.meshing import Mesh as NetgenMesh

from benchmarks.film import LENGTH, RATIO, SHEAR, STEPS, STRETCH, pressure_vertices
from benchmarks.meshes import Arrays
from microfem.fem.space import quadrature

RESIDUAL = 1e-9  # of the forces at what is held, at which a step ends


class Engine:
    """A film in NGSolve; the variant names the direct solver."""

    def __init__(self, arrays: Arrays, variant: str) -> None:
        self.variant = variant
        self.mesh = ng.Mesh(points=_netgen(arrays))
        self.pressures, self.dofs = int(pressure_vertices(arrays).max()) + 1, 0

    def solve(self) -> tuple[float, int]:
        """Return the force and the iterations of all steps."""
        names = ("substrate", "film")
        spaces = [ng.VectorH1(self.mesh, order=2, dirichlet="low|high")]
        spaces += [ng.Compress(ng.H1(self.mesh, order=1, definedon=self.mesh.Materials(name))) for name in names]
        space = ng.FESpace(spaces)
        free, form = space.FreeDofs(), ng.BilinearForm(space, symmetric=True)
        self.dofs = sum(spaces[0].FreeDofs()) + self.pressures  # not those of faces outside a material
        rule = {ng.TET: ng.IntegrationRule([tuple(p) for p in quadrature(3)], [1.0 / 24.0] * 4)}
        trial = space.TrialFunction()
        gradient = ng.Id(3) + ng.Grad(trial[0])
        volume = ng.Det(gradient)
        for k, (name, mu) in enumerate(zip(names, SHEAR, strict=True)):
            p = trial[1 + k]
            energy = 0.5 * mu * (volume ** (-2.0 / 3.0) * ng.InnerProduct(gradient, gradient) - 3.0)
            energy += p * (volume - 1.0) - p * p / (2.0 * RATIO * mu)
            form += ng.Variation(parameter=energy.Compile() * ng.dx(definedon=self.mesh.Materials(name), intrules=rule))
        return self._walk(space, form, free)

    def _walk(self, space: ng.FESpace, form: ng.BilinearForm, free: ng.BitArray) -> tuple[float, int]:
        """Take the steps, in each of which the first correction moves the end."""
        state, given = ng.GridFunction(space), ng.GridFunction(space)
        r, step = state.vec.CreateVector(), state.vec.CreateVector()
        inner, held = ng.Projector(free, True), ng.Projector(free, False)
        given.components[0].Set(((STRETCH - 1.0) * LENGTH / STEPS, 0, 0), definedon=self.mesh.Boundaries("high"))
        iterations = 0
        for _ in range(STEPS):
            step.data = given.vec
            while True:
                form.AssembleLinearization(state.vec)
                form.Apply(state.vec, r)
                r.data += form.mat * step
                r.data = inner * r
                step.data -= form.mat.Inverse(free, self.variant) * r
                state.vec.data += step
                iterations += 1
                form.Apply(state.vec, r)
                size = float((held * r).Evaluate().Norm())
                if float((inner * r).Evaluate().Norm()) <= RESIDUAL * size:
                    break
                if iterations > 20 * STEPS:
                    raise RuntimeError("no convergence")
                step[:] = 0.0
        form.Apply(state.vec, r)
        return float(ng.InnerProduct(r, given.vec)) / ((STRETCH - 1.0) * LENGTH / STEPS), iterations


def _netgen(arrays: Arrays) -> NetgenMesh:
    made = NetgenMesh(dim=3)
    made.AddPoints(arrays.points)
    for k, name in enumerate(("substrate", "film")):
        made.AddElements(dim=3, index=k + 1, data=arrays.tets[arrays.region == k].astype("int32"), base=0)
        made.SetMaterial(k + 1, name)
    for k, (name, x) in enumerate((("low", 0.0), ("high", LENGTH)), start=1):
        made.Add(FaceDescriptor(surfnr=k, domin=1, domout=0, bc=k))
        made.AddElements(dim=2, index=k, data=arrays.at(x).astype("int32"), base=0)
        made.SetBCName(k - 1, name)
    return made

"""NGSolve: symbolic forms of the same equations, with the potential of the terminal by a bordered system.

The filling of particles is an unknown at each node of the pores. Vertices as quadrature points put reactions and
storage at nodes.
"""

from __future__ import annotations

from typing import Any

import ngsolve as ng
import numpy as np
from netgen.meshing import FaceDescriptor
from netgen.meshing import Mesh as NetgenMesh
from numpy.typing import NDArray

from benchmarks.cells import DISCHARGE, comb_case
from benchmarks.euler import CONVERGED, LENGTH, RATE, STEPS, comb
from microfem.electrochemistry.path import started
from microfem.fem.cell.constants import FLOW, SITE
from microfem.fem.cell.kinetics import Kinetics
from microfem.fem.cell.laws import StateLaw

Floats = NDArray[np.float64]

MOST = 30  # iterations of a step
AT_NODES = {
    ng.TRIG: ng.IntegrationRule([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], [1.0 / 6.0] * 3),
    ng.SEGM: ng.IntegrationRule([(0.0,), (1.0,)], [0.5] * 2),
}


class Engine:
    """A comb in NGSolve; the variant names the direct solver."""

    def __init__(self, size: str, variant: str = "pardiso") -> None:
        self.own, self.model = comb(size)
        self.variant = variant
        self.mesh = ng.Mesh(self._netgen())
        pores = self.mesh.Materials("cathode")
        spaces = [ng.H1(self.mesh, order=1), ng.H1(self.mesh, order=1)]
        spaces += [ng.H1(self.mesh, order=1, definedon=pores) for _ in range(2)]
        self.space = ng.FESpace(spaces)
        self.state, self.before = ng.GridFunction(self.space), ng.GridFunction(self.space)
        self._terminal()
        self.dofs = int(sum(self.free)) + 1
        self.form = self._form()

    def solve(self, steps: int = STEPS) -> tuple[list[float], int]:
        """Return the voltage after each step and the iterations of all."""
        self._start()
        voltages, iterations = list[float](), 0
        for _ in range(steps):
            self.before.vec.data = self.state.vec
            iterations += self._step()
            voltages.append(self.state.components[2].vec[int(self.at_terminal[0])])
        return voltages, iterations

    def _step(self) -> int:
        """Take one step by Newton's method and return its iterations."""
        form, state, one = self.form, self.state.vec, self.terminal.vec
        residual, inner, with_one, correction = (state.CreateVector() for _ in range(4))
        current = RATE * self.model.whole_capacity / 3600.0
        for iteration in range(1, MOST + 1):
            form.AssembleLinearization(state)
            form.Apply(state, residual)
            factors = form.mat.Inverse(self.free, self.variant)
            inner.data = form.mat * one
            with_one.data = one - factors * inner
            correction.data = -(factors * residual)
            rest = ng.InnerProduct(one, residual) + current
            inner.data = form.mat * correction
            rest += ng.InnerProduct(one, inner)
            inner.data = form.mat * with_one
            correction.data -= (rest / ng.InnerProduct(one, inner)) * with_one
            state.data += correction
            if self._size(correction) < CONVERGED:
                return iteration
        raise RuntimeError("no convergence")

    def _size(self, correction: Any) -> float:
        """Return the largest root mean square of the four parts."""
        ends = np.cumsum([one.ndof for one in self.space.components])
        parts = np.split(correction.FV().NumPy(), ends[:-1])
        scales = (self.model.equations.electrolyte.salt.initial, 1.0, 1.0, 1.0)
        return max(float(np.sqrt(np.mean(part**2))) / scale for part, scale in zip(parts, scales, strict=True))

    def _terminal(self) -> None:
        """Mark the nodes of the terminal, whose one potential the bordered system finds."""
        wiring, wet = self.model.wiring, self.model.wet
        self.at_terminal = np.flatnonzero(wiring.number["cathode"][wet] == wiring.terminals["cathode"])
        self.free, first = ng.BitArray(self.space.FreeDofs()), self.space.Range(2).start
        self.terminal = ng.GridFunction(self.space)
        for node in self.at_terminal.tolist():
            self.free[first + node] = False
            self.terminal.components[2].vec[node] = 1.0

    def _start(self) -> None:
        """Set what microfem starts from."""
        equations = self.model.equations
        begun = equations.state(started(equations, comb_case(DISCHARGE).start))
        cathode = equations.reactions[1]
        values = (begun.salt[0], begun.ionic[0], begun.voltage, float(cathode.store.mean(begun.modes[1])[0]))
        for part, value in zip(self.state.components, values, strict=True):
            part.vec.FV().NumPy()[:] = value

    def _form(self) -> ng.BilinearForm:
        (c, phi, potential, filling), (s, w, u, v) = self.space.TnT()
        old = self.before.components
        liquid = self.model.equations.electrolyte
        salt, layout = liquid.salt, self.own.layout
        anode, cathode = self.model.equations.reactions
        pores, paste, metal = self.mesh.Materials("cathode"), layout.material("cathode"), self.mesh.Boundaries("anode")
        porosity = self.mesh.MaterialCF({"electrolyte": 1.0, "cathode": paste.value("porosity")})
        passage = self.mesh.MaterialCF({"electrolyte": 1.0, "cathode": self.model.porous["cathode"].passage})
        points = layout.material("electrolyte").stated("conductivity").table.points  # type: ignore[union-attr]
        kappa = passage * _law(salt.conductivity, points, c)
        diffusion = passage * salt.charge * FLOW * float(salt.diffusivity.value(salt.initial))
        form = ng.BilinearForm(self.space)
        driving = ng.grad(phi) - salt.chi * salt.volts * ng.grad(c) / c
        storage = porosity * salt.charge / LENGTH
        once = ng.dx(intrules={ng.TRIG: ng.IntegrationRule([(1.0 / 3.0, 1.0 / 3.0)], [0.5])})
        form += (diffusion * ng.grad(c) * ng.grad(s) + kappa * driving * ng.grad(w)).Compile() * once
        form += (storage * (c - old[0]) * s).Compile() * ng.dx(intrules=AT_NODES)
        form += float(paste.value("conductivity")) * ng.grad(potential) * ng.grad(u) * ng.dx(definedon=pores)

        inside = 2.0 * (c / salt.initial * (1.0 - filling) * filling) ** 0.5
        points = paste.stated("open_circuit_potential").table.points  # type: ignore[union-attr]
        drop = potential - phi - _law(cathode.potential, points, filling)
        j = cathode.exchange * inside * _shape(cathode.kinetics, drop)
        walls = SITE * 3.0 * paste.value("active_fraction") / paste.value("particle_radius")
        share = cathode.cations - salt.transference
        part = walls * j * (u - w - share * s)
        weight = float(cathode.store.weight[0]) ** 2 * cathode.store.supply
        part += walls * ((filling - old[3]) / LENGTH + weight * j) * v
        form += part.Compile() * ng.dx(definedon=pores, intrules=AT_NODES)

        j = (
            anode.exchange
            * (c / salt.initial) ** 0.5
            * _shape(anode.kinetics, -phi - float(anode.potential.value(0.0)))
        )
        part = SITE * j * (-w - (anode.cations - salt.transference) * s)
        form += part.Compile() * ng.ds(definedon=metal, intrules=AT_NODES)
        return form

    def _netgen(self) -> NetgenMesh:
        """Return the triangles of the electrolyte and the pores, and the edges of the anode."""
        wet, nodes = self.model.wet, self.model.equations.electrolyte.nodes
        porous = self.own.region_of_cell[self.model.wet_cells] == self.own.regions.index("cathode")
        made = NetgenMesh(dim=2)
        made.AddPoints(np.hstack([self.own.points[wet], np.zeros((len(wet), 1))]))
        for k, name in enumerate(("electrolyte", "cathode"), start=1):
            made.Add(FaceDescriptor(surfnr=k, domin=k, domout=0, bc=k))
            made.AddElements(dim=2, index=k, data=nodes[porous == (k == 2)].astype("int32"), base=0)
            made.SetMaterial(k, name)
        edges, _ = self.own.interface(("anode",), ("electrolyte", "cathode"))
        made.AddElements(dim=1, index=1, data=np.searchsorted(wet, edges).astype("int32"), base=0)
        made.SetBCName(0, "anode")
        return made


def _law(law: StateLaw, points: Any, state: Any) -> Any:
    """Return microfem's interpolation of a table as a symbolic function: a cubic polynomial between two states."""
    ends = [float(one) for one, _ in points]
    value, slope = (np.asarray(of(np.array(ends)), dtype=float) for of in (law.value, law.slope))
    found = None
    for k in reversed(range(len(ends) - 1)):
        span = ends[k + 1] - ends[k]
        x = (state - ends[k]) / span
        rise, a, b = value[k + 1] - value[k], span * slope[k], span * slope[k + 1]
        piece = float(value[k]) + x * (float(a) + x * (float(3.0 * rise - 2.0 * a - b) + x * float(a + b - 2.0 * rise)))
        found = piece if found is None else ng.IfPos(ends[k + 1] - state, piece, found)
    return found


def _shape(kinetics: Kinetics, drop: Any) -> Any:
    """Return j / i0 of Butler and Volmer."""
    anodic, cathodic = kinetics.exponents
    return ng.exp(anodic * drop) - ng.exp(-cathodic * drop)

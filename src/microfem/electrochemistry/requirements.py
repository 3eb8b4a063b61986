"""What a cell needs of its protocol, its layout and its materials, told before anything is meshed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from microfem.base.errors import MicrofemError
from microfem.base.units import format_quantity
from microfem.electrochemistry.amounts import Amount
from microfem.electrochemistry.electrodes import HOSTS, Start
from microfem.electrochemistry.events import END_OF_TABLE
from microfem.electrochemistry.materials import CAPACITANCES, LACKING, LEAK, at_temperature
from microfem.electrochemistry.profiles import ROUNDED
from microfem.layout.contacts import left_out
from microfem.layout.faces import ENDS, sides_of
from microfem.materials import parse_material
from microfem.materials.material import ACTIVATED

if TYPE_CHECKING:
    from microfem.electrochemistry.electrodes import ElectrodeModel
    from microfem.electrochemistry.protocol import ProtocolLine
    from microfem.electrochemistry.statement import CellStatement
    from microfem.layout import Layout
    from microfem.materials import Material

LIQUID = ("conductivity", "diffusivity", "transference_number", "concentration", "cation_charge", "anion_charge")
HOST = ("conductivity", "max_concentration", "solid_diffusivity", "exchange_current_density", "open_circuit_potential")
NEEDED: dict[str, tuple[str, ...]] = {
    "metal": ("exchange_current_density",),
    "porous": (*HOST, "porosity", "active_fraction", "particle_radius"),
    "film": HOST,
    "capacitor": ("conductivity",),
    "ideal": (),
}
MOST_PIECES = 5_000  # of profiles along a protocol: some ten steps each
MOST_CHARGES = 8  # of an ion
UNITS = {  # per footprint, per depth, of a device
    "current": ("1 mA/cm2", "3 A/m", "0.5 mA"),
    "power": ("1 mW/cm2", "1 W/m", "20 uW"),
    "load": ("500 ohm cm2", "2 ohm m", "1 kohm"),
}


def check_start(electrode: str, model: ElectrodeModel, start: Start | None) -> None:
    """Check that an electrode starts as its kind can: hosts with a filling, a capacitor with a potential.

    Raises:
        ValueError: with an example.
    """
    names = [one.name for one in model.reactions]
    if model.kind in HOSTS:
        each = bool(names) and start is not None and set(start.fillings) == set(names)
        if start is None or (start.filling is None and not each):
            example = f"{{{', '.join(f'{name}: 3 %' for name in names)}}}" if names else "3 %"
            raise ValueError(
                f"state the filling of the {electrode} at the start, such as start: {{{electrode}: {example}}}"
            )
    elif start is not None and (model.kind != "capacitor" or start.filling is not None or start.fillings):
        may = "starts with a potential, such as 0 V" if model.kind == "capacitor" else "has nothing to start with"
        raise ValueError(f"start: the {electrode} is of kind {model.kind}, which {may}")


def check_tab(electrode: str, model: ElectrodeModel, dimension: str) -> None:
    """Check that a view shows the end at which an electrode has its tab.

    Raises:
        ValueError: with the ends that it shows.
    """
    shown = [*sides_of(dimension), *(ENDS if dimension != "section" else ())]
    if model.tab is not None and model.tab not in shown:
        raise ValueError(
            f"the {electrode} has its tab at {model.tab}, which a {dimension} does not show; state {', '.join(shown)}"
        )


def check_protocol(
    lines: Sequence[ProtocolLine], electrodes: Collection[ElectrodeModel], moving: bool, dimension: str
) -> None:
    """Check that a cell with these electrodes, seen in this dimension, can follow a protocol.

    Raises:
        ValueError: with the line, and what to state in its place.
    """
    hosts = any(one.kind in HOSTS for one in electrodes)
    for line in lines:
        for amount in (line.amount, line.until):
            if amount is not None and amount.kind == "rate" and not hosts:
                raise ValueError(f"'{line.text}': a rate needs a porous or film electrode; state one such as 1 mA/cm2")
            if amount is not None:
                _check_unit(line.text, amount, dimension)
        for device in line.devices:
            _check_unit(f"{line.text}: {device.name}", Amount(kind=device.kind, value=1.0), dimension)
        if line.verb in ("rest", "charge") and any(one.kinetics == "tafel" for one in electrodes):
            raise ValueError(f"'{line.text}': Tafel's law is that of discharge alone; state kinetics: butler_volmer")
    if lines[0].verb == "steady" and any(one.kind == "capacitor" for one in electrodes):
        raise ValueError("a capacitor has no steady state with a current; state a protocol in time")
    if lines[0].verb == "steady" and moving and hosts:
        raise ValueError(
            "with transport: full a steady state exists between metal electrodes alone, since particles fill; "
            "state transport: fixed for the secondary current distribution"
        )


def check_module_protocol(lines: Sequence[ProtocolLine], electrodes: Collection[ElectrodeModel]) -> None:
    """Check that a module of cells with these electrodes can follow a protocol, whose amounts are those of the whole.

    Raises:
        ValueError: with the line, and what to state in its place.
    """
    if any(one.kinetics == "tafel" for one in electrodes):
        raise ValueError(
            "of: Tafel's law is that of discharge alone, and a cell may be charged by others of its module"
        )
    if lines[0].verb == "steady":
        raise ValueError("protocol: a module is followed in time; state a line such as 'discharge at 1C until 3 V'")
    for line in lines:
        stated = [*(one for one in (line.amount, line.until) if one is not None)]
        for kind in (*(one.kind for one in stated), *(one.kind for one in line.devices)):
            if kind.startswith("areal") or kind.endswith("per depth"):
                holds = kind.removeprefix("areal ").removesuffix(" per depth")
                example = {"current": "5 mA", "power": "3 mW", "load": "1 kohm"}[holds]
                raise ValueError(f"protocol: '{line.text}': state the {holds} of the whole module, such as {example}")
    check_protocol(lines, electrodes, moving=True, dimension="3d")


def pieces_of(lines: Sequence[ProtocolLine]) -> int:
    """Return the number of smooth pieces of all profiles along a protocol."""
    return sum(
        profile.count(line.duration)
        for line in lines
        for device in line.devices
        for profile in device.profiles
        if line.duration is not None
    )


def check_profiles(lines: Sequence[ProtocolLine]) -> None:
    """Check that the profiles of sources and loads last as long as their lines, and do not jump too often.

    Raises:
        ValueError: with the line, and what to state in its place.
    """
    for line in lines:
        for device in line.devices:
            for profile in device.profiles:
                assert line.duration is not None
                if line.duration > profile.lasts * (1.0 + ROUNDED):
                    raise ValueError(
                        f"protocol: '{line.text}': the profile of '{device.name}' ends at "
                        f"{format_quantity(profile.lasts, 's')}; state a longer one, or every: with its period"
                    )
    if (pieces := pieces_of(lines)) > MOST_PIECES:
        raise ValueError(
            f"protocol: the profiles of its sources and loads jump {pieces:,} times, and the time steps begin anew at "
            f"each; at most {MOST_PIECES:,} are followed: state fewer cycles, longer periods, or a mean load"
        )


def _check_unit(text: str, amount: Amount, dimension: str) -> None:
    """Refuse a total of a device in 2D, and a total per depth in 3D."""
    if amount.kind in UNITS if dimension != "3d" else amount.kind.endswith("per depth"):
        per_area, per_depth, whole = UNITS[amount.holds]
        other = whole if dimension == "3d" else per_depth
        raise ValueError(f"'{text}': state the {amount.holds} of a {dimension} view such as {per_area} or {other}")


def lacking(stated: CellStatement, layout: Layout) -> Iterator[str]:
    """Yield what a layout lacks for a cell: regions, properties, states within the tables of properties."""
    yield from left_out(layout.contacts, "a cell")
    liquids = layout.with_role("electrolyte") or layout.with_role("separator")
    of = {electrode: layout.with_role(electrode) for electrode in stated.electrodes}
    for role, regions in {**of, "electrolyte": liquids}.items():
        if not regions:
            yield f"a {layout.family} layout has no {role} here; a cell needs an anode, a cathode and an electrolyte"
    if directed := list(_along_axes(layout)):
        yield from directed
        return
    if liquids:
        yield from _of_electrolyte(layout.material(liquids[0].name), stated.temperature)
    yield from _of_tabs(stated, layout)
    for electrode, regions in of.items():
        materials = [layout.material(region.name) for region in regions]
        for material in {one.name: one for one in materials}.values():
            yield from _of_electrode(stated, electrode, material)


def _of_tabs(stated: CellStatement, layout: Layout) -> Iterator[str]:
    """Yield what the tabs lack: the end at which they are, and materials that carry a current to them."""
    wound = layout.spiral is not None and layout.spiral.rolled
    for electrode, model in stated.electrodes.items():
        if model.tab is None:
            continue
        if model.tab in ENDS and layout.spiral is None:
            yield f"the {electrode} has its tab at its {model.tab} end, which a wound layer has; state one such as xmin"
        elif wound and model.tab[0] in "xy":
            yield f"the {electrode} is wound and ends at inner and outer, not at {model.tab}; state tab: inner"
        collectors = [one for one in layout.parts() if one.role == f"{electrode}_collector"]
        for part in (*collectors, *layout.with_role(electrode)):
            material = layout.material(part.name)
            for message in (*_refused(partial(material.need, "conductivity")), *_conducting(material)):
                yield f"'{part.name}' leads to the tab of the {electrode}: {message}"


def _along_axes(layout: Layout) -> Iterator[str]:
    """Yield that a material conducts differently along axes, of which the equations of a cell know nothing."""
    for material in {one.name: one for one in layout.materials.values() if one.has("conductivity")}.values():
        yield from (f"in a cell, {message}" for message in _refused(partial(material.stated, "conductivity")))


def _of_electrolyte(material: Material, kelvin: float) -> Iterator[str]:
    yield from _refused(partial(material.need, *LIQUID))
    for name in ("conductivity", "diffusivity", "thermodynamic_factor"):
        if material.has("concentration") and _depends(material, name) == "concentration":
            yield from _refused(partial(material.value, name))
    yield from _at_temperature(material, kelvin)
    yield from _conducting(material)
    for name in ("cation_charge", "anion_charge"):
        if material.has(name) and material.value(name) not in range(1, MOST_CHARGES + 1):
            yield f"material '{material.name}': {name} must be a whole number from 1 to {MOST_CHARGES}, without a sign"


def _of_electrode(stated: CellStatement, electrode: str, material: Material) -> Iterator[str]:
    """Yield what the material of an electrode lacks for its kind, or that of one of its reactions."""
    model, sources = stated.electrodes[electrode], {"": material}
    try:
        laid = {one.name: parse_material(material.name, one.properties, material) for one in model.reactions}
        sources = laid or sources
    except MicrofemError as error:
        yield str(error)
    for reaction, source in sources.items():
        needed = _refused(partial(source.need, *NEEDED[model.kind]))
        yield from (f"the {electrode} is of kind {model.kind}, and {message}" for message in needed)
        yield from _at_temperature(source, stated.temperature)
        if model.kind in HOSTS and source.has("open_circuit_potential"):
            yield from _filling(electrode, stated.start[electrode].of(reaction), source)
        elif (model.kind != "capacitor" or source.has(LEAK)) and _depends(source, "open_circuit_potential"):
            yield (
                f"material '{source.name}': its open_circuit_potential depends on the filling, which an electrode of "
                f"kind {model.kind} does not have; the {electrode} may be of kind porous or film"
            )
    if "conductivity" in NEEDED[model.kind]:
        yield from _conducting(material)
    if model.kind == "porous" and material.has("porosity") and material.value("porosity") == 0.0:
        yield f"material '{material.name}' has porosity 0, so the {electrode} cannot be porous; a dense layer is a film"
    if model.kind == "capacitor":
        yield from _of_capacitor(electrode, stated.start.get(electrode, Start()).potential, material)


def _of_capacitor(electrode: str, potential: float, material: Material) -> Iterator[str]:
    """Yield that a capacitor has no capacitance, or none at the potential at which it starts."""
    if not any(material.has(name) for name in CAPACITANCES):
        yield f"material '{material.name}' of a capacitor {LACKING}"
    for name in CAPACITANCES:
        if _depends(material, name) == "potential" and (table := material.stated(name).table):
            for message in _refused(partial(table.at, potential, f"the {name} of '{material.name}'")):
                yield f"start: {message}; state start: {{{electrode}: ...}} within its table"


def _filling(electrode: str, filling: float, material: Material) -> Iterator[str]:
    """Yield a filling at the start that the table of the open-circuit potential does not reach."""
    table = material.stated("open_circuit_potential").table
    low, high = table.span if table else (0.0, 1.0)
    edge = END_OF_TABLE * (high - low)
    if not low + edge < filling < high - edge:
        yield (
            f"start: the {electrode} is filled to {100.0 * filling:.6g} %, but the open_circuit_potential of "
            f"'{material.name}' is stated from {100.0 * low:.6g} % to {100.0 * high:.6g} %; start between its ends"
        )


def _conducting(material: Material) -> Iterator[str]:
    """Yield that a material conducts nothing."""
    if material.has("conductivity") and material.stated("conductivity").value == 0.0:
        yield f"material '{material.name}' has conductivity 0, with which it carries no current"


def _at_temperature(material: Material, kelvin: float) -> Iterator[str]:
    """Yield each table against temperature that does not reach the cell's."""
    for name in ACTIVATED:
        if _depends(material, name) == "temperature":
            yield from _refused(partial(at_temperature, material, name, kelvin))


def _depends(material: Material, name: str) -> str:
    """Return the state on which a property depends, empty where on none."""
    table = material.stated(name).table if material.has(name) else None
    return table.of if table else ""


def _refused(ask: Callable[[], object]) -> Iterator[str]:
    """Yield the message with which a question to a material is refused."""
    try:
        ask()
    except MicrofemError as error:
        yield str(error)

"""Types of the public names, printed by `python -m microfem.api.stub`; see `__init__.py`."""

from collections.abc import Mapping
from importlib import import_module
from typing import Literal

from microfem.layout import Placement
from microfem.layout.layers import Layers
from microfem.materials import Material
from microfem.base.errors import ChildError as ChildError
from microfem.study.design import Design as Design
from microfem.base.errors import InputError as InputError
from microfem.layout import Layout as Layout
from microfem.base.errors import LayoutError as LayoutError
from microfem.api.loaded import LoadedStudy as LoadedStudy
from microfem.mesh import Mesh as Mesh
from microfem.base.errors import MeshError as MeshError
from microfem.base.errors import MicrofemError as MicrofemError
from microfem.results.opened import Results as Results
from microfem.results.opened import SavedCase as SavedCase
from microfem.api.searched import Searched as Searched
from microfem.physics import Solution as Solution
from microfem.base.errors import SolveError as SolveError
from microfem.run.solve_case import SolvedLayout as SolvedLayout
from microfem.study.records import Study as Study
from microfem.results.summary import Summary as Summary
from microfem.metrics import Value as Value
from microfem.base.errors import WriteError as WriteError
from microfem.mesh import build_mesh as build_mesh
from microfem.api.loaded import load as load
from microfem.study.design import load_geometry as load_geometry
from microfem.results.opened import open_results as open_results
from microfem.run.solve_case import solve_case as solve_case
from microfem.export import write_mesh as write_mesh

__version__: str

def circular(
    *,
    disc_radius: float | str = '1500 um',
    gap: float | str = '300 um',
    ring_width: float | str = '900 um',
    bath: Literal['rectangle', 'disc'] = 'rectangle',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """A disc (anode) in a ring (cathode), with a uniform gap between them.

    Args:
        disc_radius: radius of the anode disc, 0.05 to 100000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        ring_width: width of the cathode ring, 0.05 to 100000 um.
        bath: outline of electrolyte, substrate and cover around the electrodes.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def concentric(
    *,
    ring_pairs: int = 3,
    inner_radius: float | str = '300 um',
    anode_width: float | str = '300 um',
    cathode_width: float | str = '300 um',
    gap: float | str = '300 um',
    closed: bool = False,
    busbar_width: float | str = '300 um',
    tab_length: float | str = '0 um',
    bath: Literal['rectangle', 'disc'] = 'rectangle',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Alternating rings of anode and cathode from the centre; the anode's busbar runs along +x, the cathode's along -x.

    Each busbar passes through slits in the other polarity's rings, at the distance of the gap from their edges.
    The innermost anode has no slit; the anode's busbar extends to the outermost radius.

    Args:
        ring_pairs: pairs of one anode and one cathode ring, 1 to 100.
        inner_radius: inner radius of the innermost anode ring; 0 makes it a disc, 0 to 100000 um.
        anode_width: width of an anode finger or ring, 0.05 to 10000 um.
        cathode_width: width of a cathode finger or ring, 0.05 to 10000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        closed: closed rings, each polarity one terminal, without busbars.
        busbar_width: width of the busbar that joins the electrodes of one polarity, 0.05 to 100000 um.
        tab_length: length of the contact pad beyond the busbar's end; 0 for none, 0 to 100000 um.
        bath: outline of electrolyte, substrate and cover around the electrodes.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def disc_array(
    *,
    arrangement: Literal['hexagonal', 'square'] = 'hexagonal',
    columns: int = 3,
    rows: int = 2,
    disc_radius: float | str = '300 um',
    gap: float | str = '200 um',
    pitch: float | str = '1300 um',
    ring_width: float | str = '0 um',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Equal anode discs on a grid; the cathode is a sheet with round holes, or a ring around each disc.

    The sheet extends beyond the outermost holes by its narrowest width between holes.

    Args:
        arrangement: grid of the centres; hexagonal shifts every other row.
        columns: discs in a row, 1 to 100.
        rows: rows of discs, 1 to 100.
        disc_radius: radius of each anode disc, 0.05 to 10000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        pitch: distance between the centres of neighbouring discs, 0.05 to 100000 um.
        ring_width: width of a cathode ring around each disc; 0 for one cathode around all, 0 to 10000 um.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def double_spiral(
    *,
    shape: Literal['round', 'rectangular'] = 'round',
    turns: int = 2,
    anode_width: float | str = '300 um',
    cathode_width: float | str = '300 um',
    gap: float | str = '300 um',
    core_width: float | str = '0 um',
    straight_length: float | str = '0 um',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Two electrodes wound around each other, with a constant gap from the core to the outer ends.

    A round turn is two half circles whose centres are half a pitch apart, so that widths and gaps are exact and all
    lines are arcs; they lie within a tenth of the pitch p of an Archimedean spiral r = a + p theta / 2 pi.

    Args:
        shape: shape of the turns: half circles, or straight sides with right-angled corners.
        turns: turns of each electrode, 1 to 100.
        anode_width: width of an anode finger or ring, 0.05 to 10000 um.
        cathode_width: width of a cathode finger or ring, 0.05 to 10000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        core_width: distance between the inner ends of both electrodes; 0 takes the gap, 0 to 100000 um.
        straight_length: straight length between the two halves of each turn; 0 for none, 0 to 100000 um.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def drawn(
    *,
    anode: str = 'POLYGON ((-450 -1000, -150 -1000, -150 1000, -450 1000, -450 -1000))',
    cathode: str = 'POLYGON ((150 -1000, 450 -1000, 450 1000, 150 1000, 150 -1000))',
    anode_tab: str = '',
    cathode_tab: str = '',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Coplanar electrodes of any outline, stated as polygons; `microfem import` reads them from a drawing.

    The gap is the shortest distance between anode and cathode.

    Args:
        anode: outline of the anode, WKT in um.
        cathode: outline of the cathode, WKT in um.
        anode_tab: outline of the anode's contact pad, WKT in um; empty for none.
        cathode_tab: outline of the cathode's contact pad, WKT in um; empty for none.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def fiber(
    *,
    arrangement: Literal['coaxial', 'parallel', 'twisted'] = 'coaxial',
    anode_diameter: float | str = '200 um',
    cathode_diameter: float | str = '200 um',
    cathode_thickness: float | str = '50 um',
    collector_diameter: float | str = '0 um',
    gap: float | str = '50 um',
    offset: float | str = '0 um',
    margin: float | str = '50 um',
    jacket_thickness: float | str = '0 um',
    length: float | str = '3000 um',
    pitch: float | str = '3000 um',
    bend_radius: float | str = '0 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """A fibre along z: the plan is its uniform cross-section, z = 0 is at half its length.

    coaxial: collector, anode, electrolyte and cathode as nested tubes, the first two shifted by the offset. parallel:
    an anode strand at x < 0 and a cathode strand at x > 0 in a cylinder of electrolyte. twisted: the parallel section
    rotated about z, one turn per pitch.

    Args:
        arrangement: cathode around the anode, beside it, or twisted with it.
        anode_diameter: outer diameter of the anode, 1 to 10000 um.
        cathode_diameter: outer diameter of the cathode strand; parallel and twisted, 1 to 10000 um.
        cathode_thickness: wall of the cathode tube; coaxial, 0.5 to 5000 um.
        collector_diameter: diameter of the collector inside each solid strand; 0 for none, 0 to 10000 um.
        gap: electrolyte between anode and cathode; coaxial: its mean, 0.5 to 5000 um.
        offset: shift of the anode along x from the cathode's axis; coaxial, 0 to 5000 um.
        margin: electrolyte between the strands and its outer circle; parallel and twisted, 0.5 to 10000 um.
        jacket_thickness: wall of the jacket around all; 0 for none, 0 to 5000 um.
        length: length along the axis, 1 to 1e+06 um.
        pitch: length of one turn of the twist; twisted, 1 to 1e+06 um.
        bend_radius: radius of the axis, bent towards +x; 0 for straight, 0 to 1e+07 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def film(
    *,
    outline: Literal['disc', 'rectangle'] = 'disc',
    diameter: float | str = '10000 um',
    length: float | str = '10000 um',
    width: float | str = '10000 um',
    electrodes: Literal['stacked', 'none'] = 'stacked',
    margin: float | str = '500 um',
    gap: float | str = '20 um',
    anode_thickness: float | str = '20 um',
    cathode_thickness: float | str = '20 um',
    substrate_thickness: float | str = '25 um',
    encapsulation_thickness: float | str = '0 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """From bottom to top: substrate, anode, electrolyte, cathode, cover; or the substrate alone.

    z = 0 is the substrate's face, x = y = 0 the film's middle.

    Args:
        outline: outline of the film in plan.
        diameter: diameter of a disc, 0.05 to 1e+06 um.
        length: length of a rectangle, along x, 0.05 to 1e+06 um.
        width: width of a rectangle, along y, 0.05 to 1e+06 um.
        electrodes: an anode and a cathode on the substrate, or the bare substrate.
        margin: width of the electrolyte around the electrodes, 0 to 100000 um.
        gap: distance between the electrodes, the electrolyte's thickness, 0.01 to 10000 um.
        anode_thickness: thickness of the anode, 0.01 to 5000 um.
        cathode_thickness: thickness of the cathode, 0.01 to 5000 um.
        substrate_thickness: thickness of the substrate, 0.01 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def interdigital(
    *,
    finger_pairs: float = 4,
    finger_length: float | str = '3000 um',
    anode_width: float | str = '300 um',
    cathode_width: float | str = '300 um',
    gap: float | str = '300 um',
    tip_gap: float | str = '0 um',
    finger_taper: float = 1.0,
    busbar_width: float | str = '300 um',
    anode_busbar_width: float | str = '0 um',
    cathode_busbar_width: float | str = '0 um',
    tab_length: float | str = '0 um',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Straight fingers along y, alternating anode and cathode along x; the anode's busbar lies at low y.

    Equal anode and cathode widths give the usual comb; unequal widths or thicknesses set the N/P ratio. The widths of
    tapered fingers are those halfway between the busbars; all sides lean alike, so that the gap is uniform.

    Args:
        finger_pairs: pairs of an anode and a cathode finger; a half adds an anode finger, 1 to 200.
        finger_length: length of a finger from its busbar to its tip, 0.05 to 100000 um.
        anode_width: width of an anode finger or ring, 0.05 to 10000 um.
        cathode_width: width of a cathode finger or ring, 0.05 to 10000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        tip_gap: distance from a finger's tip to the other busbar; 0 takes the gap, 0 to 10000 um.
        finger_taper: width of a finger's tip over that of its root, of the narrower finger, 0.05 to 1.
        busbar_width: width of the busbar that joins the electrodes of one polarity, 0.05 to 100000 um.
        anode_busbar_width: its own width of this busbar; 0 takes busbar_width, 0 to 100000 um.
        cathode_busbar_width: its own width of this busbar; 0 takes busbar_width, 0 to 100000 um.
        tab_length: length of the contact pad beyond the busbar's end; 0 for none, 0 to 100000 um.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def interleaved_plates(
    *,
    plates: int = 6,
    plate_length: float | str = '2000 um',
    width: float | str = '2000 um',
    gap: float | str = '100 um',
    tip_gap: float | str = '100 um',
    collector_width: float | str = '100 um',
    anode_thickness: float | str = '50 um',
    cathode_thickness: float | str = '50 um',
    margin: float | str = '0 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '100 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Plates along x and y above one another; electrolyte fills the gaps and the space in front of the tips.

    Anodes join the collector at low x, cathodes that at high x. z = 0 is the substrate's face, x = y = 0 the middle.
    Without collectors the plates end at the electrolyte's sides, or `tip_gap` before them.

    Args:
        plates: plates of both polarities, in turns from an anode at the bottom, 2 to 60.
        plate_length: length of a plate from its collector to its tip, 10 to 1e+06 um.
        width: width of the plates and collectors, along y, 10 to 1e+06 um.
        gap: distance between neighbouring plates, 0.1 to 10000 um.
        tip_gap: distance from a plate's tip to the other collector, along x, 0 to 100000 um.
        collector_width: width of the vertical collectors, along x; 0 for none, 0 to 100000 um.
        anode_thickness: thickness of the anode, 0.01 to 5000 um.
        cathode_thickness: thickness of the cathode, 0.01 to 5000 um.
        margin: electrolyte and substrate beyond plates and collectors, 0 to 100000 um.
        substrate_thickness: thickness of the substrate, 0.01 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def island_bridge(
    *,
    columns: int = 3,
    rows: int = 1,
    island_size: float | str = '3000 um',
    gap: float | str = '300 um',
    bridge_shape: Literal['straight', 'serpentine', 'horseshoe', 'sine'] = 'straight',
    bridge_length: float | str = '3000 um',
    bridge_width: float | str = '300 um',
    periods: int = 1,
    amplitude: float | str = '1200 um',
    arc_angle: float | str = '240 deg',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '20 um',
    electrolyte_height: float | str = '200 um',
    substrate_thickness: float | str = '500 um',
    encapsulation_thickness: float | str = '200 um',
    margin: float | str = '1500 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Each island carries an anode (left half) and a cathode (right half), on collectors, under electrolyte.

    A bridge joins the cathode's collector of one island to the anode's of the next, in the collectors' layer, so a
    row is a series of cells from 'anode' (first islands) to 'cathode' (last islands). z = 0 is the substrate's
    face; the cover, if there is one, encloses islands and bridges.

    Args:
        columns: islands in a row, joined in series along x, 1 to 20.
        rows: rows of islands, 1 to 20.
        island_size: side of the square islands, 0.05 to 100000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        bridge_shape: shape of the bridges.
        bridge_length: distance between neighbouring islands, which a bridge spans, 0.05 to 100000 um.
        bridge_width: width of a bridge, 0.05 to 10000 um.
        periods: periods of a serpentine, a horseshoe or a sine, 1 to 20.
        amplitude: half the height of the centre line; serpentine and sine, 0.05 to 100000 um.
        arc_angle: angle of each arc; horseshoe, 10 to 290 deg.
        anode_thickness: thickness of the anode, 0.01 to 5000 um.
        cathode_thickness: thickness of the cathode, 0.01 to 5000 um.
        collector_thickness: thickness of the bridges and of the collectors that they join, 0.01 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate, 0.01 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: substrate beyond the islands on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def joint(
    *,
    blocks: int = 3,
    block_length: float | str = '4000 um',
    block_width: float | str = '4000 um',
    ligament_length: float | str = '2000 um',
    ligament_width: float | str = '2000 um',
    ligament_thickness: float | str = '20 um',
    anode_thickness: float | str = '200 um',
    cathode_thickness: float | str = '200 um',
    gap: float | str = '100 um',
    substrate_thickness: float | str = '50 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """A row of sandwich blocks on one substrate, their collectors joined by ligaments of the same metal.

    The row begins and ends with half a ligament, whose end faces carry the end boundary condition, so that all
    ligaments have the same load. A block has, from bottom to top, collector, anode, electrolyte and cathode; z = 0 is
    the substrate's face. Cathodes share a terminal; the layout leaves out the leads that join them.

    Args:
        blocks: blocks in the row, along x, 1 to 20.
        block_length: length of a block, along x, 0.05 to 100000 um.
        block_width: width of a block, along y, 0.05 to 100000 um.
        ligament_length: distance between neighbouring blocks, which a ligament spans, 0.05 to 100000 um.
        ligament_width: width of a ligament, along y, 0.05 to 100000 um.
        ligament_thickness: thickness of the metal of ligaments and of the collectors that they join, 0.01 to 1000 um.
        anode_thickness: thickness of the anode, 0.01 to 5000 um.
        cathode_thickness: thickness of the cathode, 0.01 to 5000 um.
        gap: distance between the electrodes, the electrolyte's thickness, 0.01 to 10000 um.
        substrate_thickness: thickness of the substrate, 0.01 to 10000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def layers(
    *,
    shape: Literal['rectangle', 'disc'] = 'rectangle',
    length: float | str = '4000 um',
    width: float | str = '4000 um',
    diameter: float | str = '4000 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Any number of layers with outlines of their own; x = y = 0 is the middle of the cell, z = 0 its floor.

    A design states them under `layers`, and leaves out `family`.

    Args:
        shape: outline of the cell in plan.
        length: length of a rectangle, along x, 0.1 to 1e+06 um.
        width: width of a rectangle, along y, 0.1 to 1e+06 um.
        diameter: diameter of a disc, 0.1 to 1e+06 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def meander(
    *,
    legs: int = 4,
    leg_length: float | str = '3000 um',
    anode_width: float | str = '200 um',
    cathode_width: float | str = '200 um',
    gap: float | str = '200 um',
    spacing: float | str = '200 um',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Two parallel lines with a constant gap, in legs along y that right-angled bends join at alternate ends.

    The anode lies outside at the bends of high y, the cathode at those of low y.

    Args:
        legs: straight legs of the pair, 1 to 200.
        leg_length: length of a leg, from end to end of the meander, 0.05 to 100000 um.
        anode_width: width of an anode finger or ring, 0.05 to 10000 um.
        cathode_width: width of a cathode finger or ring, 0.05 to 10000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        spacing: distance between neighbouring legs, whose facing lines have one polarity, 0.05 to 10000 um.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def multicore_fiber(
    *,
    arrangement: Literal['sheath', 'alternating'] = 'sheath',
    cores: int = 4,
    core_diameter: float | str = '100 um',
    collector_diameter: float | str = '0 um',
    spacing: float | str = '50 um',
    margin: float | str = '50 um',
    sheath_thickness: float | str = '50 um',
    jacket_thickness: float | str = '0 um',
    length: float | str = '3000 um',
    pitch: float | str = '0 um',
    bend_radius: float | str = '0 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """A fibre along z of equal strands on a circle: the plan is its cross-section, z = 0 is at half its length.

    The first strand, an anode, is at x > 0, y = 0. Electrolyte fills the space between the strands and around the axis.

    Args:
        arrangement: all cores anodes in a cathode tube, or anodes and cathodes in turns.
        cores: strands on a circle around the axis; alternating: an even number, 2 to 24.
        core_diameter: outer diameter of each strand, 1 to 10000 um.
        collector_diameter: diameter of the collector inside each solid strand; 0 for none, 0 to 10000 um.
        spacing: distance between neighbouring strands, 0.5 to 5000 um.
        margin: electrolyte between the strands and the sheath, or its outer circle, 0.5 to 10000 um.
        sheath_thickness: wall of the cathode tube; sheath, 0.5 to 5000 um.
        jacket_thickness: wall of the jacket around all; 0 for none, 0 to 5000 um.
        length: length along the axis, 1 to 1e+06 um.
        pitch: length of one turn of the strands' twist; 0 for straight, 0 to 1e+06 um.
        bend_radius: radius of the axis, bent towards +x; 0 for straight, 0 to 1e+07 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def pillars(
    *,
    arrangement: Literal['square', 'hexagonal'] = 'square',
    shape: Literal['post', 'wall'] = 'post',
    row_pairs: int = 2,
    columns: int = 4,
    post_diameter: float | str = '80 um',
    post_height: float | str = '200 um',
    base_width: float | str = '120 um',
    base_thickness: float | str = '20 um',
    gap: float | str = '80 um',
    busbar_width: float | str = '120 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '100 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Alternating rows of anode posts and cathode posts, each row on its strip; the gap is between strips.

    The strips are the fingers of a comb along y. In the square array posts have the same pitch along a row as across
    rows; in the hexagonal array a post has the same distance from its six neighbours.

    Args:
        arrangement: posts side by side, or each row shifted by half a step.
        shape: round posts, or one straight wall along each strip.
        row_pairs: pairs of one anode and one cathode row, 1 to 50.
        columns: posts in a row, 1 to 100.
        post_diameter: diameter of a post, thickness of a wall, 0.05 to 5000 um.
        post_height: height of posts or walls above their strip, 0.01 to 10000 um.
        base_width: width of the strips that posts stand on, 0.05 to 10000 um.
        base_thickness: thickness of the strips, 0.01 to 1000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        busbar_width: width of the busbar that joins the electrodes of one polarity, 0.05 to 100000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def radial_fingers(
    *,
    finger_pairs: int = 6,
    hub_radius: float | str = '900 um',
    inner_radius: float | str = '0 um',
    finger_length: float | str = '1500 um',
    ring_width: float | str = '300 um',
    gap: float | str = '200 um',
    anode_share: float = 0.5,
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """Wedges from a hub (anode) outwards, between wedges from a ring (cathode) inwards, with a constant gap.

    Args:
        finger_pairs: pairs of one anode and one cathode finger, 2 to 200.
        hub_radius: outer radius of the anode's hub, 0.05 to 100000 um.
        inner_radius: radius of a hole in the hub, which makes it a ring; 0 for none, 0 to 100000 um.
        finger_length: length of a finger from its root to its tip, 0.05 to 100000 um.
        ring_width: width of the cathode's outer ring, 0.05 to 100000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        anode_share: share of the anode's finger in the angle of a pair, 0.05 to 0.95.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def space_filling(
    *,
    curve: Literal['hilbert', 'moore', 'peano'] = 'hilbert',
    order: int = 2,
    electrode_width: float | str = '300 um',
    gap: float | str = '300 um',
    anode_thickness: float | str = '30 um',
    cathode_thickness: float | str = '30 um',
    collector_thickness: float | str = '0 um',
    electrolyte_height: float | str = '300 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '0 um',
    margin: float | str = '300 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """A square divided by a gap of constant width along a space-filling curve; both electrodes are trees of one width.

    The curve of order n visits 2^n x 2^n squares, that of Peano 3^n x 3^n, whose side is the width and the gap.

    Args:
        curve: curve that the gap follows: hilbert and peano are open, moore is closed.
        order: order of the curve, 1 to 6.
        electrode_width: width of both electrodes between pieces of the gap, 0.05 to 10000 um.
        gap: distance between neighbouring anode and cathode, 0.05 to 10000 um.
        anode_thickness: thickness of the anode; 0 for an ideal sheet, 0 to 5000 um.
        cathode_thickness: thickness of the cathode; 0 for an ideal sheet, 0 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        electrolyte_height: height of the electrolyte above the substrate, 0.01 to 100000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        margin: electrolyte and substrate beyond the electrodes on each side, 0 to 100000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def stacked(
    *,
    length: float | str = '10000 um',
    width: float | str = '10000 um',
    cathode_length: float | str = '0 um',
    cathode_width: float | str = '0 um',
    gap: float | str = '200 um',
    margin: float | str = '0 um',
    anode_thickness: float | str = '50 um',
    cathode_thickness: float | str = '50 um',
    collector_thickness: float | str = '20 um',
    substrate_thickness: float | str = '100 um',
    encapsulation_thickness: float | str = '100 um',
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """From bottom to top: substrate, anode's collector, anode, electrolyte, cathode, cathode's collector, cover.

    z = 0 is the substrate's face. With a margin, or with plates of unequal size, the electrolyte also surrounds them.

    Args:
        length: length of the electrodes, along x, 0.05 to 1e+06 um.
        width: width of the electrodes, along y, 0.05 to 1e+06 um.
        cathode_length: length of the cathode; 0 takes the anode's, 0 to 1e+06 um.
        cathode_width: width of the cathode; 0 takes the anode's, 0 to 1e+06 um.
        gap: distance between the electrodes, the electrolyte's thickness, 0.01 to 10000 um.
        margin: width of electrolyte, substrate and cover beyond the plates, 0 to 100000 um.
        anode_thickness: thickness of the anode, 0.01 to 5000 um.
        cathode_thickness: thickness of the cathode, 0.01 to 5000 um.
        collector_thickness: thickness of both current collectors; 0 for none, 0 to 1000 um.
        substrate_thickness: thickness of the substrate; 0 for none, 0 to 10000 um.
        encapsulation_thickness: thickness of the cover; 0 for none, 0 to 10000 um.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

def swiss_roll(
    *,
    windings: float = 3.0,
    core_radius: float | str = '100 um',
    anode_collector_thickness: float | str = '0 um',
    anode_thickness: float | str = '10 um',
    electrolyte_thickness: float | str = '10 um',
    cathode_thickness: float | str = '15 um',
    cathode_collector_thickness: float | str = '0 um',
    substrate_thickness: float | str = '0 um',
    separator_thickness: float | str = '10 um',
    jacket_thickness: float | str = '20 um',
    length: float | str = '1000 um',
    rolled: bool = True,
    materials: Mapping[str, str | Material] | None = None,
    placement: Placement | None = None,
    layers: Layers = ...,
) -> Layout:
    """An Archimedean spiral of layers along z: the plan is the cross-section, z = 0 is at half the length.

    From the inside out: anode collector, anode, electrolyte, cathode, cathode collector, substrate, separator. The
    core and the jacket fill the steps at the start and the end of the layers. The flat strip has the layers stacked
    along y; its length along x is that of the spiral's centre line, and it has no core and no jacket.

    Args:
        windings: turns, whole or not, 1 to 200.
        core_radius: radius of the core at the start of the layers, 1 to 10000 um.
        anode_collector_thickness: thickness of the collector inside the anode; 0 for none, 0 to 1000 um.
        anode_thickness: thickness of the anode, 0.1 to 1000 um.
        electrolyte_thickness: thickness of the electrolyte from the anode out to the cathode, 0.1 to 1000 um.
        cathode_thickness: thickness of the cathode, 0.1 to 1000 um.
        cathode_collector_thickness: thickness of the collector outside the cathode; 0 for none, 0 to 1000 um.
        substrate_thickness: thickness of the substrate film, outside the cathode; 0 for none, 0 to 1000 um.
        separator_thickness: thickness of the separator from the cathode out to the next winding, 0.1 to 1000 um.
        jacket_thickness: wall of the jacket at the roll's largest radius; 0 for none, 0 to 10000 um.
        length: length along the roll's axis, 1 to 1e+06 um.
        rolled: true for a roll, false for the flat strip of the same layers.
        materials: by role or name of a region: a material, or the name of one of the library.
        placement: the surface on which the layout lies, such as microfem.layout.Cylinder(5000.0).
        layers: under and over it; they take the place of its substrate and its cover.

    Raises:
        LayoutError: a parameter is unknown, has another unit, or breaks a bound.
    """

"""Names in words and symbols of quantities, by the names of metrics, fields, parameters and material properties.

A symbol is written as TeX. Pictures have it as plain text in one size of letters, so that no subscript is smaller than
the least letters of a paper; tables in HTML and Markdown have italic letters and subscripts.
"""

from __future__ import annotations

import re

SYMBOLS: dict[str, str] = {
    # resistance and impedance
    "resistance": r"R",
    "resistance_ratio": r"R/R_0",
    "transfer_resistance": r"R",
    "series_resistance": r"R_\mathrm{s}",
    "charge_transfer_resistance": r"R_\mathrm{ct}",
    "esr": r"R_\mathrm{ESR}",
    "conductance": r"G",
    "parallel_conductance": r"G_\mathrm{p}",
    "cell_constant": r"K",
    "impedance": r"Z",
    "terminal_impedance": r"Z",
    "warburg": r"Z_\mathrm{W}",
    "loss_tangent": r"\tan\delta",
    # capacitance, energy and power
    "capacitance": r"C",
    "cell_capacitance": r"C",
    "parallel_capacitance": r"C_\mathrm{p}",
    "double_layer_capacitance": r"C_\mathrm{dl}",
    "dissipation": r"P",
    "heating_power": r"P",
    "mean_power": r"P",
    "peak_power": r"P_\mathrm{max}",
    "stored_energy": r"W",
    "discharge_energy": r"W",
    "strain_energy": r"U",
    # cells
    "cell_voltage": r"V",
    "areal_capacity": r"Q",
    "volumetric_capacity": r"Q",
    "charge_capacity": r"Q",
    "discharge_capacity": r"Q",
    "penetration_depth": r"\delta",
    "deposit_max": r"h_\mathrm{max}",
    "wagner_number": r"\mathrm{Wa}",
    # mechanics
    "axial_force": r"F",
    "bridge_force": r"F",
    "reaction": r"F",
    "bending_moment": r"M",
    "torque": r"T",
    "axial_stiffness": r"EA",
    "axial_rigidity": r"EA",
    "bending_stiffness": r"EI",
    "flexural_rigidity": r"EI",
    "torsional_stiffness": r"GJ",
    "torsional_rigidity": r"GJ",
    "curvature": r"\kappa",
    "residual_curvature": r"\kappa_\mathrm{r}",
    "neutral_axis": r"z_0",
    "roll_diameter": r"D",
    "max_strain": r"\varepsilon_\mathrm{max}",
    "mean_strain": r"\bar{\varepsilon}",
    "max_plastic_strain": r"\varepsilon_\mathrm{p,max}",
    "max_stress": r"\sigma_\mathrm{max}",
    "max_von_mises": r"\sigma_\mathrm{v,max}",
    "max_temperature_rise": r"\Delta T_\mathrm{max}",
    "mean_temperature_rise": r"\Delta T",
    # the layout and its parameters
    "footprint": r"A",
    "electrode_area": r"A",
    "gap": r"g",
    "finger_length": r"L",
    "finger_pairs": r"N",
    "bend_radius": r"r",
    "frequency": r"f",
    "time": r"t",
    # fields
    "potential": r"\varphi",
    "electrolyte_potential": r"\varphi_\mathrm{e}",
    "electrode_potential": r"\varphi_\mathrm{s}",
    "current_density": r"j",
    "electric_field": r"E",
    "salt_concentration": r"c",
    "overpotential": r"\eta",
    "deposit_thickness": r"h",
    "thickness": r"h",
    "displacement": r"u",
    "strain": r"\varepsilon",
    "max_principal_strain": r"\varepsilon_1",
    "max_principal_stress": r"\sigma_1",
    "equivalent_plastic_strain": r"\varepsilon_\mathrm{p}",
    "von_mises": r"\sigma_\mathrm{v}",
    "temperature": r"T",
    "temperature_rise": r"\Delta T",
    "heat_flux": r"q",
    # material properties
    "conductivity": r"\sigma",
    "youngs_modulus": r"E",
    "poisson_ratio": r"\nu",
    "yield_stress": r"\sigma_\mathrm{y}",
    "density": r"\rho",
    "diffusivity": r"D",
}
WORDS = {
    "esr": "equivalent series resistance",
    "np_ratio": "N/P ratio",
    "youngs_modulus": "Young's modulus",
    "poisson_ratio": "Poisson's ratio",
    "wagner_number": "Wagner number",
    "warburg": "Warburg impedance",
    "max_von_mises": "largest von Mises stress",
    "von_mises_percentile": "percentile of the von Mises stress",
    "max_strain": "largest strain",
    "max_stress": "largest tensile stress",
    "max_plastic_strain": "largest plastic strain",
    "max_compression": "largest compression",
    "max_temperature_rise": "largest temperature rise",
    "deposit_max": "largest deposit thickness",
    "sand_margin": "margin to Sand's time",
    "kirchhoff_balance": "balance of Kirchhoff's laws",
}
_GREEK = {r"\varphi": "φ", r"\varepsilon": "ε", r"\sigma": "σ", r"\eta": "η", r"\kappa": "κ", r"\delta": "δ",
          r"\Delta ": "Δ", r"\nu": "ν", r"\rho": "ρ", r"\tan": "tan "}  # fmt: skip
_LOWERED = str.maketrans("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_SUBSCRIPT = re.compile(r"_(?:\\mathrm\{([^}]*)\}|(\d))")
_UPRIGHT, _BAR = re.compile(r"\\mathrm\{([^}]*)\}"), re.compile(r"\\bar\{([^}]*)\}")


def words(name: str) -> str:
    """Return a name in words: `max_strain` as `largest strain`, and a name that a study gives without underscores."""
    return WORDS.get(name, name.replace("_", " "))


def symbol_tex(name: str) -> str:
    """Return the symbol of a quantity as TeX, "" if it has none."""
    return SYMBOLS.get(name, "")


def symbol_text(name: str) -> str:
    """Return the symbol as plain text, "" if it has none, or a subscript that plain text cannot lower."""
    tex = symbol_tex(name)
    subscripts = "".join(match[1] or match[2] for match in _SUBSCRIPT.finditer(tex))
    if set(subscripts) - set(map(chr, _LOWERED)):
        return ""
    return _plain(_SUBSCRIPT.sub(lambda match: (match[1] or match[2]).translate(_LOWERED), tex))


def symbol_html(name: str) -> str:
    """Return the symbol as HTML with italic letters and subscripts, "" if it has none."""
    tex = symbol_tex(name)
    parts = _SUBSCRIPT.split(tex)
    shown = ""
    for base, upright, italic in zip(parts[::3], [*parts[1::3], None], [*parts[2::3], None], strict=True):
        shown += f"<i>{_plain(base)}</i>" if base else ""
        shown += f"<sub>{upright or italic}</sub>" if upright or italic else ""
    return shown


def _plain(tex: str) -> str:
    """Return TeX without subscripts as Unicode."""
    text = _BAR.sub("\\1\N{COMBINING MACRON}", _UPRIGHT.sub(r"\1", tex))
    for name, letter in sorted(_GREEK.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(name, letter)
    return text

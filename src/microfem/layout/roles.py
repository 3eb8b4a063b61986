"""Functions of regions in a device: a geometry assigns materials by role or by region name."""

ROLES = (
    "anode",
    "cathode",
    "electrolyte",
    "separator",
    "anode_collector",
    "cathode_collector",
    "anode_tab",
    "cathode_tab",
    "substrate",
    "encapsulation",
    "bridge",
    "core",
    "electrode",
    "layer",
    "medium",
)
ELECTRODES = ("anode", "cathode", "electrode")  # the last: a ground plane, a guard, a reference, a third electrode

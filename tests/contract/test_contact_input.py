"""Contacts as a study states them: what is understood, and what is refused with place, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import InputError
from microfem.layout.contacts import PartContact
from microfem.results.summary import from_json, to_json
from microfem.study.contact_reader import stated_contact
from microfem.study.records import Study
from support.studies import study_of

STUDY = """\
name: contacts
designs: {d: {family: interdigital, params: {finger_pairs: 1THIN}, CONTACTS}}
cases:
  f: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}MORE}
OTHER
metrics: {r: resistance(f)}
"""
ONE = "contacts: [{between: [anode, electrolyte], resistance: 20 ohm cm2}]"


def study(folder: Path, contacts: str, more: str = "", other: str = "", thin: str = "") -> Study:
    text = STUDY.replace("CONTACTS", contacts).replace("MORE", more).replace("OTHER", other).replace("THIN", thin)
    return study_of(folder, text)


def test_contacts_are_read(tmp_path: Path) -> None:
    stated = ONE.replace("cm2}", "cm2}, {between: [cathode, electrolyte], insulating: true}")
    read = study(tmp_path, stated).designs["d"].layout().contacts
    assert read == (
        PartContact(between=("anode", "electrolyte"), resistance=pytest.approx(2e-3)),
        PartContact(between=("cathode", "electrolyte"), insulating=True),
    )
    assert from_json(tuple[PartContact, ...], to_json(read)) == read
    again = f"contacts: {[stated_contact(one) for one in read]}".replace("True", "true")
    assert study(tmp_path, again).designs["d"].contacts == read


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("between: [anod, electrolyte], resistance: 1 ohm m2", "no region, film or role 'anod'.* mean 'anode'"),
        ("between: [anode, cathode], resistance: 1 ohm m2", "'anode' and 'cathode' do not touch: they share no face"),
        ("between: [anode, anode], resistance: 1 ohm m2", "'anode' is on both sides of the contact"),
        ("between: [anode, electrolyte], resistance: -1 ohm m2", "resistance: -1 ohm m2 is below its bound"),
        ("between: [anode, electrolyte], resistance: 1 ohm", "'ohm' is not a unit of the same kind as 'ohm m2'"),
        ("between: [anode, electrolyte]", "state a resistance, such as 1 ohm cm2, or insulating: true"),
        (
            "between: [anode, electrolyte], resistance: 1 ohm m2}, {between: [electrolyte, anode], insulating: true",
            r"contacts.1.between: another contact is between 'anode' and 'electrolyte'",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, stated: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        study(tmp_path, f"contacts: [{{{stated}}}]")


def test_films_are_no_partners_of_films(tmp_path: Path) -> None:
    between = ONE.replace("[anode, electrolyte]", "[anode_collector, cathode_collector]")
    with pytest.raises(InputError, match="are films, between which no contact has a resistance"):
        study(tmp_path, between, thin=", collector_thickness: 0.1 um")


def test_cases_that_leave_contacts_out(tmp_path: Path) -> None:
    """A key of a case leads to the design; a physics that would ignore a contact says so."""
    with pytest.raises(InputError, match="unknown key of conduction; state `contacts` of the design"):
        study(tmp_path, ONE, more=", contact_resistance: 1 ohm cm2")
    electric = "  e: {physics: electrostatics, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}"
    with pytest.raises(InputError, match="electrostatics leaves out the contact between 'anode' and 'electrolyte'"):
        study(tmp_path, ONE, other=electric)
    assert study(tmp_path, "source: none", other=electric)

"""Read the contacts of a design, and check them against its layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from microfem.base.errors import InputProblem
from microfem.base.located_yaml import Path_, Source
from microfem.base.registry import did_you_mean
from microfem.layout import Layout, Sheet
from microfem.layout.contacts import PartContact
from microfem.layout.touching import touch
from microfem.study.geometry_schema import ContactModel


def read_contacts(models: Sequence[ContactModel]) -> tuple[PartContact, ...]:
    """Return the contacts that a design states."""
    return tuple(
        PartContact(between=one.between, resistance=one.resistance or 0.0, insulating=one.insulating) for one in models
    )


def stated_contact(contact: PartContact) -> dict[str, object]:
    """Return a contact in the form of a geometry file."""
    how: dict[str, object] = (
        {"insulating": True} if contact.insulating else {"resistance": f"{contact.resistance!r} ohm m2"}
    )
    return {"between": list(contact.between), **how}


def check_contacts(layout: Layout, source: Source, path: Path_) -> list[InputProblem]:
    """Return what is wrong with the contacts of a layout; path: of the design that states them."""
    problems, known = list[InputProblem](), set[frozenset[str]]()
    for number, contact in enumerate(layout.contacts):
        pairs = {frozenset(pair) for pair in product(*contact.sides(layout.parts()))}
        message = next(_wrong(layout, contact), "")
        if not message and (twice := pairs & known):
            message = f"another contact is between {' and '.join(map(repr, sorted(min(twice, key=sorted))))}"
        if message:
            problems.append(source.problem((*path, "contacts", number, "between"), message))
        known |= pairs
    return problems


def _wrong(layout: Layout, contact: PartContact) -> Iterator[str]:
    """Yield what is wrong with a contact."""
    first, second = contact.sides(layout.parts())
    for name, parts in zip(contact.between, (first, second), strict=True):
        if not parts:
            known = sorted({part.name for part in layout.parts()} | {part.role for part in layout.parts()})
            yield f"no region, film or role '{name}' in this layout{did_you_mean(name, known)}"
    if shared := set(first) & set(second):
        yield f"'{min(shared)}' is on both sides of the contact"
    films = [name for name in (*first, *second) if isinstance(layout.part(name), Sheet)]
    if set(films) & set(first) and set(films) & set(second):
        yield f"{contact.label} are films, between which no contact has a resistance; give one of them a height"
    if not touch(layout, first, second):
        yield f"{contact.label} do not touch: they share no face"

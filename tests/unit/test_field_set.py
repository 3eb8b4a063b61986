"""Several fields with one numbering: places, jumps, split vectors, matrices of pairs of fields."""

from __future__ import annotations

import numpy as np
import pytest

from microfem.fem.field_set import CoupledMatrix, FieldSet, assembled, compact_field, field_on, jumping_field

CELLS = np.array([[0, 1, 2], [1, 2, 3], [2, 3, 4]])


def two_fields() -> FieldSet:
    part = compact_field("potential", CELLS[1:] + 10)
    assert part.at is not None
    assert part.at.tolist() == [11, 12, 13, 14]
    return FieldSet(field_on("displacement", CELLS, 6, 2), part)


def test_unknowns_are_ordered_by_field_node_and_component() -> None:
    fields = two_fields()
    assert list(fields) == ["displacement", "potential"]
    assert (fields.size, fields.nodes) == (16, 10)
    assert fields["displacement"].part == slice(0, 12)
    assert fields["potential"].part == slice(12, 16)
    assert fields["displacement"].unknowns[0].tolist() == [0, 1, 2, 3, 4, 5]
    assert fields["potential"].unknowns.tolist() == [[12, 13, 14], [13, 14, 15]]


def test_values_are_views_of_the_unknowns() -> None:
    fields, x = two_fields(), np.arange(16.0)
    fields["displacement"].values(x)[2, 1] = -5.0
    assert x[5] == -5.0
    assert fields["potential"].values(x).ravel().tolist() == [12.0, 13.0, 14.0, 15.0]


def test_a_field_is_nan_where_it_does_not_exist() -> None:
    fields = two_fields()
    spread = fields["potential"].everywhere(np.arange(16.0), 16)
    assert spread[11:15].tolist() == [12.0, 13.0, 14.0, 15.0]
    assert np.isnan(np.delete(spread, range(11, 15))).all()


def test_a_field_jumps_between_groups_alone() -> None:
    field = jumping_field("pressure", CELLS, np.array([0, 0, 1]))
    shared = set(field.nodes[0]) & set(field.nodes[1])
    assert len(shared) == 2  # the two cells of one group share an edge
    assert not set(field.nodes[1]) & set(field.nodes[2])
    assert field.count == 7


def test_numbers_of_free_unknowns() -> None:
    fields = two_fields()
    free = np.array([1, 2, 12, 15])
    table = fields.numbers(free)
    assert table.shape == (10, 2)
    assert table[0].tolist() == [-1, 0]
    assert table[1].tolist() == [1, -1]
    assert table[6:, 0].tolist() == [2, -1, -1, 3]
    assert (table[6:, 1] == -1).all()


def test_nodes_of_fields_on_the_same_simplices() -> None:
    pressure = jumping_field("pressure", CELLS, np.zeros(3, dtype=int))
    fields = FieldSet(field_on("displacement", CELLS, 6, 2), pressure)
    assert fields.simplices()[2].tolist() == [2, 3, 4, 8, 9, 10]


@pytest.mark.parametrize("kind", [float, complex])
def test_a_matrix_of_pairs_is_the_sum_of_its_elements(kind: type) -> None:
    fields, chance = two_fields(), np.random.default_rng(3)
    u, p = fields["displacement"].unknowns, fields["potential"].unknowns
    pairs = [(u, u), (u[1:], p), (p, p)]
    elements = [chance.normal(size=(len(a), a.shape[1], b.shape[1])).astype(kind) for a, b in pairs]
    elements[1] = elements[1] * (2.0 + 1.0j if kind is complex else 2.0)
    expected = np.zeros((16, 16), dtype=kind)
    for (rows, columns), values in zip(pairs, elements, strict=True):
        for row, column, value in zip(rows, columns, values, strict=True):
            expected[np.ix_(row, column)] += value
    matrix = CoupledMatrix(16, pairs).matrix(elements)
    assert matrix.toarray() == pytest.approx(expected, abs=1e-14)
    assert matrix.has_sorted_indices
    assert np.count_nonzero(np.repeat(np.arange(16), np.diff(matrix.indptr)) == matrix.indices) == 16
    assert abs(matrix - matrix.T).max() > 0.1


def test_a_vector_is_the_sum_of_its_elements() -> None:
    unknowns = two_fields()["potential"].unknowns
    assert assembled(16, unknowns, np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]))[12:].tolist() == [1, 12, 23, 30]

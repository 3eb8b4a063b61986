"""Elastic bodies at small strain: stiffness, end faces, loads, rigid-body constraints."""

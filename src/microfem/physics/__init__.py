"""Physics, one file each: the equation with its source, a case schema, the weak form, one solve."""

from microfem.physics.frame import PHYSICS, Case, Field, On, Physics, Report, Solution, Step, physics

__all__ = ["PHYSICS", "Case", "Field", "On", "Physics", "Report", "Solution", "Step", "physics"]

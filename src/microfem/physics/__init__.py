"""Physics, one file each: a case schema, the weak form with its equation and source, one solve."""

from microfem.physics.frame import PHYSICS, Case, Field, On, Physics, Report, Solution, Step, physics

__all__ = ["PHYSICS", "Case", "Field", "On", "Physics", "Report", "Solution", "Step", "physics"]

"""Electrochemical cells: from layouts and materials to equations, and along protocols; no files, no study."""

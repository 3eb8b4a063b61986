"""Constants of electrochemistry, exact since 2019 (CODATA)."""

FARADAY = 96485.33212331  # C/mol
GAS = 8.31446261815324  # J/(mol K)
CHARGE = 1e-12 * FARADAY  # of mol/m3 um3 in uC, and of mol/m3 um2 in C/m
SITE = 1e-6  # current of A/m2 on um2 in uA, and of A/m2 on um in A/m
FLOW = 1e12  # um2/s of m2/s

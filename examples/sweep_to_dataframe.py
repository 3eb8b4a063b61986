"""A sweep over a parameter as a study, and its results as a pandas DataFrame.

You learn how a study is run from Python, and how its table keeps units and errors. It needs pandas:
pip install microfem[frame]
"""

from pathlib import Path

import microfem

GAPS = (50, 100, 200)  # um
DESIGNS = "".join(
    f"  gap{gap}: {{family: stacked, params: {{gap: {gap} um, length: 2 mm, width: 2 mm}}}}\n" for gap in GAPS
)
STUDY = f"""\
name: gaps
accuracy: 1 %
designs:
{DESIGNS}
cases:
  field: {{physics: conduction, dimension: section, terminals: {{anode: 0 V, cathode: 1 V}}}}
metrics:
  resistance: resistance(field)
"""

Path("gaps.yaml").write_text(STUDY)
table = microfem.load("gaps.yaml").run("results").to_dataframe()
print("units:", table.attrs["units"]["gap"], "and", table.attrs["units"]["resistance"])
for name, row in table.iterrows():
    print(f"{name}: gap = {row['gap']:g}, resistance = {row['resistance']:.6g} +- {row['resistance_error']:.1e}")
table.to_csv("gaps.csv")  # or any other method of pandas

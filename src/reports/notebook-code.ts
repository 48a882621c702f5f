/** Reads the CSV of the report. @param file name beside the notebook */
export const loadCode = (file: string): string => `from pathlib import Path
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
from scipy import stats

path = Path(${JSON.stringify(file)})
if not path.exists():
    raise FileNotFoundError(f"{path} is not beside this notebook; write it with: crucible report <id> --formats csv")
cells = pd.read_csv(path, keep_default_na=False, dtype=str)
for column in ("value", "low", "high"):
    cells[column] = pd.to_numeric(cells[column], errors="coerce")
items = cells[cells.table == "items"].pivot_table(index="item", columns=["field", "condition"], values="value", sort=False)
tables = [name for name in cells.table.unique() if name != "items"]
print(f"{len(tables)} tables: {', '.join(tables)}; {len(items)} items")`;

/** Levels and differences with their intervals, from the numbers of the report. */
export const figuresCode = `def intervals(rows, labels, title, reference=None):
    rows, labels = rows.iloc[::-1], labels.iloc[::-1]
    figure, axes = plt.subplots(figsize=(8, 0.9 + 0.3 * len(rows)))
    low = (rows.value - rows.low.fillna(rows.value)).clip(lower=0)
    high = (rows.high.fillna(rows.value) - rows.value).clip(lower=0)
    axes.errorbar(rows.value, range(len(rows)), xerr=[low, high], fmt="o", color="#0072b2", capsize=3)
    if reference is not None:
        axes.axvline(reference, color="#7a7a7a", linewidth=1)
    axes.set_yticks(range(len(rows)), [label[:40].replace("$", r"\\$") for label in labels])
    axes.set_title(title.replace("$", r"\\$"), loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    plt.show()

results = cells[(cells.table == "results") & cells.column.str.startswith("metric-")]
for column, rows in results.dropna(subset=["value"]).groupby("column", sort=False):
    intervals(rows, rows.condition, rows.metric.iloc[0] or column)
differences = cells[cells.column == "difference"].dropna(subset=["value"])
for metric, rows in differences.groupby("metric", sort=False):
    intervals(rows, rows.condition + " − " + rows.against, f"Differences in {metric}", reference=0)`;

/** The tests that scipy has, from the items. A cell that fails here means that the report is wrong. */
export const checkCode = `def again(test, x, y):
    both = pd.concat([x, y], axis=1, keys=["x", "y"]).dropna()
    if test == "exact McNemar test":
        b, c = int(((both.x == 1) & (both.y == 0)).sum()), int(((both.x == 0) & (both.y == 1)).sum())
        return stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    if test == "mid-p McNemar test":
        b, c = int(((both.x == 1) & (both.y == 0)).sum()), int(((both.x == 0) & (both.y == 1)).sum())
        return stats.binomtest(b, b + c, 0.5).pvalue - stats.binom.pmf(b, b + c, 0.5) if b + c else np.nan
    if test == "Fisher's exact test":
        a, c = x.dropna(), y.dropna()
        return stats.fisher_exact([[a.sum(), len(a) - a.sum()], [c.sum(), len(c) - c.sum()]])[1]
    if test == "paired t test":
        return stats.ttest_rel(both.x, both.y).pvalue
    if test == "Welch's t test":
        return stats.ttest_ind(x.dropna(), y.dropna(), equal_var=False).pvalue
    return np.nan

rows = cells[(cells.column == "p") & (cells.test != "")].dropna(subset=["value"]).copy()
known = [(row.field, row.condition) in items.columns and (row.field, row.against) in items.columns for row in rows.itertuples()]
rows = rows[known]
rows["again"] = [again(row.test, items[(row.field, row.condition)], items[(row.field, row.against)]) for row in rows.itertuples()]
checked = rows.dropna(subset=["again"]).rename(columns={"value": "report"})
left = len(rows) - len(checked)
assert np.allclose(checked.report, checked.again, rtol=1e-6, atol=1e-300), checked[~np.isclose(checked.report, checked.again, rtol=1e-6, atol=1e-300)]
print(f"{len(checked)} p-values agree with scipy; {left} come from tests that scipy does not have in this form")
checked[["metric", "group", "condition", "against", "test", "report", "again"]]`;

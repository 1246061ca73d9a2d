"""A figure as CSV."""

import csv
import io

from portal.web.statistics.figures import Figure

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(figure: Figure) -> str:
    """With the mark by which spreadsheets know UTF-8. Durations are in seconds."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(figure.columns)
    for row in figure.rows:
        numbers = [cell.text if cell.number is None else cell.number for cell in row.cells]
        writer.writerow([_harmless(row.label), *numbers])
    return out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text

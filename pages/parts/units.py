"""Amounts as people read them: in a sentence, and on the axis of a chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Currency = Literal["USD", "KRW", "EUR"]
Unit = Literal["events", "bytes", "mbit", "seconds", "percent", "gib", Currency]
SIGNS: Mapping[Currency, str] = {"USD": "$", "KRW": "₩", "EUR": "€"}

# Expressions of Vega for an axis label; `~s` gives k, M, G … for powers of a thousand.
_AXES: Mapping[Unit, str] = {
    "events": "format(datum.value, '~s')",
    "bytes": "replace(format(datum.value, '.3~s'), /([a-zA-Zµ]?)$/, ' $1') + 'B'",
    "mbit": "format(datum.value, ',.3~r') + ' Mbit/s'",
    "seconds": "datum.value < 1 ? format(datum.value * 1000, ',.3~r') + ' ms' : format(datum.value, ',.3~r') + ' s'",
    "percent": "format(datum.value, ',.3~r') + '%'",
    "gib": "format(datum.value, ',') + ' GiB'",
    **{currency: f"replace(format(datum.value, '.3~s'), /^(−?)/, '$1{sign}')" for currency, sign in SIGNS.items()},
}


def axis_text(unit: Unit) -> str:
    """The expression that writes an axis label."""
    return _AXES[unit]


def written(value: float, unit: Unit) -> str:
    """An amount with its unit, three figures where it is not counted.

    >>> written(1234567, "events"), written(2265266823, "bytes"), written(0.0154, "seconds"), written(4.2, "seconds")
    ('1,234,567', '2.27 GB', '15.4 ms', '4.2 s')
    """
    if unit == "events":
        return f"{value:,.0f}"
    if unit in SIGNS:
        return money(value, unit)
    if unit == "gib":
        return f"{value:,.0f} GiB"
    if unit == "bytes":
        return _scaled(value)
    if unit == "seconds":
        return f"{_figures(value * 1000)} ms" if value < 1 else f"{_figures(value)} s"
    return f"{_figures(value)}%" if unit == "percent" else f"{_figures(value)} Mbit/s"


def money(value: float, currency: Currency) -> str:
    """An amount of money: cents below a hundred, four digits of what is less than a cent; won have no cents.

    >>> money(1234.5, "USD"), money(12.345, "EUR"), money(-0.0042, "USD"), money(1234567.8, "KRW")
    ('$1,234', '€12.35', '-$0.0042', '₩1,234,568')
    """
    size = abs(value)
    digits = 0 if currency == "KRW" or size >= 100 or size == 0 else 2 if size >= 0.01 else 4
    written_size = f"{size:,.{digits}f}"
    return f"{'-' if value < 0 and float(written_size.replace(',', '')) else ''}{SIGNS[currency]}{written_size}"


def _scaled(value: float) -> str:
    """Bytes in powers of a thousand, as disks and networks are sold.

    >>> _scaled(999), _scaled(999_999), _scaled(1_000_000)
    ('999 B', '1 MB', '1 MB')
    """
    names = ("B", "kB", "MB", "GB", "TB", "PB")
    place = 0
    while abs(value) >= 999.5 and place < len(names) - 1:
        value, place = value / 1000, place + 1
    return f"{_figures(value)} {names[place]}"


def _figures(value: float) -> str:
    """Three figures, more before the point.

    >>> _figures(1234.5), _figures(12.345), _figures(0.0054), _figures(0)
    ('1,234', '12.3', '0.0054', '0')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{float(f'{value:.3g}'):g}"

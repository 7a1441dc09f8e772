"""Quantities with their unit in the type: sizes, token counts, durations, speeds, rates, prices.

Every quantity is written in a spec as `NUMBER UNIT` and prints in the same form.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from freehold.numerals import readings

_NUMBER = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)[ ]?([A-Za-z/]*)")


def _refuse(
    what: str, value: object, example: str, units: Iterable[str] = (), remedy: str = ""
) -> PydanticCustomError:
    """What is wrong with `value`; `remedy` unless adding one of the units mends it."""
    return PydanticCustomError(
        "unit",
        "{what} is written like {example}",
        {"what": what, "example": example, "got": value, "units": tuple(units)}
        | ({"remedy": remedy} if remedy else {}),
    )


_MOST = 2**63 - 1
"""systemd, HAProxy and nftables count in 64 bits with a sign."""


class _Written:
    """What a spec spells as text: a field of this type takes what `parse` does."""

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        """What `value` spells."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )


class Quantity(_Written, int):
    """A whole number of one base unit, written with any unit of `UNITS`."""

    WHAT: ClassVar[str]
    EXAMPLE: ClassVar[str]
    UNITS: ClassVar[Mapping[str, int]]
    BARE: ClassVar[bool] = False

    @classmethod
    def parse(cls, value: object) -> Self:
        """The quantity that `value` spells.

        Raises:
            PydanticCustomError: `value` is not a positive number with a known unit, is
                finer than the base unit, or more than hosts can count.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and cls.BARE:
            return cls._counted(value, value)
        matched = _NUMBER.fullmatch(value) if isinstance(value, str) else None
        if matched is None or matched[2] not in cls.UNITS:
            raise _refuse(cls.WHAT, value, cls.EXAMPLE, cls.UNITS)
        exact = Decimal(matched[1]) * cls.UNITS[matched[2]]
        if exact != int(exact):
            finest = min(cls.UNITS, key=cls.UNITS.__getitem__) or "one"
            raise _refuse(cls.WHAT, value, cls.EXAMPLE, remedy=f"write a multiple of 1 {finest}")
        return cls._counted(int(exact), value)

    @classmethod
    def _counted(cls, number: int, value: object) -> Self:
        if number <= 0:
            raise _refuse(cls.WHAT, value, cls.EXAMPLE, remedy="write more than zero")
        if number > _MOST:
            unit, size = max(cls.UNITS.items(), key=lambda item: item[1])
            remedy = f"write at most {_MOST // size} {unit}"
            raise _refuse(cls.WHAT, value, cls.EXAMPLE, remedy=remedy)
        return cls(number)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        units = "|".join(re.escape(unit) for unit in cls.UNITS if unit)
        text = {"type": "string", "pattern": rf"^[0-9]+(\.[0-9]+)? ?({units})$"}
        spelling: JsonSchemaValue = {"description": f"{cls.WHAT}, such as {cls.EXAMPLE}"}
        if cls.BARE:
            return spelling | {"anyOf": [text, {"type": "integer", "exclusiveMinimum": 0}]}
        return spelling | text

    def __str__(self) -> str:
        """The largest unit that leaves the number exact; else one with a decimal."""
        units = sorted(self.UNITS.items(), key=lambda item: -item[1])
        exact = next((u for u in units if self >= u[1] and self % u[1] == 0), units[-1])
        return f"{int(self) // exact[1]} {exact[0]}".rstrip()

    __repr__ = __str__


class Bytes(Quantity):
    """An amount of memory or storage, in bytes."""

    WHAT = "a size"
    EXAMPLE = "`48 GiB` or `4 TB`"
    UNITS: ClassVar = {
        "B": 1,
        "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15,
        "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50,
    }  # fmt: skip

    @property
    def gib(self) -> str:
        """The amount in GiB with two decimals, for comparing one with another."""
        return f"{int(self) / 2**30:.2f} GiB"


class Tokens(Quantity):
    """A length of text, in tokens."""

    WHAT = "a number of tokens"
    EXAMPLE = "`2000` or `16k` (1k = 1024)"
    UNITS: ClassVar = {"": 1, "k": 2**10, "M": 2**20}
    BARE = True


class Duration(Quantity):
    """A span of time, in milliseconds."""

    WHAT = "a duration"
    EXAMPLE = "`2 s`, `500 ms` or `5 years`"
    UNITS: ClassVar = {
        "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "day": 86_400_000, "days": 86_400_000,
        "week": 604_800_000, "weeks": 604_800_000,
        "month": 2_629_746_000, "months": 2_629_746_000,
        "year": 31_556_952_000, "years": 31_556_952_000,
    }  # fmt: skip

    def __str__(self) -> str:
        """As of any quantity, with a plural of words."""
        number, unit = super().__str__().split()
        plural = f"{unit}s"
        return f"{number} {plural if number != '1' and plural in self.UNITS else unit}"

    @property
    def seconds(self) -> int:
        """The span in whole seconds, rounded up."""
        return -(-int(self) // 1000)

    @property
    def months(self) -> int:
        """The span in whole calendar months, rounded to the nearest."""
        return (int(self) + 1_314_873_000) // 2_629_746_000


class Bandwidth(Quantity):
    """A memory or network speed, in bytes per second."""

    WHAT = "a bandwidth"
    EXAMPLE = "`864 GB/s`"
    UNITS: ClassVar = {"B/s": 1, "MB/s": 10**6, "GB/s": 10**9, "TB/s": 10**12}


class Power(Quantity):
    """Electric power, in watts."""

    WHAT = "a power"
    EXAMPLE = "`350 W`"
    UNITS: ClassVar = {"W": 1, "kW": 1000}


class RequestRate(Quantity):
    """A limit on requests, per minute."""

    WHAT = "a request rate"
    EXAMPLE = "`600/min` or `10/s`"
    UNITS: ClassVar = {"/min": 1, "/s": 60}


def _speed(value: object) -> Decimal:
    matched = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?tok/s", str(value))
    if not isinstance(value, (str, Decimal)) or matched is None or Decimal(matched[1]) <= 0:
        raise _refuse("a speed", value, "`20 tok/s`")
    return Decimal(matched[1])


class Percent(_Written, Decimal):
    """A share or a rate, written `8 %`; its value is the fraction, 0.08."""

    LEAST: ClassVar = Decimal(0)
    MOST: ClassVar = Decimal(1)
    EXAMPLE: ClassVar = "`8 %`"

    @classmethod
    def parse(cls, value: object) -> Self:
        """The fraction that `value` spells.

        Raises:
            PydanticCustomError: it is not `NUMBER %`, or lies outside `LEAST` to `MOST`.
        """
        if isinstance(value, cls):
            return value
        pattern = r"(-?[0-9]{1,6}(?:\.[0-9]{1,6})?) ?%"
        matched = re.fullmatch(pattern, value) if isinstance(value, str) else None
        if matched is None:
            raise _refuse("a percentage", value, cls.EXAMPLE, remedy=cls._remedy(value))
        fraction = Decimal(matched[1]).scaleb(-2)
        if not cls.LEAST <= fraction <= cls.MOST:
            least, most = (cls(bound).written for bound in (cls.LEAST, cls.MOST))
            raise PydanticCustomError(
                "between", "not between {least} and {most}", {"least": least, "most": most}
            )
        return cls(fraction)

    @staticmethod
    def _remedy(value: object) -> str:
        """For a number without its sign, which may be meant as a share of 1 or of 100."""
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,6})?", str(value)):
            return ""
        number = Decimal(str(value))
        share = f"`{(number * 100).normalize():f} %` or " if 0 < abs(number) < 1 else ""
        return f"write {share}`{number} %`"

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {
            "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)? ?%$",
            "description": f"a percentage, such as {cls.EXAMPLE}",
        }  # fmt: skip

    @property
    def written(self) -> str:
        """As in a spec, such as `8 %`."""
        return f"{(self * 100).normalize():f} %"


class Change(Percent):
    """A rate of change each year, which may be negative, such as `-10 %`."""

    LEAST: ClassVar = Decimal("-0.9")
    EXAMPLE: ClassVar = "`3 %` or `-10 %`"


Speed = Annotated[Decimal, BeforeValidator(_speed, json_schema_input_type=str)]
"""Tokens per second, seen by one user."""


def _as_money(value: object) -> str:
    """What mends an amount that is negative, or written with separators as people do."""
    pattern = r"(-?) ?([0-9][0-9., '\u2019\u00a0\u202f]*?) ?([A-Za-z]{3}(?:/.*)?)"
    matched = re.fullmatch(pattern, str(value))
    if matched is None:
        return ""
    if matched[1]:
        return "write what is paid, which is never less than nothing"
    code, slash, per = matched[3].partition("/")
    numbers = [number for number in readings(matched[2]) if _NUMBER.fullmatch(number)]
    found = [f"`{number} {code.upper()}{slash}{per}`" for number in numbers]
    choice = ", whichever is meant" if found[1:] else ""
    return f"write {' or '.join(found)}{choice}" if found else ""


@dataclass(frozen=True, slots=True)
class Price(_Written):
    """An amount of money per unit, such as `0.19 EUR/kWh`."""

    amount: Decimal
    currency: str
    per: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}/{self.per}"

    @classmethod
    def parse(cls, value: object) -> Self:
        """The price that `value` spells.

        Raises:
            PydanticCustomError: it is not `AMOUNT CUR/UNIT`.
        """
        if isinstance(value, cls):
            return value
        pattern = r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ([A-Z]{3})/([A-Za-z]{1,10}(?:/[A-Za-z]{1,10})?)"
        matched = re.fullmatch(pattern, value) if isinstance(value, str) else None
        if matched is None:
            raise _refuse("a price", value, "`0.19 EUR/kWh`", remedy=_as_money(value))
        return cls(Decimal(matched[1]), matched[2], matched[3])

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "description": "a price, such as `0.19 EUR/kWh`"}


@dataclass(frozen=True, slots=True)
class Money(_Written):
    """An amount of money, such as `7200.00 EUR`."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @classmethod
    def parse(cls, value: object) -> Self:
        """The amount that `value` spells.

        Raises:
            PydanticCustomError: it is not `AMOUNT CUR`.
        """
        if isinstance(value, cls):
            return value
        pattern = r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ([A-Z]{3})"
        matched = re.fullmatch(pattern, value) if isinstance(value, str) else None
        if matched is None:
            raise _refuse("an amount of money", value, "`7200.00 EUR`", remedy=_as_money(value))
        return cls(Decimal(matched[1]), matched[2])

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "description": "an amount of money, such as `7200.00 EUR`"}

"""XSD's built-in types: bounds of the whole numbers, and a plain value for each of the others."""

ANY_SIMPLE = "anySimpleType"

_MANY = "1000000000000"
INTEGER_BOUNDS: dict[str, tuple[str, str]] = {
    "integer": (f"-{_MANY}", _MANY),
    "nonNegativeInteger": ("0", _MANY),
    "positiveInteger": ("1", _MANY),
    "nonPositiveInteger": (f"-{_MANY}", "0"),
    "negativeInteger": (f"-{_MANY}", "-1"),
    "long": ("-9223372036854775808", "9223372036854775807"),
    "int": ("-2147483648", "2147483647"),
    "short": ("-32768", "32767"),
    "byte": ("-128", "127"),
    "unsignedLong": ("0", "18446744073709551615"),
    "unsignedInt": ("0", "4294967295"),
    "unsignedShort": ("0", "65535"),
    "unsignedByte": ("0", "255"),
}
"""The least and the greatest value; unbounded types end where every tool still follows."""

FIXED_VALUES = {
    "boolean": "true",
    "duration": "P1D",
    "dateTime": "2026-01-15T09:30:00Z",
    "date": "2026-01-15",
    "time": "09:30:00Z",
    "gYear": "2026",
    "gYearMonth": "2026-01",
    "gMonth": "--01",
    "gMonthDay": "--01-15",
    "gDay": "---15",
    "QName": "name",
    "language": "en",
}
"""Types whose values lengths do not apply to, or that need a form of their own."""

TEXTS = {
    ANY_SIMPLE: "text",
    "anyURI": "urn:example:sample",
    "Name": "name",
    "NCName": "name",
    "NMTOKEN": "token",
    "NMTOKENS": "token",
    "IDREF": "id-1",
    "IDREFS": "id-1",
    "ENTITY": "name",
    "ENTITIES": "name",
}
"""Texts that may be cut or repeated to fit a length."""

_PLAIN = ("anyType", "string", "normalizedString", "token", "decimal", "float", "double", "hexBinary", "base64Binary")
NAMES = frozenset((*INTEGER_BOUNDS, *FIXED_VALUES, *TEXTS, *_PLAIN, "ID", "NOTATION"))
"""All of XSD's types."""

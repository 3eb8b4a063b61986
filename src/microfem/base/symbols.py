"""Stub."""


def symbol_text(name: str) -> str:
    return ""

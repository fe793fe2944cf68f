"""Which elements an ``xs:any`` lets stand in its place."""


def admits(name: str, allowed: list[str], target: str) -> bool:
    """Whether a wildcard's namespace list admits an element."""
    namespace = name[1:].partition("}")[0] if name.startswith("{") else ""
    for word in allowed:
        if word == "##any" or (word == "##other" and namespace not in ("", target)):
            return True
        if word == "##targetNamespace" and namespace == target:
            return True
        if namespace == ("" if word == "##local" else word):
            return True
    return False

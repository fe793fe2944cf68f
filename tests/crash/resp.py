"""Where one RESP value ends, in either version of the protocol, and what a command says. Pure."""

_LINES = b"+-:_#,("
_BULKS = b"$!="
_LISTS = b"*~>"
_MAPS = b"%|"


def end_of(data: bytes | bytearray, start: int = 0) -> int | None:
    """Return where the value that begins at ``start`` ends; None while it is not whole."""
    line_end = data.find(b"\r\n", start)
    if line_end < 0:
        return None
    kind, after = data[start : start + 1], line_end + 2
    if kind in _LINES:
        return after
    if kind not in _BULKS + _LISTS + _MAPS:
        raise ValueError(f"{bytes(data[start : start + 20])!r} is no RESP")
    number = int(data[start + 1 : line_end])
    if kind in _BULKS:
        end = after if number < 0 else after + number + 2
        return end if end <= len(data) else None
    parts = 2 * number if kind in _MAPS else number
    # An attribute stands before the value that it is about.
    return _end_of_parts(data, after, parts + 1 if kind == b"|" else parts)


def _end_of_parts(data: bytes | bytearray, at: int, parts: int) -> int | None:
    for _ in range(parts):
        found = end_of(data, at)
        if found is None:
            return None
        at = found
    return at


def words(command: bytes, most: int = 2) -> list[bytes]:
    """Return the first words of a command."""
    found: list[bytes] = []
    at = command.find(b"\r\n") + 2
    while len(found) < most and at < len(command):
        line_end = command.find(b"\r\n", at)
        length = int(command[at + 1 : line_end])
        found.append(bytes(command[line_end + 2 : line_end + 2 + length]))
        at = line_end + length + 4
    return found


def length(answer: bytes) -> int:
    """Return how many elements a list has; 0 for anything else."""
    return int(answer[1 : answer.find(b"\r\n")]) if answer[:1] == b"*" else 0

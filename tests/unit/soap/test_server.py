"""What the gateway's processes are made of."""

import pytest

from jmswrap.errors import ConfigError
from jmswrap.soap.server import http_parser, listen


@pytest.mark.parametrize(
    ("gunicorn", "c_parser", "parser"),
    [
        ((26, 2, 0), (0, 6, 9), "fast"),
        ((26, 2, 0), (), "python"),
        ((27, 0, 1), (0, 6, 9), "python"),
        ((27, 0, 1), (0, 6, 14), "fast"),
    ],
)
def test_the_c_parser_is_used_only_where_it_keeps_the_next_request(
    gunicorn: tuple[int, ...], c_parser: tuple[int, ...], parser: str
) -> None:
    assert http_parser(gunicorn, c_parser) == parser


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(ConfigError, match=r"choose another `gateway\.port`"):
        listen("127.0.0.1", taken.getsockname()[1])

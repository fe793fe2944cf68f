"""The proxy's reading of RESP: where a value ends, whatever it is."""

import pytest

from tests.crash import resp

WHOLE = [
    b"+OK\r\n",
    b":1\r\n",
    b"$-1\r\n",
    b"$5\r\na\r\nbc\r\n",
    b"*0\r\n",
    b"*2\r\n$1\r\na\r\n*1\r\n:7\r\n",
    b"%1\r\n+key\r\n~2\r\n#t\r\n_\r\n",
    b">2\r\n+message\r\n+body\r\n",
    b"|1\r\n+ttl\r\n:3\r\n+the value\r\n",
]


@pytest.mark.parametrize("value", WHOLE)
def test_a_value_ends_where_the_next_one_begins(value: bytes) -> None:
    assert resp.end_of(value + b"+next\r\n") == len(value)


@pytest.mark.parametrize("value", WHOLE)
def test_a_value_that_is_not_whole_has_no_end(value: bytes) -> None:
    assert [resp.end_of(value[:length]) for length in range(len(value))] == [None] * len(value)


def test_the_words_of_a_command_are_read_as_bytes() -> None:
    assert resp.words(b"*3\r\n$7\r\nEVALSHA\r\n$3\r\nabc\r\n$1\r\n0\r\n") == [b"EVALSHA", b"abc"]


def test_what_is_no_resp_is_refused() -> None:
    with pytest.raises(ValueError, match="is no RESP"):
        resp.end_of(b"GET / HTTP/1.1\r\n")

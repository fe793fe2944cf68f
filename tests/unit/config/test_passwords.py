"""Hashes of passwords, and names of certificates."""

import pytest

from jmswrap.config.certificates import normal, subject
from jmswrap.config.passwords import hashed, read_hash

FINGERPRINT = "ab" * 32


@pytest.mark.parametrize(
    ("written", "password"),
    [
        # Made by openssl passwd -5.
        ("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"),
        ("$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", "Hello world!"),
        ("$5$x$axDQZkhK0ZRj65Q2wYwDv2MrERYVRjAfx2UzCKdz0YB", "a" * 70),
    ],
)
def test_a_hash_of_sha256_crypt_fits_its_password_only(written: str, password: str) -> None:
    found = read_hash(written)
    assert found is not None
    assert found.fits(password.encode())
    assert not found.fits(b"something else")


def test_a_new_hash_fits_its_password_only_and_is_another_each_time() -> None:
    one, other = hashed(b"open sesame"), hashed(b"open sesame")
    assert one != other
    found = read_hash(one)
    assert found is not None
    assert found.fits(b"open sesame")
    assert not found.fits(b"open sesam")
    assert not found.fits(b"x" * 2000)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "password",
        "$5$salt$short",
        "$5$rounds=99999999$salt$3xv.VbSCBX41eDL9L3voedZs0K/.MxVqVMg3tbdGdrD",
        "$scrypt$ln=40,r=8,p=1$c2FsdA$" + "A" * 43,
        "$scrypt$ln=15,r=8,p=1$c2FsdA$AAAA",
        "$6$salt$" + "A" * 86,
    ],
)
def test_what_is_no_usable_hash_is_none(written: str) -> None:
    assert read_hash(written) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=ccb,O=Utility", "O=Utility, CN=ccb"),
        ("commonName=ccb, organizationName=Utility", "cn=ccb,o=Utility"),
        (r"CN=a\,b", r"CN=a\,b"),
        (f"sha256:{FINGERPRINT}", "SHA256:" + ":".join(["AB"] * 32)),
    ],
)
def test_two_spellings_of_a_certificate_have_one_form(one: str, other: str) -> None:
    assert normal(one) == normal(other) != ""


@pytest.mark.parametrize("written", ["ccb", "sha256:12", "sha1:" + "ab" * 20, "", "CN=", "=x", "CN=a;O=b,"])
def test_what_names_no_certificate_is_empty_or_itself(written: str) -> None:
    assert normal(written) in ("", "CN=", "CN=a;O\\=b")


def test_a_value_cannot_pretend_to_be_two_attributes() -> None:
    assert subject((("commonName", "ccb,O=Utility"),)) != subject(
        (("commonName", "ccb"), ("organizationName", "Utility"))
    )

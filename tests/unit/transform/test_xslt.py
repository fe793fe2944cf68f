"""What a stylesheet may do, and what it says when it may not."""

import sys
import threading
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.errors import ConfigError, TransformError
from jmswrap.transform.xslt import Transform

HEAD = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
    'xmlns:exsl="http://exslt.org/common" xmlns:my="urn:my" extension-element-prefixes="exsl">\n'
    '<xsl:param name="who"/>\n'
)


def stylesheet(folder: Path, body: str) -> Path:
    path = folder / "step.xsl"
    path.write_text(f"{HEAD}{body}</xsl:stylesheet>")
    return path


def matching(inside: str) -> str:
    return f'<xsl:template match="/">{inside}</xsl:template>'


def test_a_document_is_transformed(tmp_path: Path) -> None:
    step = Transform(stylesheet(tmp_path, matching('<r><xsl:value-of select="a/b"/></r>')))
    assert etree.fromstring(step(b"<a><b>1</b></a>")).text == "1"


def test_parameters_are_strings_whatever_is_in_them(tmp_path: Path) -> None:
    step = Transform(stylesheet(tmp_path, matching('<r><xsl:value-of select="$who"/></r>')))
    assert etree.fromstring(step(b"<a/>", {"who": """it's "1 + 1" & <more>""", "not a name": "x"})).text == (
        """it's "1 + 1" & <more>"""
    )


def test_the_result_is_bytes_without_a_declaration(tmp_path: Path) -> None:
    step = Transform(stylesheet(tmp_path, '<xsl:output encoding="iso-8859-1"/>' + matching("<r>grün</r>")))
    result = step(b"<a/>")
    assert result.startswith(b"<r ")
    assert result.endswith("grün</r>".encode())


@pytest.mark.parametrize("address", ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x.xml", ""])
def test_document_is_refused(tmp_path: Path, address: str) -> None:
    step = Transform(stylesheet(tmp_path, matching(f"\n<r><xsl:copy-of select=\"document('{address}')\"/></r>")))
    with pytest.raises(TransformError, match=r"step\.xsl:\d+: .*(refused|denied)"):
        step(b"<a/>")


def test_writing_a_file_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out.xml"
    step = Transform(stylesheet(tmp_path, matching(f'<exsl:document href="{target}"><x/></exsl:document><r/>')))
    with pytest.raises(TransformError, match="refused"):
        step(b"<a/>")
    assert not target.exists()


def test_a_terminating_message_is_the_error(tmp_path: Path) -> None:
    body = matching('<xsl:message terminate="yes">no person <xsl:value-of select="a"/></xsl:message>')
    with pytest.raises(TransformError, match=r"step\.xsl: no person 7"):
        Transform(stylesheet(tmp_path, body))(b"<a>7</a>")


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ('<r><xsl:value-of select="$nope"/></r>', r"step\.xsl:3: .*nope"),
        ('<r><xsl:value-of select="nofunction()"/></r>', r"step\.xsl:3: Unregistered function"),
        ("only text", "the result has no element"),
    ],
)
def test_a_mistake_in_the_stylesheet_names_its_line(tmp_path: Path, inside: str, said: str) -> None:
    with pytest.raises(TransformError, match=said):
        Transform(stylesheet(tmp_path, matching(inside)))(b"<a/>")


def test_endless_recursion_ends(tmp_path: Path) -> None:
    body = '<xsl:template name="z"><xsl:call-template name="z"/></xsl:template>'
    with pytest.raises(TransformError, match="recursion"):
        Transform(stylesheet(tmp_path, body + matching('<xsl:call-template name="z"/>')))(b"<a/>")


@pytest.mark.parametrize("document", [b"<a", b"", b"<!DOCTYPE a><a/>"])
def test_a_document_that_cannot_be_read_is_an_error(tmp_path: Path, document: bytes) -> None:
    with pytest.raises(TransformError):
        Transform(stylesheet(tmp_path, matching("<r/>")))(document)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<a", "not XML"),
        ("<a/>", "no XSLT"),
        (f"{HEAD}<xsl:include href='x.xsl'/></xsl:stylesheet>", "no file x.xsl"),
        (f"{HEAD}<xsl:templat match='/'/></xsl:stylesheet>", "templat"),
    ],
)
def test_a_stylesheet_that_cannot_be_compiled_is_a_config_error(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "step.xsl").write_text(text)
    with pytest.raises(ConfigError, match=said):
        Transform(tmp_path / "step.xsl")


def test_extensions_are_functions_of_the_stylesheet(tmp_path: Path) -> None:
    path = stylesheet(tmp_path, matching("<r><xsl:value-of select=\"my:double('ab')\"/></r>"))
    step = Transform(path, {("urn:my", "double"): lambda _, value: value * 2})
    assert etree.fromstring(step(b"<a/>")).text == "abab"


def test_several_threads_use_one_transform(tmp_path: Path) -> None:
    step = Transform(stylesheet(tmp_path, matching('<r><xsl:value-of select="a"/></r>')))
    wrong: list[str] = []

    def work(number: int) -> None:
        for _ in range(50):
            text = etree.fromstring(step(f"<a>{number}</a>".encode())).text
            if text != str(number):
                wrong.append(f"{number} became {text}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_a_later_version_without_saxon_is_refused_in_one_sentence(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As when the package is not installed.
    monkeypatch.setitem(sys.modules, "saxonche", None)
    sheet = tmp_path / "later.xsl"
    text = (
        '<xsl:stylesheet version="%s" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:sequence/></xsl:stylesheet>'
    )
    sheet.write_text(text % version)
    wanted = rf"later\.xsl:1: the stylesheet is XSLT {version}, .* pip install 'jmswrap\[saxon\]'"
    with pytest.raises(ConfigError, match=wanted):
        Transform(sheet)

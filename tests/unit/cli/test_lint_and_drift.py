"""``jmswrap lint`` and ``jmswrap drift`` as a person calls them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jmswrap.contract.wrap import wrap

WSDLS = Path(__file__).parents[2] / "data" / "wsdl"


def jmswrap(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jmswrap", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return wrap(str(WSDLS / "orders.wsdl"), tmp_path / "orders").folder


def test_lint_says_what_is_refused_and_exits_with_1() -> None:
    done = jmswrap("lint", WSDLS / "rpc-many.wsdl")
    assert done.returncode == 1
    assert f"{WSDLS / 'rpc-many.wsdl'}:60: refused (JAX-WS, .NET, WS-I R2706)" in done.stdout
    assert "8 refused, 2 minded, 0 note." in done.stdout


def test_lint_of_a_published_wsdl_exits_with_0_and_gives_json(orders: Path) -> None:
    done = jmswrap("lint", "--json", orders / "wsdl" / "OrderService.wsdl")
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"] == []


def test_lint_lists_its_rules_and_wants_a_wsdl_otherwise() -> None:
    rules = json.loads(jmswrap("lint", "--rules", "--json").stdout)
    assert {"rule", "severity", "tools", "reason"} == set(rules[0])
    assert jmswrap("lint").returncode == 2


def test_drift_tells_breaking_from_not_breaking(orders: Path, tmp_path: Path) -> None:
    today = tmp_path / "today.wsdl"
    text = (WSDLS / "orders.wsdl").read_text()
    today.write_text(text.replace('name="note" type="xs:string" minOccurs="0"', 'name="note" type="xs:string"'))
    same = jmswrap("drift", "-c", orders, "--from", WSDLS / "orders.wsdl")
    assert (same.returncode, same.stderr) == (0, "")
    drifted = jmswrap("drift", "-c", orders, "OrderService", "--from", today)
    assert drifted.returncode == 1
    assert "breaking: operation PlaceOrder: in the request, PlaceOrder/note is required now." in drifted.stdout
    listed = json.loads(jmswrap("drift", "-c", orders, "--from", today, "--json").stdout)
    assert [d["breaking"] for d in listed[0]["differences"]] == [True]


def test_drift_says_why_a_partner_could_not_be_asked(orders: Path) -> None:
    done = jmswrap("drift", "-c", orders, "--from", orders / "nowhere.wsdl")
    assert done.returncode == 1
    assert "OrderService: not compared: " in done.stdout
    unknown = jmswrap("drift", "-c", orders, "OrderServices")
    assert "OrderService" in unknown.stderr

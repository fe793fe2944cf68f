import json
import subprocess
import sys

from jmswrap.testing.host import plan_of
from jmswrap.testing.partner import Behaviour


def test_a_plan_hosts_several_partners_and_ends_with_its_starter(wsdl, tmp_path):
    plan = [{"name": name, "wsdl": str(wsdl), "ledger": str(tmp_path / name)} for name in ("one", "two")]
    with subprocess.Popen(
        [sys.executable, "-m", "jmswrap.testing.host", json.dumps(plan)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        addresses = json.loads(process.stdout.readline())
        assert sorted(addresses) == ["one", "two"]
        assert len({address.split("/")[2] for address in addresses.values()}) == 2
        process.stdin.close()
        assert process.wait(60) == 0


def test_a_plan_says_how_each_partner_behaves():
    (hosted,) = plan_of('[{"name": "x", "wsdl": "x.wsdl", "behaviour": {"down_after": 3}}]')
    assert hosted.behaviour == Behaviour(down_after=3)


def test_a_plan_with_a_wrong_wsdl_is_one_sentence(tmp_path):
    plan = json.dumps([{"name": "x", "wsdl": str(tmp_path / "no.wsdl")}])
    done = subprocess.run(
        [sys.executable, "-m", "jmswrap.testing.host", plan], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)

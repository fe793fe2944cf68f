from pathlib import Path

import pytest

from jmswrap.config.load import load

GOOD = """\
jmswrap: 1
name: demo
namespaces: {p: urn:people}
services:
  people: {wsdl: people.wsdl}
partners:
  mdm: {wsdl: people.wsdl, address: "http://127.0.0.1:9/x"}
routes:
  sync:
    from: {service: people}
    to: {partner: mdm}
    key: {xpath: p:id}
"""


def write(folder: Path, text: str) -> Path:
    (folder / "people.wsdl").write_text("<x/>")
    file = folder / "jmswrap.yaml"
    file.write_text(text)
    return file


def told(folder: Path, text: str) -> list[str]:
    config, problems = load(write(folder, text))
    assert (config is None) == bool(problems)
    return [f"{problem.line}: {problem.sentence}" for problem in problems]


def test_a_right_file_loads(tmp_path):
    config, problems = load(write(tmp_path, GOOD))
    assert problems == []
    assert config is not None
    assert config.routes["sync"].source.service == "people"
    assert config.queue_of("sync") == "sync"
    assert config.partners["mdm"].timeouts.connect_seconds == 5


def test_five_mistakes_give_five_sentences_with_their_lines(tmp_path):
    text = """\
jmswrap: 1
name: demo
gateway:
  prot: 8081
store:
  lease_seconds: soon
partners:
  mdm: {wsdl: gone.wsdl}
routes:
  sync:
    from: {service: peeple}
    to: {partner: mdm}
    key: {xpath: "q:id"}
"""
    assert told(tmp_path, text) == [
        "4: unknown key `gateway.prot`: did you mean `port`?",
        "6: `store.lease_seconds` must be a number, not `soon`",
        f"8: there is no file `gone.wsdl` in {tmp_path}: paths are relative to the folder of this file",
        "11: route `sync` comes from `peeple`, which is no service: remove it",
        "13: the XPath `q:id` uses the prefix `q`: declare it under `namespaces`",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: demo", "name: demo\nname: again", "3: `name` is given twice (first on line 2): keep one"),
        ("name: demo\n", "", "`name` is missing: the integration's name"),
        ("name: demo", "name: 12", "2: `name` must be text (put quotes around a number or a date), not `12`"),
        ("jmswrap: 1", "jmswrap: 2", "1: `jmswrap` must be 1, the version"),
        ("{service: people}", "{service: people, queue: q}", "10: route `sync` needs exactly one of `service`"),
        ("{service: people}", "{}", "10: route `sync` needs exactly one of `service` and `queue`"),
        ("{partner: mdm}", "{partner: mdm, queue: q}", "11: route `sync` needs exactly one of `partner` and `queue`"),
        ("{partner: mdm}", "{partner: mdn}", "goes to `mdn`, which is no partner: did you mean `mdm`?"),
        ("{xpath: p:id}", "{xpath: p:id, header: x}", "12: `key` needs exactly one of"),
        ("{xpath: p:id}", "{xpath: 'p:id['}", "12: `p:id[` is not an XPath 1.0 expression"),
        ("{wsdl: people.wsdl}\npart", "{}\npart", "5: service `people` needs exactly one of `wsdl`"),
        ("http://127", "ftp://127", "7: `partners.mdm.address` must be an address like"),
        ("http://127", "http://me:secret@127", "7: `partners.mdm.address` holds a user name or password"),
        ("name: demo", "name: demo\ngateway: {host: 0.0.0.0}", "where anybody could call"),
        ("name: demo", "name: demo\nstore: {url: 'http://x'}", "`store.url` must begin with redis://"),
        ("name: demo", "name: demo\nstore: {url: 'sentinel://x:26379'}", "`store.url` says too little"),
        ("key: {xpath: p:id}", "steps: [{xslt: no.xsl}]", "12: there is no file `no.xsl`"),
        ("key: {xpath: p:id}", "priority: 10", "12: `routes.sync.priority` is `10`, but it must be at most 9"),
        ("key: {xpath: p:id}", "on_dead: hodl", "on_dead` must be `hold` or `release` or `nack`, not `hodl`"),
        ("key: {xpath: p:id}", "retry: {waits_seconds: [.inf]}", "waits_seconds[1]` must be a finite number"),
        ("key: {xpath: p:id}", "retry: {waits_seconds: []}", "must have at least 1 value"),
        ("name: demo", "name: [demo", "this is not YAML"),
        ("name: demo", "name: &a [*a]", "an alias that contains itself"),
        ("name: demo", "name: !!python/name:os.system x", "this is not YAML: could not determine a constructor"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(tmp_path, old, new, expected):
    assert old in GOOD
    (sentence,) = told(tmp_path, GOOD.replace(old, new))
    assert expected in sentence


def test_two_routes_that_read_one_queue_are_a_problem(tmp_path):
    text = GOOD + "  a: {from: {queue: w}, to: {partner: mdm}}\n  b: {from: {queue: w}, to: {partner: mdm}}\n"
    assert told(tmp_path, text) == ["14: routes `a` and `b` both read `w`: keep one"]


def test_a_queue_delivers_to_one_partner_only(tmp_path):
    text = GOOD.replace("partners:\n", "partners:\n  other: {wsdl: people.wsdl}\n")
    text += "  a: {from: {service: people, operation: x}, queue: sync, to: {partner: other}}\n"
    (sentence,) = told(tmp_path, text)
    assert "queue `sync` would deliver to `mdm` (route `sync`) and to `other`: give route `a` a `queue`" in sentence


def test_routes_that_send_messages_in_a_circle_are_a_problem(tmp_path):
    text = GOOD + "  a: {from: {queue: v}, to: {queue: w}}\n  b: {from: {queue: w}, to: {queue: v}}\n"
    assert told(tmp_path, text) == ["13: messages would go round for ever: routes a → b → a"]


def test_anchors_and_merge_keys_work(tmp_path):
    text = GOOD.replace("mdm: {", "mdm: &m {") + "  two: {from: {queue: q}, to: {partner: b}}\n"
    text = text.replace("routes:", "  b: {<<: *m, concurrency: 3}\nroutes:")
    config, problems = load(write(tmp_path, text))
    assert problems == []
    assert config is not None
    assert config.partners["b"].concurrency == 3
    assert config.partners["b"].address == "http://127.0.0.1:9/x"


def test_aliases_of_aliases_are_refused_instead_of_filling_memory(tmp_path):
    rows = ["x0: &x0 [1, 1]"] + [f"x{n}: &x{n} [*x{n - 1}, *x{n - 1}]" for n in range(1, 30)]
    (sentence,) = told(tmp_path, "\n".join(rows))
    assert "repeats too much" in sentence


@pytest.mark.parametrize("text", ["", "- a\n", "just text", "\x00"])
def test_a_file_that_is_no_mapping_is_one_problem(tmp_path, text):
    assert len(told(tmp_path, text)) == 1


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    config, (problem,) = load(tmp_path / "jmswrap.yaml")
    assert config is None
    assert "there is no such file" in str(problem)


def test_overrides_are_laid_over_the_file(tmp_path):
    config, problems = load(
        write(tmp_path, GOOD), {"partners": {"mdm": {"address": "https://b/"}}, "gateway": {"port": 0}}
    )
    assert problems == []
    assert config is not None
    assert (config.partners["mdm"].address, config.gateway.port) == ("https://b/", 0)


def test_a_wrong_override_names_the_environment_as_its_place(tmp_path):
    _, (problem,) = load(write(tmp_path, GOOD), {"gateway": {"port": -1}})
    assert str(problem) == "JMSWRAP_OVERRIDES: `gateway.port` is `-1`, but it must be at least 0"


def test_a_wait_before_now_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "jmswrap.yaml"
    file.write_text(
        "jmswrap: 1\nname: x\nroutes:\n  r: {from: {queue: q}, to: {queue: p}, retry: {waits_seconds: [2, -5]}}\n"
    )
    _, problems = load(file)
    assert [p.sentence for p in problems] == ["`routes.r.retry.waits_seconds[2]` is `-5`, but it must be at least 0"]

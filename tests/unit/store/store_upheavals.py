"""What befalls a whole store and its model: a restart, a restored copy, another key for what is at rest."""

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule
from store_kept import LIMITS
from store_persons import Persons

from jmswrap.sealing import Keyring, is_installed
from jmswrap.states import FINAL
from jmswrap.store.copies import Copies, Verdict
from jmswrap.store.store import Store

_SECRETS = [("a", b"a" * 32), ("b", b"b" * 32)]
_RINGS = [Keyring(_SECRETS), Keyring(_SECRETS[::-1])] if is_installed() else []


class Upheavals(Persons):
    """Restart, restore, rekey."""

    @rule()
    def the_server_restarts(self) -> None:
        self.client.hset(f"{self.prefix}:run", "id", "another")
        self.model.run_since_ms = self.model.now_ms
        self.store.sweep()
        self.model.sweep()

    @rule(what=st.sampled_from(["keep", "doubt", "probe", *FINAL]), share=st.sampled_from([2, 3, 5]))
    def the_store_was_restored(self, what: str, share: int) -> None:
        """Some are judged, as if the history or their routes said so; all are possibly redelivered."""
        copies = Copies(self.client, self.prefix, LIMITS)
        copies.begin(["q"], "Restored.")
        self.model.epoch += 1
        judged = list(self.model.messages.values())[::share]
        verdicts = []
        for one in judged:
            record = self.store.record(one.id)
            assert record
            verdicts.append(Verdict(one.id, record.accepted_ms, what))
        copies.decide(verdicts, "Restored.")
        for one in judged:
            self.model.restored(one, what)
        copies.end()
        self.store.resume(queue="q")
        self.model.held.discard("queue")

    @precondition(lambda _: _RINGS)
    @rule(which=st.sampled_from([0, 1]), reseals=st.booleans())
    def the_keys_of_what_is_at_rest_change(self, which: int, reseals: bool) -> None:
        self.store = Store(self.client, self.prefix, LIMITS, _RINGS[which])
        if reseals:
            assert not any(step.closed for step in self.store.at_rest.reseal())

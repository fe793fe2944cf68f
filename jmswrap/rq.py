"""Settings for a plain RQ worker: ``JMSWRAP_CONFIG=FILE rq worker -c jmswrap.rq``.

RQ imports this module and reads its capital names. Importing it loads the integration with its
partner clients and transforms, so that every job that RQ forks finds them ready, and makes this
process accept JSON wake-ups only.
"""

from jmswrap import log
from jmswrap.app.store_password import with_password
from jmswrap.app.stores import store_url
from jmswrap.errors import JmswrapError
from jmswrap.store.opening import rq_settings
from jmswrap.worker.live import configured, ready
from jmswrap.worker.wakeup import only_wake_ups

try:
    log.to_stderr()
    only_wake_ups()
    _ready = ready(configured())
    _of = _ready.integration
    _found = rq_settings(with_password(_of.config, _of.folder, store_url(_of)))
    REDIS_URL, SENTINEL = _found.get("REDIS_URL"), _found.get("SENTINEL")
    QUEUES = [_of.config.workers.pool]
except JmswrapError as error:
    raise SystemExit(f"jmswrap: {error}") from error

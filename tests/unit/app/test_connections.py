from jmswrap.app.connections import job_seconds
from jmswrap.config.settings import Config


def test_a_job_lasts_as_long_as_its_drain_and_the_slowest_partners_call():
    slow = {"wsdl": "slow.wsdl", "timeouts": {"total_seconds": 600}}
    given = {"jmswrap": 1, "name": "n", "partners": {"fast": {"wsdl": "fast.wsdl"}, "slow": slow}, "routes": {}}
    config = Config.model_validate({**given, "workers": {"drain_seconds": 15}, "store": {"lease_seconds": 10}})
    assert job_seconds(config) == 15 + 600 + 30 + 2 * 10

"""RQ's settings for the tutorial way: what RQ's own performance notes advise, imports before the fork."""

import os

import bench.tutorial_jobs  # noqa: F401  each forked job finds zeep loaded

REDIS_URL = os.environ["TUTORIAL_REDIS"]
QUEUES = ["tutorial"]

"""When a message's steps are given up; apart, because who only connects asks for it too."""

STUCK_SECONDS = 30.0
"""A message whose steps take so long, beyond its call's own limit, is no longer held: libxslt cannot be interrupted."""

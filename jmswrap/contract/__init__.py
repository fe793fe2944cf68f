"""A partner's contract: read, pinned, derived, published, validated, sampled."""

"""Sealed events on their way to a SIEM: in order, each at least once, whatever is away or killed meanwhile."""

"""Verification of a sealed log by somebody who trusts neither its server nor whatever code is stored there."""

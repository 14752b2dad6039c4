"""The formats of a transparency log (C2SP, RFC 6962): pure functions of bytes, without a database or a network."""

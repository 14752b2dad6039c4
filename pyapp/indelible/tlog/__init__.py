"""The transparency log as bytes: hashing, tiles, leaves, notes. No database, no network."""

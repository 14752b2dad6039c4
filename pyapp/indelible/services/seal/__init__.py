"""The sealer: what the log holds becomes leaves of a tree, and the tree is signed outside of the database."""

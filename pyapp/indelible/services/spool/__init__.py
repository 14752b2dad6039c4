"""The spool: events that wait on this host's disk while the database is away, shared by all processes of the host.

It needs a local file system: locks and shared memory between processes, which NFS does not give reliably.
"""

"""Reading the log over HTTP: what is asked for, pages of it, and its live tail."""

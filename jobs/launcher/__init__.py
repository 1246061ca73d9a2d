"""What `make run` needs besides the programs that it starts: see `jobs.supervisor`."""

"""The process of streams: one loop for all of them, without Flask and without a database.

`jobs.streams` starts it. Who may hear of what is signed by the web process, for two minutes.
"""

"""What open pages are told, and how the parts of the desk that tell them speak to each other.

For web processes and for the process of streams, which has neither Flask nor a database.
"""

# Messages: the page that made a change (or a dash), then topics, by spaces.
LIVE_CHANNEL = "lodge:live"
# Messages: those of `endings`.
ENDED_CHANNEL = "lodge:ended"
# A hash: of each process of streams, until when (seconds since the epoch) that counts, and how many
# it has open.
PROCESSES_KEY = "lodge:streams"

"""A mail as it came in, taken apart: bytes in, a `ParsedMail` out. No settings, no database.

It reads what strangers send, so `message.parse` is called by a process of its own that can be
killed (`process`). `compat32` is the only policy of the standard library that neither raises nor
takes minutes on hostile headers.
"""

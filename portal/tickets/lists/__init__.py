"""Lists of tickets: the staff's queue, a customer's tickets, and changes of many at once."""

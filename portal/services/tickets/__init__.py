"""Filing, answering, changing, rating, importing tickets."""

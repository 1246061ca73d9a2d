"""Filing, commenting, changing, rating and importing tickets."""

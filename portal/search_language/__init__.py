"""The language of the search box: text in, a tree or mistakes out. No database, no request."""

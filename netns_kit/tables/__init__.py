"""Tables: entries that belong to a place or a link, with the tool's verbs. Ping stands beside them."""

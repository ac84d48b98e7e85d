"""A topology drawn: as a picture, as Mermaid, as text; and what a picture tells of each place."""

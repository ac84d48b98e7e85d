"""Shell as tutorials have it, to Python: read, understood command by command, tried in a dry run, and written."""

"""One module a form: a parser of the whole segment with its evidence defined beside it."""

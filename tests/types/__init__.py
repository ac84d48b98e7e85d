"""What type checkers see: lines that are right, lines that are wrong, and a test that asks two checkers."""

"""What a scope undoes: how each change is taken back, what is kept of it outside the process, and who clears up."""

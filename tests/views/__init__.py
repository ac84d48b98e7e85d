"""Tests of what reads the whole."""

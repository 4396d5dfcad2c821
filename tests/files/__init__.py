"""Tests of chatr.files."""

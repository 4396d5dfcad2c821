"""Tests of chatr.files.s3."""

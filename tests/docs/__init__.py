"""Tests of the documentation: links, commands, generated parts and pictures."""

"""The files of an application, as text."""

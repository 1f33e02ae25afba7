"""``python -m nbprod``."""

from nbprod.cli.main import main

main()

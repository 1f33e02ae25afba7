"""Options under their former names: they keep working, with a notice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from nbprod.cli.output import print_line

__all__ = ["RenamedOptions"]


class RenamedOptions(click.Command):
    """A command of which options were renamed; ``former`` has the new name of each former one."""

    former: dict[str, str] = {}

    @classmethod
    def of(cls, **former: str) -> type[RenamedOptions]:
        """The class of a command, by former names and new ones, without dashes before them."""
        names = {f"--{old.replace('_', '-')}": f"--{new}" for old, new in former.items()}
        return type("RenamedOptionsOf", (cls,), {"former": names})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments, former names of options replaced."""
        return super().parse_args(ctx, list(self._renamed(args)))

    def _renamed(self, args: Sequence[str]) -> Iterator[str]:
        end = args.index("--") if "--" in args else len(args)
        for arg in args[:end]:
            name, mark, value = arg.partition("=")
            new = self.former.get(name)
            if new is not None:
                print_line(f"nbprod: {name} is now called {new}", err=True)
            yield arg if new is None else f"{new}{mark}{value}"
        yield from args[end:]

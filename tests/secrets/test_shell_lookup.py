"""With the variable set, a shell prints what it printed when the value was in the command."""

from __future__ import annotations

import os
import subprocess

import pytest

from nbprod.fixing.shell_lookup import lookup_in_shell

VALUE = "Zk" + "5uRYX45jqRO29q"

COMMANDS = [
    "echo VALUE",
    "echo a:VALUE@b",
    'echo "a VALUE b"',
    'echo "xVALUEy"',
    "echo 'a VALUE b'",
    """echo '{"password": "VALUE"}'""",
    """echo "{\\"password\\": \\"VALUE\\"}\"""",
    "echo it\\'s VALUE",
    "echo 'one' \"two\" # it's three\necho VALUE",
    "cat <<EOF\nit's VALUE_x\nEOF",
    "cat <<EOF\na\nEOF\necho 'VALUE'",
    "export TOKEN=VALUE; echo $TOKEN",
    "echo 'a'VALUE'b'",
    "echo $(echo 'VALUE')",
    "python3 -c 'print(\"VALUE\")'",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_shell_prints_the_same(command: str) -> None:
    start = command.index("VALUE")
    text = lookup_in_shell(command, start, start + 5, "NB_PASSWORD")
    assert text is not None
    before = command.replace("VALUE", VALUE)
    after = command[:start] + text + command[start + 5 :]
    assert VALUE not in after
    assert printed(after) == printed(before) != ""


def printed(command: str) -> str:
    environment = {**os.environ, "NB_PASSWORD": VALUE}
    done = subprocess.run(
        ["bash", "-c", command], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "command", ["cat <<'EOF'\nVALUE\nEOF", "echo $'a VALUE'", "echo x # VALUE"]
)
def test_where_no_shell_expands_nothing_is_offered(command: str) -> None:
    start = command.index("VALUE")
    assert lookup_in_shell(command, start, start + 5, "NB_PASSWORD") is None

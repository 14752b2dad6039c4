"""A real rsyslog that takes syslog over TLS or TCP and writes each message to a file, where it is installed."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

RSYSLOGD = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
TLS_MODULE = any(Path("/usr/lib").glob("*/rsyslog/lmnsd_ossl.so"))
installed = pytest.mark.skipif(
    RSYSLOGD is None or not TLS_MODULE, reason="rsyslog and rsyslog-openssl are not installed"
)

_TLS = """
global(
  defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="{folder}/ca.pem"
  defaultNetstreamDriverCertFile="{folder}/server.pem"
  defaultNetstreamDriverKeyFile="{folder}/server.key"
)
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
"""
_CONFIGURATION = """
global(workDirectory="{folder}" maxMessageSize="256k")
{module}
input(type="imtcp" address="127.0.0.1" port="{port}")
template(name="whole" type="string" string="%rawmsg-after-pri%\\n")
*.* action(type="omfile" file="{folder}/messages" template="whole")
"""


@contextmanager
def logging_to(folder: Path, *, tls: bool) -> Iterator[tuple[int, Path]]:
    """The port it listens on, and the file that gets a line for each message, without its priority.

    `folder` holds the certificates of tests.receivers.make_certificates.
    """
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    module = _TLS.format(folder=folder) if tls else 'module(load="imtcp")'
    configuration = folder / "rsyslog.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, module=module, port=port))
    command = [RSYSLOGD or "rsyslogd", "-n", "-f", str(configuration), "-i", str(folder / "rsyslogd.pid")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            _await(port, process)
            yield port, folder / "messages"
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.05)
        else:
            return
    raise AssertionError("rsyslog did not start in ten seconds.")

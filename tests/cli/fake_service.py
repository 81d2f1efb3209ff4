"""A service of a few lines for the supervisor's tests: `--port N`, and what it does wrong.

`--grandchild FILE` starts a process that sleeps, and writes its id; `--deaf` ignores SIGTERM;
`--die` ends at once.
"""

import argparse
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--grandchild", type=Path)
    parser.add_argument("--deaf", action="store_true")
    parser.add_argument("--die", action="store_true")
    asked = parser.parse_args()
    if asked.die:
        sys.exit("no such database")
    signal.signal(signal.SIGTERM, signal.SIG_IGN if asked.deaf else lambda *_: sys.exit(0))
    if asked.grandchild:
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        asked.grandchild.write_text(str(sleeper.pid))
    ThreadingHTTPServer(("127.0.0.1", asked.port), Ready).serve_forever()


if __name__ == "__main__":
    main()

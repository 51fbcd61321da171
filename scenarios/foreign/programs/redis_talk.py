"""A redis-server in the working folder, and just enough of its protocol to ask it something."""
import os
import socket
import subprocess
import tempfile


class Trouble(Exception):
    """The server does not start, or answers with an error."""


class Server:
    """Starts in the working folder, is reached through a socket elsewhere, and is killed at the end."""

    def __init__(self, *options):
        self.options = options
        self.process = self.line = self.answers = None
        self.folder = tempfile.TemporaryDirectory(prefix="redis-")

    def __enter__(self):
        path = os.path.join(self.folder.name, "socket")
        command = ["redis-server", "--port", "0", "--unixsocket", path, "--dir", ".", "--daemonize", "no",
                   "--loglevel", "notice", *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.process.stdout:
            said.append(line.strip())
            if "Ready to accept connections" in line or "The server is now ready" in line:
                break
        else:
            raise Trouble(said[-1] if said else "it said nothing")
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(path)
        self.answers = self.line.makefile("rb")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def ask(self, *words):
        request = b"*%d\r\n" % len(words)
        for word in words:
            data = word.encode()
            request += b"$%d\r\n%s\r\n" % (len(data), data)
        self.line.sendall(request)
        return self.answer()

    def answer(self):
        line = self.answers.readline().rstrip(b"\r\n").decode()
        kind, rest = line[:1], line[1:]
        if kind == "-":
            raise Trouble(rest)
        if kind == "$":
            return None if rest == "-1" else self.answers.read(int(rest) + 2)[:-2].decode()
        if kind == "*":
            return [self.answer() for _ in range(int(rest))]
        return rest

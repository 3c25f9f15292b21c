"""A pyzmq socket that writes what it does, so that `sim compare` can read it.

    sender = Logged(context.socket(zmq.PUB), "publisher.sender", "PUB")
    sender.connect("tcp://127.0.0.1:5559"); sender.send_multipart([b"Hello there"])
One JSON object a line goes to the file TRACE names (default trace.jsonl); all processes may share it."""
import json, os, time

FILE = open(os.environ.get("TRACE", "trace.jsonl"), "a", buffering=1)


class Logged:
    def __init__(self, socket, name, type):
        self.socket, self.name, self.type = socket, name, type

    def log(self, call, t=None, **more):
        t = t or time.monotonic_ns()
        FILE.write(json.dumps({"t": t, "socket": self.name, "type": self.type, "call": call, **more}) + "\n")

    def send_multipart(self, frames):
        t = time.monotonic_ns()
        self.socket.send_multipart(frames)
        self.log("send", t, frames=[frame.decode("utf-8", "backslashreplace") for frame in frames])

    def recv_multipart(self):
        frames = self.socket.recv_multipart()
        self.log("recv", frames=[frame.decode("utf-8", "backslashreplace") for frame in frames])
        return frames

    def __getattr__(self, call):  # bind, connect, subscribe, close
        return lambda *args: (getattr(self.socket, call)(*args), self.log(call, **({"arg": str(args[0])} if args else {})))[0]

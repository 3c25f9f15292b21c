"""Five numbered messages from a PUSH to a PULL, both in this process, logged for `sim compare pipeline.json`."""
import os

import zmq
from logged import Logged

port = os.environ.get("PORT", "5599")
context = zmq.Context()
sink = Logged(context.socket(zmq.PULL), "sink.in", "PULL")
source = Logged(context.socket(zmq.PUSH), "source.out", "PUSH")
sink.bind(f"tcp://127.0.0.1:{port}")
source.connect(f"tcp://127.0.0.1:{port}")
for i in range(5):
    source.send_multipart([f"number {i}".encode()])
for i in range(5):
    sink.recv_multipart()
source.close()
sink.close()
context.term()

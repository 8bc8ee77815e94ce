"""The client of other-language.ts in Python, with pyzmq: other_language.py ENDPOINT"""

import sys

try:
    import zmq
except ImportError:
    sys.exit('this python has no pyzmq: in Debian it is the package python3-zmq')

context = zmq.Context()
socket = context.socket(zmq.REQ)
socket.connect(sys.argv[1])
socket.send_string('hello from python')
print(socket.recv_string())

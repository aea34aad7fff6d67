/// The server of these tests: HTTP/1.1 by hand, so that it can misbehave at each point. It prints its ports when it is
/// ready, and keeps what it received, for `/received` to tell.
///
/// The first segment of the path says what to do: `echo`, `status/N`, `silent` (reads and says nothing), `stall` (half a
/// reply, then nothing), `half` (half a reply, then the end), `reset` (reads the request, then a reset), `once` (the
/// first request on a connection is answered, a later one is read and met with a reset), `large/N`, `slow/MS`.
let serverScript = #"""
    import json, socket, ssl, struct, sys, threading, time

    received, lock, connections = [], threading.Lock(), [0]
    gate = threading.Condition()
    waiting = [0]

    def read_request(stream):
        line = stream.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            return None
        method, target, _ = line.split(" ", 2)
        headers = []
        while True:
            field = stream.readline().decode("latin-1").rstrip("\r\n")
            if not field:
                break
            name, value = field.split(":", 1)
            headers.append([name, value.strip()])
        length = int(next((v for n, v in headers if n.lower() == "content-length"), "0"))
        return {"method": method, "target": target, "headers": headers, "body": stream.read(length).decode("latin-1")}

    def reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def answer(connection, status, body, extra=""):
        connection.sendall(f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body)

    def serve(connection, number, name):
        stream = connection.makefile("rb")
        count = 0
        while True:
            request = read_request(stream)
            if request is None:
                return connection.close()
            count += 1
            request["connection"], request["server"] = number, name
            words = request["target"].split("?")[0].strip("/").split("/")
            if request["target"].startswith("http://"):
                words = ["proxied"]
            if words[0] != "received":
                with lock:
                    received.append(request)
            if words[0] == "received":
                answer(connection, 200, json.dumps(received).encode())
            elif words[0] == "echo":
                answer(connection, 200, json.dumps(request).encode(), "X-Twice: a\r\nX-Twice: b\r\n")
            elif words[0] == "proxied":
                answer(connection, 200, b"by the proxy")
            elif words[0] == "status":
                answer(connection, int(words[1]), b"", "Retry-After: 7\r\n")
            elif words[0] == "silent":
                time.sleep(600)
            elif words[0] == "stall":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                time.sleep(600)
            elif words[0] == "half":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                return connection.close()
            elif words[0] == "reset":
                stream.close()
                return reset(connection)
            elif words[0] == "once":
                if count > 1:
                    stream.close()
                    return reset(connection)
                answer(connection, 200, b"first")
            elif words[0] == "large":
                answer(connection, 200, b"x" * int(words[1]))
            elif words[0] == "together":
                # Answered only when so many wait at the same time.
                with gate:
                    waiting[0] += 1
                    gate.notify_all()
                    together = gate.wait_for(lambda: waiting[0] >= int(words[1]), timeout=20)
                answer(connection, 200 if together else 500, b"")
            else:
                answer(connection, 404, b"")

    def listen(name, handle):
        server = socket.create_server(("127.0.0.1", 0), backlog=256)
        def loop():
            while True:
                connection, _ = server.accept()
                with lock:
                    connections[0] += 1
                    number = connections[0]
                threading.Thread(target=handle, args=(connection, number, name), daemon=True).start()
        threading.Thread(target=loop, daemon=True).start()
        return server.getsockname()[1]

    def serve_tls(connection, number, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        try:
            connection = context.wrap_socket(connection, server_side=True)
        except OSError:
            return
        serve(connection, number, name)

    def mute(connection, number, name):
        # Accepts, and never says a word: no TLS handshake ends here.
        time.sleep(600)
        connection.close()

    ports = {"plain": listen("plain", serve), "proxy": listen("proxy", serve), "mute": listen("mute", mute)}
    if len(sys.argv) > 2:
        ports["tls"] = listen("tls", serve_tls)
    # A port at which nobody listens, and which nobody else can take.
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    ports["closed"] = closed.getsockname()[1]
    print(json.dumps(ports), flush=True)
    time.sleep(600)
    """#

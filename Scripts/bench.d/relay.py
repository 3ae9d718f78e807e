"""A TCP relay that makes a link as long as wanted: each direction takes half a round trip, and so does each leg of the
TCP handshake, which the system would otherwise finish at once."""

import asyncio
import threading


class Relay:
    """Runs on a thread of its own from `with` to its end; `port` leads to `target` on loopback."""

    def __init__(self, target, round_trip):
        self.target = target
        self.round_trip = round_trip
        self.loop = asyncio.new_event_loop()

    def __enter__(self):
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        server = asyncio.start_server(self.accept, "127.0.0.1", 0, limit=1 << 22)
        self.server = asyncio.run_coroutine_threadsafe(server, self.loop).result()
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def end(self):
        self.server.close()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def accept(self, reader, writer):
        # The client believes that it is connected one round trip too early; the server hears of it after one and a half.
        opened = self.loop.time() + 1.5 * self.round_trip
        uplink = asyncio.Queue()
        reading = asyncio.ensure_future(self.read(reader, uplink))
        await asyncio.sleep(opened - self.loop.time())
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target, limit=1 << 22)
        downlink = asyncio.Queue()
        try:
            await asyncio.gather(
                reading,
                self.write(uplink, far_writer, opened),
                self.read(far_reader, downlink),
                self.write(downlink, writer, 0),
            )
        except (OSError, asyncio.CancelledError):
            pass
        for end in (writer, far_writer):
            end.close()

    async def read(self, reader, queue):
        """Notes when each piece arrived; an empty one is the end."""
        data = b" "
        while data:
            try:
                data = await reader.read(1 << 18)
            except OSError:
                data = b""
            queue.put_nowait((self.loop.time() + self.round_trip / 2, data))

    async def write(self, queue, writer, earliest):
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(due, earliest) - self.loop.time())
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

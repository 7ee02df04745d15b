// A TCP proxy of the drill: it stands before a server, so that the way to it can be cut while both ends live.
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** How a way is cut: connections are reset and refused, or they stay and nothing passes any more. */
export type Cut = "reset" | "silence";

/** A proxy on a port of its own on loopback. */
export interface Proxy {
  readonly port: number;
  cut(how: Cut): void;
  mend(): void;
  close(): Promise<void>;
}

/** Opens a proxy before these ports of loopback; each connection goes to the next one that takes it. */
export async function openProxy(targets: () => readonly number[]): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let state: Cut | undefined;
  let turn = 0;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    return socket;
  }
  function join(client: Socket, ports: readonly number[]): void {
    const [port, ...others] = ports;
    if (port === undefined) return void client.destroy();
    const server = keep(connect({ host: "127.0.0.1", port, noDelay: true }));
    const refused = (): void => join(client, others);
    server.once("error", refused);
    server.once("connect", () => {
      server.off("error", refused);
      server.on("close", () => client.destroy());
      client.on("close", () => server.destroy());
      client.pipe(server);
      server.pipe(client);
      if (state === "silence") for (const socket of [client, server]) socket.pause();
    });
  }

  const listener = createServer({ noDelay: true }, (client) => {
    if (state === "reset") return void client.resetAndDestroy();
    const ports = targets();
    turn += 1;
    const first = turn % Math.max(ports.length, 1);
    join(keep(client), [...ports.slice(first), ...ports.slice(0, first)]);
  });
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    cut(how) {
      state = how;
      for (const socket of sockets)
        if (how === "reset") socket.resetAndDestroy();
        else socket.pause();
    },
    mend() {
      state = undefined;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void listener.close(resolve));
    },
  };
}

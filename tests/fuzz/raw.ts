// Requests as bytes on a socket: HTTP framed wrongly, in pieces, too slowly, several at once, or never to the end. Pure.
import type { Draw } from "./draw.ts";

/** A request line, headers and a body as they would go out. */
export interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** What is done on a socket, in order. `until-closed` waits for the hub to end it. */
export type Step =
  | { readonly write: Buffer }
  | { readonly pauseMs: number }
  | { readonly finish: "end" | "reset" | "until-closed" };

/** Two numbers from 0 to 1 that say where and how much. */
interface Extent {
  readonly where: number;
  readonly much: number;
}

/** What is wrong with a request as bytes. */
export interface Raw extends Extent {
  readonly kind: keyof typeof KINDS;
}

/** What may come of one: an answer to each request, or nothing at all where the bytes end or were never a request. */
interface Kind {
  readonly steps: (message: Message, extent: Extent) => readonly Step[];
  /** The connection may end without an answer. */
  readonly silent?: true;
  /** Takes seconds: runs beside the others. */
  readonly slow?: true;
}

const CRLF = "\r\n";

function lines({ method, path, headers, body }: Message, extra: readonly string[] = [], length = true): string {
  return [
    `${method} ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(length && (body.length > 0 || method !== "GET") ? [`Content-Length: ${body.length}`] : []),
    ...extra,
    "",
    "",
  ].join(CRLF);
}

const write = (...parts: readonly (string | Buffer)[]): Step => ({
  write: Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part))),
});
const whole = (message: Message, extra: readonly string[] = []): Buffer =>
  Buffer.concat([Buffer.from(lines(message, [...extra]), "latin1"), message.body]);
/** The request with lines of the head changed. */
const withHead = (change: (head: string) => string) => (message: Message) => [
  write(change(lines(message, ["Connection: close"])), message.body),
];
const chunked = (message: Message, chunks: string | Buffer): Step[] => [
  write(lines(message, ["Transfer-Encoding: chunked", "Connection: close"], false), chunks),
];
const oneChunk = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}${CRLF}`), body, Buffer.from(`${CRLF}0${CRLF}${CRLF}`)]);
const cutAt = (message: Message, { where }: Extent): Buffer => {
  const bytes = whole(message);
  return bytes.subarray(0, Math.max(1, Math.floor(bytes.length * where) - 1));
};

const KINDS = {
  "line-of-noise": { steps: () => [write("\u0000\u0001\u00ff GET / /\r\n\r\n")] },
  "line-feeds-alone": { steps: withHead((head) => head.replaceAll(CRLF, "\n")) },
  "http-0.9": { steps: ({ path }) => [write(`GET ${path}${CRLF}`), { finish: "end" }] },
  "http-1.0": { steps: withHead((head) => head.replace("HTTP/1.1", "HTTP/1.0")) },
  "http-3.7": { steps: withHead((head) => head.replace("HTTP/1.1", "HTTP/3.7")) },
  "http-2-preface": { steps: () => [write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Buffer.alloc(40))] },
  "tls-hello": { steps: () => [write(Buffer.from("16030100c8010000c40303", "hex"), Buffer.alloc(180, 7))] },
  "no-host": { steps: withHead((head) => head.replace(/Host: .*\r\n/, "")) },
  "two-hosts": { steps: withHead((head) => head.replace("Host: ", "Host: evil.example\r\nHost: ")) },
  "space-before-colon": { steps: withHead((head) => head.replace("Host:", "X-Space : 1\r\nHost:")) },
  "no-colon": { steps: withHead((head) => head.replace("Host:", "nothing here\r\nHost:")) },
  "folded-header": { steps: withHead((head) => head.replace("Host:", "X-Fold: a\r\n b\r\nHost:")) },
  "nul-in-header": { steps: withHead((head) => head.replace("Host:", "X-Nul: a\u0000b\r\nHost:")) },
  "bare-return": { steps: withHead((head) => head.replace("Host:", "X-Cr: a\rb\r\nHost:")) },
  "high-bytes": { steps: withHead((head) => head.replace("Host:", "X-High: \u00ff\u00fe\u0080\r\nHost:")) },
  "space-in-path": { steps: withHead((head) => head.replace(" HTTP/", " x y HTTP/")) },
  "high-path": { steps: withHead((head) => head.replace(" HTTP/", "/\u00ff\u00e1 HTTP/")) },
  "method-in-small": { steps: withHead((head) => head.toLowerCase()) },
  "unknown-method": { steps: withHead((head) => head.replace(/^\w+/, "BREW")) },
  connect: { steps: () => [write("CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n")] },
  asterisk: { steps: () => [write("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")] },
  "absolute-form": { steps: withHead((head) => head.replace(" /", " http://evil.example/")) },
  "no-slash": { steps: withHead((head) => head.replace(" /", " ")) },
  websocket: {
    steps: withHead((head) =>
      head.replace(
        "Connection: close",
        "Connection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
      ),
    ),
  },
  h2c: {
    steps: withHead((head) =>
      head.replace(
        "Connection: close",
        "Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
      ),
    ),
  },
  "expect-continue": { steps: withHead((head) => head.replace("Host:", "Expect: 100-continue\r\nHost:")) },
  "expect-other": { steps: withHead((head) => head.replace("Host:", "Expect: a-miracle\r\nHost:")) },
  "length-twice": {
    steps: withHead((head) => head.replace("Host:", "Content-Length: 1\r\nContent-Length: 2\r\nHost:")),
  },
  "length-negative": { steps: withHead((head) => head.replace(/Content-Length: \d+/, "Content-Length: -5")) },
  "length-of-words": { steps: withHead((head) => head.replace(/Content-Length: /, "Content-Length: 0x")) },
  "length-beyond": {
    steps: withHead((head) => head.replace(/Content-Length: .*/, `Content-Length: ${"9".repeat(30)}`)),
  },
  "length-and-chunks": {
    steps: (message) =>
      chunked({ ...message, headers: [...message.headers, ["Content-Length", "4"]] }, oneChunk(message.body)),
  },
  chunks: { steps: (message) => chunked(message, oneChunk(message.body)) },
  "chunks-of-one": {
    steps: (message) =>
      chunked(
        message,
        Buffer.concat([
          ...[...message.body.subarray(0, 5_000)].map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10])),
          Buffer.from("0\r\n\r\n"),
        ]),
      ),
  },
  "chunk-size-wrong": { steps: (message) => chunked(message, `zz${CRLF}x${CRLF}`) },
  "chunk-size-huge": { steps: (message) => chunked(message, `ffffffffffffffffff${CRLF}x${CRLF}`) },
  "chunk-extension": {
    steps: (message, { much }) =>
      chunked(message, `1;a=${"x".repeat(Math.floor(much * 40_000))}${CRLF}x${CRLF}0${CRLF}${CRLF}`),
  },
  trailers: {
    steps: (message) =>
      chunked(
        message,
        Buffer.concat([oneChunk(message.body).subarray(0, -2), Buffer.from("webhook-id: other\r\nx: y\r\n\r\n")]),
      ),
  },
  "coding-unknown": { steps: withHead((head) => head.replace("Host:", "Transfer-Encoding: gzip\r\nHost:")) },
  "coding-doubled": {
    steps: withHead((head) => head.replace("Host:", "Transfer-Encoding: chunked, chunked\r\nHost:")),
  },
  "headers-too-large": { steps: withHead((head) => head.replace("Host:", `X-Large: ${"x".repeat(20_000)}\r\nHost:`)) },
  "headers-too-many": { steps: withHead((head) => head.replace("Host:", `${"a: b\r\n".repeat(2_500)}Host:`)) },
  "line-too-long": { steps: withHead((head) => head.replace(" HTTP/", `?${"x".repeat(30_000)} HTTP/`)) },
  pipelined: {
    steps: (message, { much }) => [
      write(
        ...Array.from({ length: 2 + Math.floor(much * 8) }, () => whole(message)),
        whole(message, ["Connection: close"]),
      ),
    ],
  },
  "pipelined-then-noise": { steps: (message) => [write(whole(message), "\u0000\u0001 noise\r\n\r\n")] },
  "pipelined-unread": {
    silent: true,
    steps: (message) => [
      write(...Array.from({ length: 60 }, () => whole(message))),
      { pauseMs: 50 },
      { finish: "reset" },
    ],
  },
  // Node takes the end of what is sent for the end of the client.
  "half-closed": { silent: true, steps: (message) => [write(whole(message)), { finish: "end" }] },
  "cut-and-ended": { silent: true, steps: (message, extent) => [write(cutAt(message, extent)), { finish: "end" }] },
  "cut-and-reset": { silent: true, steps: (message, extent) => [write(cutAt(message, extent)), { finish: "reset" }] },
  "unread-answer": { silent: true, steps: (message) => [write(whole(message)), { finish: "reset" }] },
  "in-pieces": {
    slow: true,
    steps: (message, { much }) => {
      const bytes = whole(message, ["Connection: close"]);
      const size = Math.ceil(bytes.length / (3 + Math.floor(much * 20)));
      const starts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => index * size);
      return starts.flatMap((start) => [write(bytes.subarray(start, start + size)), { pauseMs: 30 }]);
    },
  },
  "never-ended": {
    slow: true,
    silent: true,
    steps: (message, extent) => [write(cutAt(message, extent)), { finish: "until-closed" }],
  },
  "drop-by-drop": {
    slow: true,
    silent: true,
    steps: (message, extent) => [
      write(
        cutAt({ ...message, headers: [...message.headers, ["x-drop", "x".repeat(200)]] }, { ...extent, where: 0.4 }),
      ),
      ...Array.from({ length: 70 }).flatMap((): Step[] => [{ pauseMs: 1_000 }, write("x")]),
      { finish: "until-closed" },
    ],
  },
} satisfies Readonly<Record<string, Kind>>;

/** What of a kind holds besides its bytes. */
export function kindOf({ kind }: Raw): Pick<Kind, "silent" | "slow"> {
  const found: Kind = KINDS[kind];
  return found;
}

/** The steps of a message sent in this way. */
export function stepsOf(raw: Raw, message: Message): readonly Step[] {
  const kind: Kind = KINDS[raw.kind];
  return kind.steps(message, raw);
}

/** Few wait until the hub ends them: each takes as long as the hub waits. */
const RARE: readonly Raw["kind"][] = ["never-ended", "drop-by-drop"];

/** A way of sending. */
export function rawOf(draw: Draw): Raw {
  const names = Object.keys(KINDS) as Raw["kind"][];
  const often = names.filter((name) => !RARE.includes(name));
  return {
    kind: draw.pick(draw.chance(0.01) ? RARE : often),
    where: draw.int(0, 1_000) / 1_000,
    much: draw.int(0, 1_000) / 1_000,
  };
}

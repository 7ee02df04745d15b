// Answers as they come off a socket: HTTP/1.1 responses one after another, and whether the bytes were any.

/** One answer of the hub. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A stream of events is open as soon as it is answered, and has no end; a `100 Continue` may stand before it. */
export function streaming(bytes: Buffer): boolean {
  for (let at = 0, end = 0; (end = bytes.indexOf("\r\n\r\n", at)) >= 0; at = end + 4) {
    const head = bytes.subarray(at, end).toString("latin1");
    if (!/^HTTP\/1\.[01] 1/.test(head)) return /^content-type: text\/event-stream/im.test(head);
  }
  return false;
}

/** The answers in what came, and how many bytes were left that are none. `closed` means that nothing more comes. */
export function answersIn(bytes: Buffer, method: string, closed: boolean): { answers: Answer[]; rest: number } {
  const answers: Answer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) break;
    const [line = "", ...lines] = bytes.subarray(at, end).toString("latin1").split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1] ?? "0");
    if (status === 0) break;
    const headers = Object.fromEntries(
      lines.map((one) => [one.slice(0, one.indexOf(":")).toLowerCase(), one.slice(one.indexOf(":") + 1).trim()]),
    );
    const start = end + 4;
    if (status < 200) {
      at = start;
      continue;
    }
    const body = bodyAt(bytes, start, status, headers, method, closed);
    if (!body) break;
    answers.push({ status, headers, body: body.text });
    at = body.end;
  }
  return { answers, rest: bytes.length - at };
}

function bodyAt(
  bytes: Buffer,
  start: number,
  status: number,
  headers: Readonly<Record<string, string>>,
  method: string,
  closed: boolean,
): { text: string; end: number } | undefined {
  if (method === "HEAD" || status === 204 || status === 304) return { text: "", end: start };
  if (headers["transfer-encoding"] === "chunked") {
    const parts: Buffer[] = [];
    for (let at = start; ;) {
      const line = bytes.indexOf("\r\n", at);
      if (line < 0) return undefined;
      const size = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
      if (Number.isNaN(size) || line + 2 + size + 2 > bytes.length) return undefined;
      if (size === 0) return { text: Buffer.concat(parts).toString("utf8"), end: line + 4 };
      parts.push(bytes.subarray(line + 2, line + 2 + size));
      at = line + 2 + size + 2;
    }
  }
  const length = headers["content-length"];
  if (length === undefined)
    return closed ? { text: bytes.subarray(start).toString("utf8"), end: bytes.length } : undefined;
  const end = start + Number(length);
  return end <= bytes.length ? { text: bytes.subarray(start, end).toString("utf8"), end } : undefined;
}

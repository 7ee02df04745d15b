// How far long work is, in one line that is written over on a terminal, and now and then elsewhere: share and rate.
import { say } from "../language.ts";

const ELSEWHERE_MS = 5_000;

/** Tells how far it is, on stderr; `unit` names what is counted. Call `end` when it is over. */
export function progressLine(what: string, unit: string): { tell(done: number, total: number): void; end(): void } {
  const terminal = process.stderr.isTTY;
  const began = performance.now();
  let told = began;
  return {
    tell(done, total) {
      const now = performance.now();
      if (!terminal && now - told < ELSEWHERE_MS) return;
      told = now;
      const share = total === 0 ? 100 : Math.floor((100 * done) / total);
      const rate = Math.round(done / Math.max((now - began) / 1000, 0.001));
      const line = say`${what}: ${share} %, ${done} of ${total} ${unit}, ${rate} a second`;
      process.stderr.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
    },
    end() {
      if (terminal) process.stderr.write("\r\u001b[K");
    },
  };
}

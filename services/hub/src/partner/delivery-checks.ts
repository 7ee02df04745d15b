// How a receiver takes what it believes: the challenge, repeats, order, size, time, and plain HTTP.
import { randomBytes } from "node:crypto";
import { newCaseId, randomId } from "@ruta/events";
import { say } from "../language.ts";
import { is2xx, list, taken } from "./check.ts";
import type { Check } from "./check.ts";
import { challengeEvent, sampleEvent } from "./sample-events.ts";

const BIG_BYTES = 256 * 1024;
/** The part of the deadline after which an answer is called slow. */
const SLOW_PART = 1 / 3;

/** The checks; the last ones look back on every answer of the run. */
export const DELIVERY_CHECKS: readonly Check[] = [
  {
    id: "challenge",
    level: "must",
    title: say`the hub's challenge is answered`,
    mend: say`Answer ruta.endpoint.challenge with 200, content-type application/json and {"challenge": "<data.challenge>"}. Nothing of a case is sent before.`,
    async run({ probe, institution }) {
      const challenge = randomBytes(24).toString("base64url");
      const reply = await probe.send(challengeEvent(institution, challenge));
      const echo = echoOf(reply.text) === challenge;
      if (reply.status === 200 && echo) return { outcome: "pass", seen: reply.words };
      if (is2xx(reply) && echo) return { outcome: "warn", seen: say`${reply.words}; 200 is what is asked for` };
      return { outcome: "fail", seen: is2xx(reply) ? say`${reply.words} without the challenge` : reply.words };
    },
  },
  {
    id: "replay",
    level: "must",
    title: say`the same event again, under the same webhook-id, is answered 2xx`,
    mend: say`Remember webhook-ids; answer a known one 2xx and do nothing. An error makes the hub send it for three days.`,
    async run({ probe, institution }) {
      const [event, id] = [sampleEvent({ institution }), `check_${randomId()}`];
      const { outcome, seen } = taken(
        await probe.send(event, { id }),
        await probe.send(event, { id }),
        ...(await Promise.all([probe.send(event, { id }), probe.send(event, { id })])),
      );
      return { outcome, seen: say`${seen}. Sent four times: look that you have ${id} once` };
    },
  },
  {
    id: "out-of-order",
    level: "must",
    title: say`events of a case are taken in whatever order they come`,
    mend: say`Take what comes and order by sequence: after an outage a later event can come before an earlier one.`,
    async run({ probe, institution }) {
      const caseId = newCaseId();
      const send = (sequence: number, type: string) =>
        probe.send(sampleEvent({ institution, caseId, sequence, type: `ruta.referral.${type}` }));
      return taken(await send(3, "cancel"), await send(1, "request"));
    },
  },
  {
    id: "unknown",
    level: "should",
    title: say`an event of a type or with fields that are new is taken`,
    mend: say`Let pass what you do not know, with 2xx: the hub adds types and fields, and never changes one.`,
    run: async ({ probe, institution }) => {
      const data = { somethingNew: { of: "later" } };
      return taken(await probe.send(sampleEvent({ institution, type: "ruta.referral.something-new", data })));
    },
  },
  {
    id: "big",
    level: "must",
    title: say`a body of 256 KiB is taken, or refused with 413`,
    mend: say`Read up to 256 KiB; beyond your own limit answer 413 instead of closing the connection.`,
    async run({ probe, institution }) {
      const padded = (pad: string): object => sampleEvent({ institution, caseId, data: { pad } });
      const caseId = newCaseId();
      const empty = Buffer.byteLength(JSON.stringify(padded("")));
      const reply = await probe.send(padded("x".repeat(BIG_BYTES - empty)));
      return { outcome: is2xx(reply) || reply.status === 413 ? "pass" : "fail", seen: reply.words };
    },
  },
  {
    id: "time",
    level: "must",
    title: say`answers come in time`,
    mend: say`Keep the event, answer, and do the work afterwards: what takes longer than 15 s is sent again.`,
    async run({ probe, limitMs }) {
      const slowest = Math.max(...probe.replies.map(({ ms }) => ms));
      const late = probe.replies.some(({ status, ms }) => status === 0 && ms >= limitMs);
      const seen = say`the slowest of ${probe.replies.length} took ${slowest} ms, of ${limitMs / 1000} s that it may`;
      return { outcome: late ? "fail" : slowest > limitMs * SLOW_PART ? "warn" : "pass", seen };
    },
  },
  {
    id: "redirect",
    level: "must",
    title: say`nothing is answered with a redirect`,
    mend: say`Register the URL at which events are taken: a redirect is a failure to the hub and is not followed.`,
    async run({ probe }) {
      const redirects = probe.replies.filter(({ status }) => status >= 300 && status < 400);
      return redirects.length > 0
        ? { outcome: "fail", seen: list(redirects) }
        : { outcome: "pass", seen: say`none in ${probe.replies.length} answers` };
    },
  },
  {
    id: "short-answers",
    level: "should",
    title: say`answers are short`,
    mend: say`Answer with the status alone: the hub reads at most 16 KiB of an answer and uses none of it.`,
    async run({ probe }) {
      const long = probe.replies.filter(({ tooLong }) => tooLong).length;
      return long > 0
        ? { outcome: "fail", seen: say`${long} answers are longer than 16 KiB` }
        : { outcome: "pass", seen: say`none is longer than 16 KiB` };
    },
  },
];

function echoOf(text: string): unknown {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null ? (said as { challenge?: unknown }).challenge : undefined;
  } catch {
    return undefined;
  }
}

// Whom a receiver believes: the checks of signatures, their age, and what they are over.
import { randomBytes } from "node:crypto";
import { randomId } from "@ruta/events";
import { generateKeyPair } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { say } from "../language.ts";
import { refused, taken } from "./check.ts";
import type { Check } from "./check.ts";
import type { Reply } from "./probe.ts";
import { sampleEvent } from "./sample-events.ts";

/** Ten minutes: twice what a clock may be off. */
const UNTIMELY_S = 600;

/** A key of the same scheme that the endpoint does not know. */
function strangerOf({ scheme }: SigningKey): SigningKey {
  return scheme === "v1" ? { scheme, secret: randomBytes(32) } : { scheme, seed: generateKeyPair().seed };
}

const SIGNATURE_MEND = say`Verify webhook-signature over webhook-id, a dot, webhook-timestamp, a dot and the raw bytes, before anything else, and answer 401 when it does not hold.`;

/** The checks, the first of which has to pass for any other to mean anything. */
export const SIGNATURE_CHECKS: readonly Check[] = [
  {
    id: "signed",
    level: "must",
    title: say`a rightly signed event is taken`,
    mend: say`Answer 2xx. When it was refused: verify with the key of this run, over the raw bytes as they came, before any parser changes them.`,
    run: async ({ probe, institution }) => taken(await probe.send(sampleEvent({ institution }))),
  },
  {
    id: "wrong-key",
    level: "must",
    title: say`an event signed by another key is refused`,
    mend: SIGNATURE_MEND,
    run: async ({ probe, institution, key }) =>
      refused(await probe.send(sampleEvent({ institution }), { keys: [strangerOf(key)] })),
  },
  {
    id: "altered",
    level: "must",
    title: say`an event whose bytes or id were changed is refused`,
    mend: SIGNATURE_MEND,
    run: async ({ probe, institution }) =>
      refused(
        await probe.send(sampleEvent({ institution }), {
          spoil: (request) => (request.body = Buffer.concat([request.body, Buffer.from(" ")])),
        }),
        await probe.send(sampleEvent({ institution }), {
          spoil: ({ headers }) => (headers["webhook-id"] = `check_${randomId()}`),
        }),
      ),
  },
  {
    id: "unsigned",
    level: "must",
    title: say`an event without its signature, id or time is refused`,
    mend: say`Refuse a request that lacks webhook-id, webhook-timestamp or webhook-signature.`,
    run: async ({ probe, institution }) => {
      const replies: Reply[] = [];
      for (const name of ["webhook-signature", "webhook-id", "webhook-timestamp"])
        replies.push(
          await probe.send(sampleEvent({ institution }), { spoil: ({ headers }) => void delete headers[name] }),
        );
      return refused(...replies);
    },
  },
  {
    id: "old",
    level: "must",
    title: say`an event signed ten minutes ago is refused`,
    mend: say`Refuse a webhook-timestamp more than 300 s in the past; else whoever recorded a request can send it again for ever.`,
    run: async ({ probe, institution }) =>
      refused(await probe.send(sampleEvent({ institution }), { offS: -UNTIMELY_S })),
  },
  {
    id: "future",
    level: "should",
    title: say`an event signed ten minutes ahead is refused`,
    mend: say`Refuse a webhook-timestamp more than 300 s in the future too.`,
    run: async ({ probe, institution }) =>
      refused(await probe.send(sampleEvent({ institution }), { offS: UNTIMELY_S })),
  },
  {
    id: "rotation",
    level: "must",
    title: say`while keys change, either of two signatures counts`,
    mend: say`webhook-signature holds several, parted by spaces: take the event when any of them verifies with any of your keys.`,
    async run({ probe, institution, key, nextKey }) {
      const other = nextKey ?? strangerOf(key);
      const send = (keys: readonly SigningKey[]) => probe.send(sampleEvent({ institution }), { keys });
      const replies = [await send([key, other]), await send([other, key])];
      if (nextKey) replies.push(await send([nextKey]));
      return taken(...replies);
    },
  },
];

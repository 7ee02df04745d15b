// For tests: FHIR sent and read as an institution, and what the router would decide of a request.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BusinessStatus, Status, TOPICS } from "@ruta/events";
import type { ReferralCommand } from "@ruta/events";
import { expect, vi } from "vitest";
import { SOON, answered } from "./test-service.ts";
import type { Answered, Bed, Door, EventInit } from "./test-service.ts";

type Json = Record<string, unknown>;

/** Posts FHIR as an institution. */
export async function sendFhir(
  bed: Bed,
  door: Door,
  institution: string,
  body: unknown,
  { id, headers = {} }: { readonly id?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answered> {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const all = { ...bed.signed(institution, bytes, id), "content-type": "application/fhir+json", ...headers };
  const init = { method: "POST", headers: all, body: Buffer.from(bytes) };
  return answered(await fetch(`${door.url}/v1/in/${institution}/fhir`, init));
}

/** The acts of an answer: name of each part to its value. */
export function actsOf({ body }: Answered): Record<string, string>[] {
  return (body.parameter as Json[]).flatMap(({ name, part }) =>
    name === "act"
      ? [
          Object.fromEntries(
            (part as Json[]).map((one) => {
              const { value } = (one.valueIdentifier ?? {}) as { value?: string };
              return [String(one.name), value ?? String(one.valueString ?? one.valueCode)];
            }),
          ),
        ]
      : [],
  );
}

/** The one command of a case that makes an act. */
export async function commandOf(
  bed: Bed,
  caseId: string,
  act: ReferralCommand["act"]["case"],
): Promise<ReferralCommand> {
  const all = await bed.messages(TOPICS.commands, caseId);
  const [found, ...more] = all.filter((command) => command.act.case === act);
  expect(found, `a command ${act}`).toBeDefined();
  expect(more).toEqual([]);
  return found!;
}

/** Tells what the router decides of a request: taken, and addressed to whom it names. */
export async function decideRequest(bed: Bed, command: ReferralCommand): Promise<void> {
  const { act, caseId, actor, sections, occurredAt } = command;
  if (act.case !== "request") throw new Error("no request");
  const asked = act.value;
  const usual: EventInit = {
    requester: actor?.institution ?? "",
    status: Status.REQUESTED,
    businessStatus: BusinessStatus.CREATED,
    priority: asked.priority,
    confidentiality: asked.confidentiality,
    ...(occurredAt ? { occurredAt } : {}),
  };
  const { personId, serviceType, consent, members, reasonCode, placerNumber, basedOn, ageBand } = asked;
  const value = {
    personId,
    serviceType,
    members,
    reasonCode,
    placerNumber,
    basedOn,
    ageBand,
    ...(consent ? { consent } : {}),
  };
  await bed.tell(caseId, [
    { ...usual, fact: { case: "requested", value }, sections },
    {
      ...usual,
      performer: asked.performer,
      expectation: {
        institution: asked.performer,
        acts: ["accept", "reject"],
        until: timestampFromMs(Date.now() + 60_000),
      },
      fact: { case: "addressed", value: { serviceId: asked.serviceId, chosenBy: "addressed-by-sender" } },
    },
  ]);
}

/** Reads a referral as FHIR, once it is decided. */
export async function readFhir(bed: Bed, door: Door, institution: string, referral: string): Promise<Answered> {
  return vi.waitFor(async () => {
    const answer = await bed.read(door, institution, `/v1/referrals/${referral}`, { accept: "application/fhir+json" });
    expect(answer.status, answer.text).toBe(200);
    return answer;
  }, SOON);
}

// The body of a webhook as FHIR R4, for recipients that chose it: made of the very event that others get, so that both say the same.
import { bundleOf } from "@ruta/fhir";
import type { Issue, Picture } from "@ruta/fhir";
import type { PayloadInput, ToldEvent } from "./payload.ts";

const REFUSED_STATUS = 422;

/** The bytes to send for an event. Facts that belong to one status only are those of this event. */
export function fhirPayload(event: ToldEvent, { facts, notice, event: { requester } }: PayloadInput): Uint8Array {
  const { data, sequence } = event;
  const told = { event: event.id, act: notice.act, sequence: Number(sequence) };
  // Who has no part in the referral is told that its act was refused, and nothing of the referral.
  const picture =
    data.status === undefined ? undefined : pictureOf(data, facts.requestedAt, notice.institution === requester);
  const refusals = data.code === undefined ? [] : [refusalOf(data as unknown as Refused)];
  return Buffer.from(JSON.stringify(bundleOf(picture, { told, refusals, at: event.time })));
}

interface Refused {
  readonly code: string;
  readonly act: string;
  readonly webhookId?: string;
}

function refusalOf({ code, act, webhookId }: Refused): Issue {
  const title = `Your act ${act} was refused`;
  const remedy = webhookId === undefined ? {} : { remedy: `It came under webhook-id ${webhookId}` };
  return { code, status: REFUSED_STATUS, title, ...remedy };
}

function pictureOf(data: ToldEvent["data"], requestedAt: string, sent: boolean): Picture {
  // A case that shows nothing but ids and status has no requester either.
  const opaque = data.requester === undefined;
  const { number, ...shown } = data as unknown as Omit<Picture, "number"> & { readonly number?: string };
  return {
    ...shown,
    ...(number === undefined ? {} : { number: { type: sent ? "PLAC" : "FILL", value: number } }),
    ...(opaque ? { confidentiality: "V" } : {}),
    ...(opaque || requestedAt === "" ? {} : { authoredOn: requestedAt }),
  };
}

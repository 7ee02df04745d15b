// Events of the form in which the hub sends them, about a referral that does not exist: a conformance run does no harm with them.
import { newCaseId } from "@ruta/events";

/** What may be asked of an event. */
export interface Asked {
  readonly institution: string;
  readonly caseId?: string;
  /** Place in the case; 1 when not given. */
  readonly sequence?: number;
  readonly type?: string;
  /** Data beside or instead of the usual. */
  readonly data?: object;
}

/** An event as the hub sends it to the performer of a referral. The rehearsal mark tells a careful receiver what it is. */
export function sampleEvent({ institution, caseId = newCaseId(), sequence = 1, type, data }: Asked): object {
  const referral = `${caseId}-1`;
  return {
    specversion: "1.0",
    id: `${caseId}-${sequence}`,
    source: "/ruta",
    type: type ?? "ruta.referral.request",
    subject: referral,
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    sequence: String(sequence).padStart(10, "0"),
    data: {
      referral,
      case: caseId,
      status: "requested",
      businessStatus: { code: "2.0", text: "created" },
      priority: "normal",
      serviceType: "LEG",
      confidentiality: "N",
      requester: "ruta-check",
      performer: institution,
      rehearsal: "silent",
      content: `/v1/referrals/${referral}/content`,
      ...data,
    },
  };
}

/** The question whether an endpoint is whose it is said to be. */
export function challengeEvent(institution: string, challenge: string): object {
  const time = new Date().toISOString();
  const base = { specversion: "1.0", id: challenge, source: "/ruta", type: "ruta.endpoint.challenge", time };
  return { ...base, subject: institution, datacontenttype: "application/json", data: { challenge } };
}

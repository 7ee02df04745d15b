// Why a referral went where it went: each choice of a case with its candidates and the result of each criterion.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { classOf, wordOf } from "@ruta/events";
import type { Candidate, ReferralEvent } from "@ruta/events";
import { resultsOf } from "./criteria.ts";
import type { Results } from "./criteria.ts";

/** One choice. */
export interface Choice {
  readonly at: string;
  readonly referral: string;
  /** addressed, returned or worklisted. */
  readonly fact: string;
  /** The institution chosen; empty when none was. In a rehearsal the one to which a real referral would have gone. */
  readonly performer: string;
  readonly rehearsal?: true;
  /** Who chose (chosenBy), or why none was chosen (a reason code). */
  readonly why: string;
  readonly directoryRevision: string;
  readonly considered: number;
  /** Version of the weights by which they stand in order; empty for what was decided before there were any. */
  readonly ranking: string;
  /** In ranked order; each with the criteria that were not met, those that only rank it behind, and what was not known. */
  readonly candidates: readonly (Results & {
    readonly institution: string;
    readonly service: string;
    readonly chosen: boolean;
    readonly points: number;
  })[];
}

/** The choices of a referral's case, in order; of a case of class V, the candidates stay hidden. Undefined for no such referral. */
export function explain(events: readonly ReferralEvent[], referralId: string): Choice[] | undefined {
  if (!events.some((event) => event.referralId === referralId)) return undefined;
  return events.flatMap((event): Choice[] => {
    const { fact } = event;
    if (fact.case !== "addressed" && fact.case !== "returned" && fact.case !== "worklisted") return [];
    const opaque = classOf(event.confidentiality) === "V";
    const performer = (fact.case === "addressed" ? fact.value.rehearsedAs : "") || event.performer;
    return [
      {
        at: new Date(event.recordedAt ? timestampMs(event.recordedAt) : 0).toISOString(),
        referral: event.referralId,
        fact: wordOf(fact.case),
        performer,
        ...(event.rehearsal === "" ? {} : { rehearsal: true }),
        why: fact.case === "addressed" ? fact.value.chosenBy : fact.value.reasonCode,
        directoryRevision: String(event.directoryRevision),
        considered: fact.value.considered,
        ranking: fact.value.ranking,
        candidates: opaque ? [] : fact.value.candidates.map((candidate) => seen(candidate, performer)),
      },
    ];
  });
}

function seen(
  { institution, serviceId, criteria, points }: Candidate,
  performer: string,
): Choice["candidates"][number] {
  return {
    institution,
    service: serviceId,
    chosen: institution === performer,
    points,
    ...resultsOf({ criteria }),
  };
}

// What the conditions of a roadmap see of a case: its codes, and of its persons what choosing may know. Pure.
import {
  CaseFactsSchema,
  InstitutionType,
  PersonFactsSchema,
  classOf,
  create,
  nameOf,
  priorityWord,
} from "@ruta/events";
import type { CaseFacts, Directory, PersonFacts, ReferralRequested } from "@ruta/events";
import { WITHOUT_PAPERS } from "./fits.ts";
import { factsOf } from "./routing.ts";
import type { Routing } from "./routing.ts";
import type { CaseState, ReferralState } from "./state.ts";

const CHILD_BANDS: ReadonlySet<string> = new Set(["0-4", "5-11", "12-17"]);

/** What its first request says of a case. */
export type First = Pick<ReferralState, "request" | "requester" | "priority">;

/** The facts of a case with this first request. */
export function caseFacts(state: CaseState, first: First, routing: Routing, directory: Directory): CaseFacts {
  const { request } = first;
  const persons = personsOf(request, routing);
  const [person, ...members] = persons;
  const type = directory.get("institution", first.requester)?.type ?? InstitutionType.UNSPECIFIED;
  const ended = Object.entries(state.run?.stages ?? {}).filter(([, stage]) => stage.outcome !== "");
  return create(CaseFactsSchema, {
    reasonCode: request.reasonCode,
    priority: priorityWord(first.priority),
    confidentiality: classOf(state.confidentiality),
    requesterType: nameOf(InstitutionType, type),
    ...(person ? { person } : {}),
    members,
    hasChild: persons.some(isChild),
    outcomes: Object.fromEntries(ended.map(([id, { outcome }]) => [id, outcome])),
    serviceType: request.serviceType,
  });
}

/** Whether anybody of a request is known to be under 18. */
export function hasChild(request: ReferralRequested, routing: Routing): boolean {
  return personsOf(request, routing).some(isChild);
}

function isChild({ ageBand }: PersonFacts): boolean {
  return ageBand !== undefined && CHILD_BANDS.has(ageBand);
}

function personsOf(request: ReferralRequested, routing: Routing): PersonFacts[] {
  const one = (personId: string, bandInClear: string, relation: string): PersonFacts => {
    const { ageBand, sex, papers } = factsOf(routing, personId, bandInClear);
    return create(PersonFactsSchema, {
      relation,
      ...(ageBand === undefined ? {} : { ageBand }),
      ...(sex === undefined || sex === "unknown" ? {} : { sex }),
      ...(papers === undefined ? {} : { undocumented: WITHOUT_PAPERS.has(papers) }),
    });
  };
  return [
    one(request.personId, request.ageBand, ""),
    ...request.members.map(({ personId, ageBand, relation }) => one(personId, ageBand, relation)),
  ];
}

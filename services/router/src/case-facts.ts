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
import type { RoutingFacts } from "./routing.ts";
import type { Routing } from "./routing.ts";
import type { CaseState, ReferralState } from "./state.ts";

const CHILD_BANDS: ReadonlySet<string> = new Set(["0-4", "5-11", "12-17"]);
/** Papers that are none, or that hold no more. */
const WITHOUT: ReadonlySet<string> = new Set(["none", "expired"]);

/** What its first request says of a case. */
export type First = Pick<ReferralState, "request" | "requester" | "priority">;

/** The facts of a case with this first request. */
export function caseFacts(state: CaseState, first: First, routing: Routing, directory: Directory): CaseFacts {
  const { request } = first;
  const persons = personsOf(request, routing === "gone" ? new Map<string, RoutingFacts>() : routing);
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
    hasChild: hasChild(request, routing),
    outcomes: Object.fromEntries(ended.map(([id, { outcome }]) => [id, outcome])),
    serviceType: request.serviceType,
  });
}

/** Whether anybody of a request is known to be under 18. */
export function hasChild(request: ReferralRequested, routing: Routing): boolean {
  const known = routing === "gone" ? new Map<string, RoutingFacts>() : routing;
  return personsOf(request, known).some(({ ageBand }) => ageBand !== undefined && CHILD_BANDS.has(ageBand));
}

function personsOf(request: ReferralRequested, routing: ReadonlyMap<string, RoutingFacts>): PersonFacts[] {
  const one = (personId: string, ageBand: string, relation: string): PersonFacts => {
    const facts = routing.get(personId);
    // A section of the person's own counts alone: a correction may say that the age is not known.
    const band = facts ? facts.ageBand : /^[0-9]/.test(ageBand) ? ageBand : undefined;
    return create(PersonFactsSchema, {
      relation,
      ...(band === undefined ? {} : { ageBand: band }),
      ...(facts?.sex === undefined || facts.sex === "unknown" ? {} : { sex: facts.sex }),
      ...(facts?.papers === undefined ? {} : { undocumented: WITHOUT.has(facts.papers) }),
    });
  };
  return [
    one(request.personId, request.ageBand, ""),
    ...request.members.map(({ personId, ageBand, relation }) => one(personId, ageBand, relation)),
  ];
}

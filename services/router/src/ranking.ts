// How candidates stand in order: the weight of each criterion, as data with a version that every choice records. Pure.
import { CandidateSchema, CriterionSchema, create } from "@ruta/events";
import type { Candidate, Criterion } from "@ruta/events";

/** What came of one question. Not known is never a yes. */
export type Answer = "yes" | "no" | "unknown";

/**
 * Points for a yes; for what is not known half, for a no none. A criterion that is left out brings no points. Each fit of the person
 * weighs more than all preferences together can make good by half: who fits as far as known comes before whom nobody knows of.
 */
export const RANKING = {
  /** A change of weights is a new version: recorded choices stay what they were. */
  version: "1",
  weights: {
    territory: 200,
    age: 200,
    sex: 200,
    nationality: 200,
    registration: 200,
    nearby: 30,
    language: 30,
    "duty-holder": 20,
    "not-private": 10,
    assured: 8,
  },
} as const satisfies { version: string; weights: Readonly<Record<string, number>> };

/** Criteria that only rank: who does not meet one is still a candidate. */
const PREFERENCES: ReadonlySet<string> = new Set(["nearby", "language", "duty-holder", "not-private", "assured"]);

/** The result of a criterion with its points; what is not known counts as met, and excludes nobody. */
export function resultOf(name: string, answer: Answer): Criterion {
  const weight = (RANKING.weights as Readonly<Record<string, number>>)[name] ?? 0;
  return create(CriterionSchema, {
    name,
    met: answer !== "no",
    unknown: answer === "unknown",
    points: answer === "yes" ? weight : answer === "unknown" ? weight / 2 : 0,
    preference: PREFERENCES.has(name),
  });
}

/** True where an unmet criterion does not stand in the way. */
export function passes({ met, preference }: Criterion): boolean {
  return met || preference;
}

/** A candidate with the sum of its points. Eligible is who passes every criterion but consent: to those the requester can agree. */
export function candidateOf(institution: string, serviceId: string, criteria: readonly Criterion[]): Candidate {
  return create(CandidateSchema, {
    institution,
    serviceId,
    criteria: [...criteria],
    eligible: criteria.every((one) => one.name === "consent" || passes(one)),
    points: criteria.reduce((sum, { points }) => sum + points, 0),
  });
}

/** A candidate and what orders it besides its points. */
export interface Ranked {
  readonly candidate: Candidate;
  /** A person named it: it is looked at first. */
  readonly addressed: boolean;
  /** When its data were last assured, as YYYY-MM-DD; empty when never. */
  readonly assuredDate: string;
}

/** Addressed by a person, eligible, more points; then the more recently assured, and at last the id, so that order is the same anywhere. */
export function byRank(a: Ranked, b: Ranked): number {
  return (
    Number(b.addressed) - Number(a.addressed) ||
    Number(b.candidate.eligible) - Number(a.candidate.eligible) ||
    b.candidate.points - a.candidate.points ||
    byText(b.assuredDate, a.assuredDate) ||
    byText(a.candidate.institution, b.candidate.institution) ||
    byText(a.candidate.serviceId, b.candidate.serviceId)
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

// The routing section of a person once it is opened: what choosing an institution needs. Values stay here and are never recorded.
import { z } from "zod";

const absent = z.object({ absent: z.enum(["unknown", "asked-declined", "not-asked"]) });

/** A value, or nothing when it is absent for whatever reason: choosing treats all absences alike. */
function known<T extends z.ZodType>(value: T) {
  return z
    .union([value, absent])
    .optional()
    .transform((given) => (isAbsent(given) ? undefined : given));
}

function isAbsent(given: unknown): given is z.infer<typeof absent> {
  return typeof given === "object" && given !== null && "absent" in given;
}

/** The JSON of a routing section. Fields that a newer door adds are left out. */
const routingSchema = z.object({
  ageBand: known(z.string()),
  sex: known(z.string()),
  nationality: known(z.array(z.string())),
  papers: known(z.string()),
  territory: known(z.string()),
  languages: known(z.array(z.string())),
  accused: z.array(z.string()).default([]),
});

/** What is known of one person for choosing. */
export type RoutingFacts = z.infer<typeof routingSchema>;

/** What is known of each person, by person id; `gone` when a key was destroyed: then nobody may be chosen any more. */
export type Routing = ReadonlyMap<string, RoutingFacts> | "gone";

const NOTHING_KNOWN: RoutingFacts = {
  ageBand: undefined,
  sex: undefined,
  nationality: undefined,
  papers: undefined,
  territory: undefined,
  languages: undefined,
  accused: [],
};

/**
 * What is known of one person whose age band stands in clear in the request. Once the person has a section of its own, that alone
 * counts: a correction may say that the age is not known.
 */
export function factsOf(routing: Routing, personId: string, ageBand: string): RoutingFacts {
  const own = routing === "gone" ? undefined : routing.get(personId);
  // A band that is none says why it is absent (FHIR data-absent-reason).
  return own ?? { ...NOTHING_KNOWN, ageBand: /^[0-9]/.test(ageBand) ? ageBand : undefined };
}

/** Reads an opened section; throws without repeating any of it when it is not what the door writes. */
export function parseRouting(plaintext: Uint8Array): RoutingFacts {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(plaintext).toString("utf8"));
  } catch {
    throw new Error("a routing section is not JSON");
  }
  const read = routingSchema.safeParse(json);
  if (!read.success) throw new Error("a routing section has not the form that the door writes");
  return read.data;
}

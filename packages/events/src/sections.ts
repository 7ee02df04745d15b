// Whose a piece of sealed content is, by the event that brought it.
import { SectionKind } from "./gen/ruta/referral/v1/common_pb.ts";
import type { Section } from "./gen/ruta/referral/v1/common_pb.ts";
import type { ReferralEvent } from "./gen/ruta/referral/v1/event_pb.ts";

/** True for what tells of persons and can be disclosed or superseded; the rest is evidence. */
export function isContent({ kind }: Pick<Section, "kind">): boolean {
  return kind === SectionKind.IDENTITY || kind === SectionKind.NARRATIVE || kind === SectionKind.ROUTING;
}

/**
 * The institution whose content an event brought: the one for which an operator spoke, else the actor. What the hub decided with content
 * in it answers a choice of the requester.
 */
export function broughtBy({ actor, requester }: Pick<ReferralEvent, "actor" | "requester">): string {
  if (actor === undefined) return requester;
  if (actor.onBehalfOf !== "") return actor.onBehalfOf;
  return actor.institution === "hub" ? requester : actor.institution;
}

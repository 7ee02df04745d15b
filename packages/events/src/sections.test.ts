// Whose content is whose, and what is content at all.
import { expect, test } from "vitest";
import { ActorSchema, Channel, SectionKind } from "./gen/ruta/referral/v1/common_pb.ts";
import { create } from "./record.ts";
import { broughtBy, isContent } from "./sections.ts";

const by = (fields: { institution: string; onBehalfOf?: string; channel?: Channel }) =>
  broughtBy({ requester: "sender", actor: create(ActorSchema, fields) });

test("content is its actor's, or that of the institution for which an operator spoke", () => {
  expect(by({ institution: "house", channel: Channel.WEBHOOK })).toBe("house");
  expect(by({ institution: "hub", onBehalfOf: "house", channel: Channel.PHONE })).toBe("house");
});

test("what the hub decided with content in it answers the requester", () => {
  expect(by({ institution: "hub", channel: Channel.HUB })).toBe("sender");
  expect(broughtBy({ requester: "sender" })).toBe("sender");
});

test("identity, narrative and routing are content; what came as evidence is not", () => {
  const kinds = Object.values(SectionKind).filter((kind) => typeof kind === "number");
  expect(kinds.filter((kind) => isContent({ kind }))).toEqual([
    SectionKind.IDENTITY,
    SectionKind.NARRATIVE,
    SectionKind.ROUTING,
  ]);
});

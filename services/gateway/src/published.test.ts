// What is published names every act that the door takes and every topic that there is.
import { ACTS, TOPIC_SPECS } from "@ruta/events";
import { expect, test } from "vitest";
import { asyncApi, schemas } from "./published.ts";

interface Document {
  readonly channels: Readonly<Record<string, { readonly address: string | null; readonly messages: object }>>;
}

test("each act has its schema, and so has what is told, of referrals and of endpoints", () => {
  expect(Object.keys(schemas()).toSorted()).toEqual(
    [...ACTS.map((act) => `act.${act}`), "told", "endpoint"].toSorted(),
  );
  expect(schemas()["act.request"]).toMatchObject({ $id: "/schemas/act.request.json", type: "object" });
});

test("the AsyncAPI document has the door, the webhook and every topic with its protobuf source", () => {
  const { channels } = asyncApi("1") as unknown as Document;
  expect(Object.keys(channels.door?.messages ?? {})).toEqual([...ACTS]);
  const told = Object.values(channels.webhook?.messages ?? {}) as { name: string }[];
  const own = ["challenge", "failing", "disabled", "recovered"].map((word) => `ruta.endpoint.${word}`);
  expect(told.map(({ name }) => name)).toEqual(expect.arrayContaining(own));
  const addresses = Object.values(channels).map(({ address }) => address);
  for (const { name } of TOPIC_SPECS) expect(addresses).toContain(name);
  expect(JSON.stringify(channels)).toContain("message ReferralEvent {");
});

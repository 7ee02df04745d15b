// The first revision: staff from RUTA_FIRST_ADMIN, in a form that is checked before anything starts.
import { Directory, StaffRole } from "@ruta/events";
import { encodePublicKey, generateKeyPair } from "@ruta/proof";
import { describe, expect, it } from "vitest";
import { config } from "./config.ts";
import { decide } from "./decide.ts";
import { firstRequest, parseFirstAdmin } from "./first.ts";
import { NOON } from "./sample.ts";

const key = encodePublicKey(generateKeyPair().publicKey);
const other = encodePublicKey(generateKeyPair().publicKey);

describe("RUTA_FIRST_ADMIN", () => {
  it.each([
    ["one pair", `ana:${key}`, true],
    ["several", `ana:${key},recovery:${other}`, true],
    ["nothing", "", false],
    ["a key alone", key, false],
    ["a secret key", `ana:${key.replace("whpk_", "whsk_")}`, false],
    ["a name of a person", `Ana Pérez:${key}`, false],
    ["spaces", `ana: ${key}`, false],
    ["a trailing comma", `ana:${key},`, false],
  ])("with %s", (_name, value, taken) => {
    expect(config.safeParse({ RUTA_FIRST_ADMIN: value }).success).toBe(taken);
  });

  it("names administrators, and the offline key by the id recovery", () => {
    expect(parseFirstAdmin(`ana:${key},recovery:${other}`)).toEqual([
      { id: "ana", publicKey: key, role: "administrator" },
      { id: "recovery", publicKey: other, role: "recovery" },
    ]);
    expect(parseFirstAdmin(undefined)).toEqual([]);
  });
});

describe("the first revision", () => {
  it("holds that staff and nothing else", () => {
    const request = firstRequest(parseFirstAdmin(`ana:${key},recovery:${other}`));
    const prepared = request.prepare(new Directory(), NOON);
    const decision = decide({ ...request, entries: prepared.ok ? prepared.entries : [] }, new Directory(), NOON);
    const staff = decision.ok
      ? decision.records.map(({ entry }) => (entry.case === "staff" ? entry.value.roles : entry.case))
      : [];
    expect(staff).toEqual([[StaffRole.ADMINISTRATOR], [StaffRole.RECOVERY], "revisionCommitted"]);
  });

  it("is refused when two hold one key, when nobody administers, and when a key is none", () => {
    const twins = firstRequest(parseFirstAdmin(`ana:${key},recovery:${key}`)).prepare(new Directory(), NOON);
    expect(twins).toMatchObject({ ok: false, problems: [{ field: "public_key" }] });
    const request = firstRequest(parseFirstAdmin(`recovery:${key}`));
    const prepared = request.prepare(new Directory(), NOON);
    const entries = prepared.ok ? prepared.entries : [];
    expect(decide({ ...request, entries }, new Directory(), NOON)).toEqual({ ok: false, code: "last-administrator" });
    expect(() => firstRequest(parseFirstAdmin("ana:whpk_AAAA"))).toThrow("the key of ana is not an Ed25519 public key");
  });
});

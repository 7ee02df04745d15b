// Keys, tokens, endpoints and staff on real servers: secrets shown once, ended at once, by those who may and only once.
import { createHash, randomBytes } from "node:crypto";
import { DeliveryMode, PayloadFormat, SignatureScheme } from "@ruta/events";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAMPLE, entriesOf } from "./sample.ts";
import { openTestService, publicKey } from "./test-service.ts";
import type { TestService } from "./test-service.ts";

describe.each(testLogs())("credentials on $name", (driver) => {
  let test: TestService;
  beforeAll(async () => {
    if (!driver.available) return;
    test = await openTestService(driver);
    const { ask } = await test.started("directory_a");
    await ask("POST", "/apply", { entries: entriesOf(SAMPLE), reason: "sample" });
  });
  afterAll(() => test?.close());

  it.skipIf(!driver.available)(
    "makes keys, tokens and endpoints whose secrets are shown once and stand nowhere in clear",
    async () => {
      const { ask } = await test.started("directory_a");
      const act = { institution: "casa", reason: "test" };
      const own = publicKey();
      const v1 = (await ask("POST", "/keys", act)).body as Record<string, string>;
      const v1a = (await ask("POST", "/keys", { ...act, publicKey: own })).body as Record<string, string>;
      const token = (await ask("POST", "/tokens", { ...act, label: "lectura" })).body as Record<string, string>;
      const endpoint = (
        await ask("POST", "/endpoints", { ...act, url: "https://casa.example/hook", scheme: "v1", format: "fhir" })
      ).body as Record<string, string>;
      expect(v1.secret).toMatch(/^whsec_/);
      expect(v1a.secret).toBeUndefined();
      expect(token.token).toMatch(/^rt_[A-Za-z0-9_-]{43}$/);
      expect(endpoint.secret).toMatch(/^whsec_/);

      const { directory, records } = await test.folded();
      const now = Date.now();
      const raw = (secret: string | undefined): Buffer => Buffer.from((secret ?? "").slice("whsec_".length), "base64");
      const key = directory.get("institutionKey", v1.id ?? "");
      expect(Buffer.from(test.seal.unwrap(key?.wrappedSecret ?? new Uint8Array(), `institution-key:${v1.id}`))).toEqual(
        raw(v1.secret),
      );
      expect(directory.get("institutionKey", v1a.id ?? "")).toMatchObject({ scheme: SignatureScheme.V1A });
      expect(directory.keysOf("casa", now)).toHaveLength(2);
      expect(Buffer.from(directory.get("accessToken", token.id ?? "")?.sha256 ?? [])).toEqual(
        createHash("sha256")
          .update(token.token ?? "")
          .digest(),
      );
      const at = directory.endpointOf("casa", now);
      expect(at).toMatchObject({
        url: "https://casa.example/hook",
        scheme: SignatureScheme.V1,
        format: PayloadFormat.FHIR,
      });
      expect(Buffer.from(test.seal.unwrap(at?.wrappedSecret ?? new Uint8Array(), `endpoint:${at?.id}`))).toEqual(
        raw(endpoint.secret),
      );
      const everything = Buffer.concat(records.map(({ value }) => value));
      for (const secret of [raw(v1.secret), raw(endpoint.secret), Buffer.from(token.token ?? "")])
        expect(everything.includes(secret)).toBe(false);

      // Lists show neither; revocation ends at once, twice is once, and another institution's is unknown.
      const keys = await ask("GET", "/keys?institution=casa");
      expect(keys.body.entries).toHaveLength(2);
      expect(JSON.stringify(keys.body)).not.toContain("secret");
      expect(JSON.stringify((await ask("GET", "/tokens?institution=casa")).body)).not.toContain("sha256");
      const revoked = await ask("POST", `/keys/${v1.id}/revoke`, act);
      expect(revoked.status).toBe(200);
      expect((await ask("POST", `/keys/${v1.id}/revoke`, act)).body.revision).toBe(revoked.body.revision);
      expect((await test.folded()).directory.keysOf("casa", Date.now()).map(({ id }) => id)).toEqual([v1a.id]);
      expect(await ask("POST", `/tokens/${token.id}/revoke`, { ...act, institution: "otra" })).toMatchObject({
        status: 404,
        body: { code: "unknown-entry" },
      });

      // A new address keeps the endpoint's id, so that what waits for it goes there; the file's form cannot lose the secret.
      const moved = entriesOf('endpoints:\n  - { institution: casa, url: "https://casa.example/new", scheme: v1 }');
      expect((await ask("POST", "/apply", { entries: moved, reason: "moved" })).status).toBe(200);
      expect((await test.folded()).directory.endpointOf("casa", now)).toMatchObject({
        id: at?.id,
        url: "https://casa.example/new",
        wrappedSecret: at?.wrappedSecret,
      });
      const pulls = entriesOf("endpoints:\n  - { institution: casa, mode: inbox }");
      expect((await ask("POST", "/apply", { entries: pulls, reason: "pulls" })).status).toBe(200);
      expect((await test.folded()).directory.endpointOf("casa", now)).toMatchObject({
        mode: DeliveryMode.INBOX,
        url: "",
        wrappedSecret: at?.wrappedSecret,
      });
      expect((await ask("POST", "/endpoints", { ...act, mode: "inbox" })).status).toBe(200);
      expect(await ask("POST", "/endpoints", act)).toMatchObject({ status: 422, body: { field: "url" } });
      expect(await ask("POST", "/endpoints", { ...act, url: "http://10.0.0.1/", scheme: "v1a" })).toMatchObject({
        status: 422,
        body: { field: "url" },
      });
      expect(await ask("POST", "/keys", { institution: "nadie", reason: "test" })).toMatchObject({
        status: 422,
        body: { field: "institution" },
      });
      expect(await ask("POST", "/keys", { ...act, publicKey: "whpk_zzz" })).toMatchObject({
        status: 422,
        body: { field: "publicKey" },
      });
    },
  );

  it.skipIf(!driver.available)(
    "lets only administrators act, recovery only name one, and no signed request act twice",
    async () => {
      const { ask } = await test.started("directory_a");
      const eva = { id: "eva", publicKey: publicKey(), roles: ["operator"], reason: "new" };
      expect((await ask("POST", "/staff", eva)).status).toBe(200);
      const key = { institution: "casa", reason: "test" };
      expect(await ask("POST", "/keys", key, { "x-staff": "eva" })).toMatchObject({
        status: 403,
        body: { code: "role-missing" },
      });
      expect(await ask("POST", "/keys", key, { "x-staff": "nobody" })).toMatchObject({
        status: 403,
        body: { code: "role-missing" },
      });
      expect(await ask("POST", "/keys", key, { "x-staff": "recovery" })).toMatchObject({
        status: 403,
        body: { code: "recovery-limited" },
      });
      const ida = { id: "ida", publicKey: publicKey(), roles: ["administrator"], reason: "lost key" };
      expect((await ask("POST", "/staff", ida, { "x-staff": "recovery" })).status).toBe(200);
      expect((await ask("POST", "/staff/ana/revoke", { reason: "lost key" }, { "x-staff": "ida" })).status).toBe(200);
      expect(await ask("POST", "/keys", key)).toMatchObject({ status: 403, body: { code: "role-missing" } });
      expect(await ask("POST", "/staff/ida/revoke", { reason: "x" }, { "x-staff": "ida" })).toMatchObject({
        status: 409,
        body: { code: "last-administrator" },
      });

      const once = { "x-staff": "ida", "x-signature": randomBytes(64).toString("hex") };
      expect((await ask("POST", "/tokens", key, once)).status).toBe(200);
      expect(await ask("POST", "/tokens", key, once)).toMatchObject({ status: 409, body: { code: "act-repeated" } });

      for (const [path, body, field] of [
        ["/apply", { entries: [], reason: "x" }, "entries"],
        ["/apply", { entries: entriesOf(SAMPLE) }, "reason"],
        ["/keys", { institution: "casa", reason: " " }, "reason"],
        ["/staff", { ...eva, roles: [] }, "roles"],
        ["/staff", { ...eva, id: "bootstrap" }, "id"],
        ["/endpoints", { ...key, url: "https://a.example/", scheme: "v2" }, "scheme"],
      ] as const)
        expect(await ask("POST", path, body, { "x-staff": "ida" })).toMatchObject({
          status: 400,
          body: { code: "request-invalid", field },
        });
    },
  );
});

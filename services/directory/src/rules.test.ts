// Rules of institutions and endpoints: ids that are free; an https URL of the outside world, one an institution, no v1 without its secret.
import { Directory } from "@ruta/events";
import { describe, expect, it } from "vitest";
import { decide } from "./decide.ts";
import { NOON, SAMPLE, actOf, commit, entriesOf, firstRevision, problemsOf, sampleWith } from "./sample.ts";
import { validate } from "./validate.ts";

describe("an institution", () => {
  it.each(["hub", "rehearsal"])("cannot be called %s: the hub acts under that id itself", (id) => {
    expect(problemsOf(sampleWith("{ id: otra,", `{ id: ${id},`))).toEqual([
      `d.yaml:19 institution ${id}, id: is kept for what the hub does itself; choose another id`,
    ]);
    expect(problemsOf(sampleWith("{ id: otra,", `{ id: ${id}-norte,`))).toEqual([]);
  });
});

describe("an endpoint", () => {
  const withUrl = (url: string): string =>
    `${SAMPLE}endpoints:\n  - { institution: casa, url: "${url}", scheme: v1a }\n`;

  it.each([
    ["https://casa.example/hook?x=1", undefined],
    ["casa.example", "is not a URL"],
    ["http://casa.example/", "is not https"],
    ["ftp://casa.example/", "is not https"],
    ["https://u:p@casa.example/", "carries user info"],
    ["https://casa.example/#a", "carries a fragment"],
    ["https://casa.example/#", "carries a fragment"],
    ["https://localhost/", "points at this machine"],
    ["https://127.0.0.1:8000/", "points at this machine"],
    ["https://2130706433/", "points at this machine"],
    ["https://[::1]/", "points at this machine"],
    ["https://127.1/", "points at this machine"],
    ["https://0x7f.0.0.1/", "points at this machine"],
    ["https://0177.0.0.1/", "points at this machine"],
    ["https://127.0.0.1./", "points at this machine"],
    ["https://localhost./", "points at this machine"],
    ["https://hub.localhost./", "points at this machine"],
    ["https://ｌｏｃａｌｈｏｓｔ/", "points at this machine"],
    ["https://①②⑦.⓪.⓪.①/", "points at this machine"],
    ["HTTP://casa.example/", "is not https"],
    ["https://10.0.0.1/", "names an address instead of a host"],
    ["https://169.254.169.254/latest", "names an address instead of a host"],
    ["https://0/", "names an address instead of a host"],
    ["https://8.8.8.8/", "names an address instead of a host"],
    ["https://[::ffff:127.0.0.1]/", "names an address instead of a host"],
    ["https://[::ffff:0:10.0.0.1]/", "names an address instead of a host"],
    ["https://[64:ff9b::7f00:1]/", "names an address instead of a host"],
    ["https://[2002:7f00:1::]/", "names an address instead of a host"],
    ["https://[fd00::1]/", "names an address instead of a host"],
    ["https://[fe80::1%25eth0]/", "is not a URL"],
    ["https://casa.example:22/", "has another port than 443 or 8443"],
    ["https://casa.example:443/", undefined],
    ["https://casa.example:8443/", undefined],
    ["HTTPS://CASA.EXAMPLE/", undefined],
  ])("at %s: %s", (url, message) => {
    const toTry = message?.includes("this machine") ? "; to try it, start the hub with RUTA_ALLOW_LOOPBACK=1" : "";
    const expected =
      message === undefined
        ? []
        : [
            `d.yaml:32 endpoint casa, url: ${message}; give an https URL that the institution serves to the internet${toTry}`,
          ];
    expect(problemsOf(withUrl(url))).toEqual(expected);
  });

  it("may be on this machine only where the hub allows it", () => {
    expect(problemsOf(withUrl("http://127.0.0.1:8000/"), new Directory(), { allowLoopback: true })).toEqual([]);
    expect(problemsOf(withUrl("http://casa.example/"), new Directory(), { allowLoopback: true })).toHaveLength(1);
  });

  it("has a url and a scheme where the hub posts, and neither where the institution pulls", () => {
    const written = (fields: string): string => `${SAMPLE}endpoints:\n  - { institution: casa${fields} }\n`;
    expect(problemsOf(written(", mode: inbox"))).toEqual([]);
    for (const mode of ["", ", mode: webhook"])
      expect(problemsOf(written(mode))).toEqual([
        "d.yaml:32 endpoint casa, url: is missing; give a url, or mode: inbox",
        "d.yaml:32 endpoint casa, scheme: is missing; give a scheme, or mode: inbox",
      ]);
    expect(problemsOf(written(', mode: inbox, url: "https://a.example/"'))).toEqual([
      "d.yaml:32 endpoint casa, url: is not used by an inbox; leave it out, or give mode: webhook",
    ]);
    expect(problemsOf(written(", mode: pull"))).toEqual([
      'd.yaml:32 endpoint casa, mode: does not take "pull"; give one of webhook, inbox',
    ]);
  });

  it("that stands is no reason to refuse another act when the rules have become stricter", () => {
    const fold = firstRevision();
    const validated = validate(entriesOf(withUrl("http://127.0.0.1:8000/")), fold.current, { allowLoopback: true });
    commit(fold, decide(actOf(validated.ok ? validated.entries : []), fold.current, NOON));
    expect(fold.current.all("endpoint")).toHaveLength(1);
    expect(problemsOf("terms:\n  - { code: DEF, taxonomy: need, name: D }", fold.current)).toEqual([]);
  });

  it("is one an institution, and cannot be v1 without the secret that only the admin route makes", () => {
    const two = `${withUrl("https://a.example/")}  - { institution: casa, url: "https://b.example/", scheme: v1a }\n`;
    expect(problemsOf(two)).toEqual([
      "d.yaml:33 endpoint casa, institution: was written at d.yaml:32 already; leave one of the two out",
    ]);
    expect(problemsOf(withUrl("https://a.example/").replace("v1a", "v1"))).toEqual([
      "d.yaml:32 endpoint casa, scheme: is v1 without a shared secret; use v1a here, or register it by the admin route, which makes the secret",
    ]);
  });
});

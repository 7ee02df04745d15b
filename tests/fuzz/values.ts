// Values of the right shape: arbitraries made from the JSON Schema of a route, with what the world has for names that mean something.
import fc from "fast-check";
import type { JsonSchema } from "../inspect.ts";
import { CANARY } from "./canary.ts";

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const institution = fc.constantFrom("alfa", "beta", "gama", "delta");
const owned = (kind: string) => fc.constantFrom(`{{${kind}.own}}`, `{{${kind}.own}}`, `{{${kind}.served}}`);
const day = 86_400_000;
const around = Date.UTC(2026, 10, 24);
const instant = fc.integer({ min: around - 400 * day, max: around + 30 * day }).map((at) => new Date(at).toISOString());

/** What stands under a name, wherever it is: what would be refused at once teaches nothing about what comes behind it. */
const BY_NAME: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  specversion: fc.constant("1.0"),
  referral: owned("referral"),
  basedOn: owned("referral"),
  event: fc.constantFrom("{{event.own}}", "{{event.served}}"),
  supersedes: fc.constant(["{{section.own}}"]),
  performer: institution,
  onBehalfOf: institution,
  institution,
  recipients: fc.array(institution, { minLength: 1, maxLength: 3 }),
  accused: fc.array(institution, { maxLength: 2 }),
  service: fc.constantFrom("beta-alojamiento", "gama-alojamiento"),
  serviceType: fc.constantFrom("ALO-FAM", "ALO-FAM", "LEG"),
  territory: fc.constantFrom<Json>("canton-quito", { absent: "unknown" }),
  reasonCode: fc.constantFrom("no-capacity", "other", "no-response", "unreadable"),
  number: fc.constantFrom("F-{{n}}", "F-{{n}}", "F-7"),
  worker: fc.constant("op-1"),
  evidence: fc.constant("F-12"),
  givenOn: fc.constantFrom("2026-11-20", "2025-02-28"),
  given: fc.constant(CANARY.given),
  family: fc.constant(CANARY.family),
  chosen: fc.constant(CANARY.given),
  phone: fc.constant(CANARY.document),
  email: fc.constant(`${CANARY.family}@example.org`),
  address: fc.constant(CANARY.family),
  narrative: fc.constant(CANARY.story),
  note: fc.constant(CANARY.story),
  toldBy: fc.constant(CANARY.family),
  salt: fc.constant("0123456789abcdefghjkmnpqrs"),
  cursor: fc.constantFrom("{{cursor.own}}", "{{cursor.foreign}}"),
  after: fc.constantFrom("{{cursor.own}}", "{{delivery.any}}"),
  wait: fc.constantFrom<Json>(0, 0, 1),
  reason: fc.constantFrom("a fuzz", "una razón"),
  staff: fc.constantFrom("operator", "administrator", "nobody"),
  topic: fc.constantFrom("ruta.referral.commands.v1", "events", "access"),
  key: fc.constantFrom("{{case.own}}", "{{case.none}}"),
  delivery: fc.constantFrom("{{delivery.any}}"),
  id: fc.constantFrom("{{person.own}}", "{{person.own}}", "{{person.served}}"),
};

type Node = JsonSchema & {
  readonly type?: string;
  readonly enum?: readonly Json[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly pattern?: string;
  readonly format?: string;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
};

const anything = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;

function text(node: Node): fc.Arbitrary<Json> {
  if (node.format === "date-time") return instant;
  if (node.format === "date") return instant.map((at) => at.slice(0, 10));
  if (node.pattern !== undefined) return fc.stringMatching(new RegExp(node.pattern));
  const { minLength = 0, maxLength = 30 } = node;
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 30)), unit: "grapheme" });
}

function made(node: Node, root: Node, name: string): fc.Arbitrary<Json> {
  const known = BY_NAME[name];
  // A name that is also a fixed word, such as an enum of codes, is drawn from its own list half of the time.
  if (known !== undefined && node.enum === undefined) return known;
  if (node.const !== undefined) return fc.constant(node.const as Json);
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  const branches = node.anyOf ?? node.oneOf;
  if (branches) return fc.oneof(...branches.map((branch) => made(branch, root, "")));
  if (typeof node.$ref === "string") {
    const target = node.$ref.split("/").at(-1) ?? "";
    const found = ((root.$defs ?? {}) as Readonly<Record<string, Node>>)[target];
    return found ? made(found, root, name) : anything;
  }
  switch (node.type) {
    case "string":
      return text(node);
    case "integer":
      return fc.integer({ min: Math.max(node.minimum ?? 0, -1e6), max: Math.min(node.maximum ?? 1e6, 1e6) });
    case "number":
      return fc.integer({ min: node.minimum ?? 0, max: node.maximum ?? 1000 });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(node.items ? made(node.items, root, "") : anything, { minLength: 1, maxLength: 3 });
    case "object": {
      const fields = Object.entries(node.properties ?? {});
      const model = Object.fromEntries(fields.map(([field, value]) => [field, made(value, root, field)]));
      return fc.record(model, { requiredKeys: [...(node.required ?? [])] });
    }
    default:
      return anything;
  }
}

const cache = new WeakMap<JsonSchema, readonly fc.Arbitrary<Json>[]>();

/** Values that a schema takes, one arbitrary for each branch of a union at its top: each act by itself. */
export function branchesOf(schema: JsonSchema): readonly fc.Arbitrary<Json>[] {
  const known = cache.get(schema);
  if (known) return known;
  const root = schema as Node;
  const arbitraries = (root.anyOf ?? root.oneOf ?? [root]).map((branch) => made(branch, root, ""));
  cache.set(schema, arbitraries);
  return arbitraries;
}

// The resources of what came in, each with the place where it stands, and how references lead from one to another.
import { pathOf } from "./faults.ts";
import type { Fault, FaultCode } from "./faults.ts";
import { READ } from "./resources.ts";
import type { ReadType, Reference, Resource } from "./resources.ts";

/** A resource and where it stands. */
export interface Located<T = Record<string, unknown>> {
  /** FHIRPath, such as Bundle.entry[0].resource. */
  readonly at: string;
  readonly type: string;
  readonly resource: T;
  readonly fullUrl: string | undefined;
  /** Resources that only this one may point to, with `#`. */
  readonly contained: readonly Located[];
}

/** All resources of a body, and what was found wrong while reading them. */
export class Shelf {
  readonly faults: Fault[] = [];
  readonly all: readonly Located[];
  private readonly byAddress = new Map<string, Located>();
  private readonly used = new Set<string>();
  private readonly parsed = new Map<string, unknown>();

  constructor(all: readonly Located[]) {
    this.all = all;
    for (const located of all) {
      const { type, resource, fullUrl } = located;
      const own = typeof resource.id === "string" ? [`${type}/${resource.id}`] : [];
      for (const address of new Set([...own, ...(fullUrl === undefined ? [] : [fullUrl])])) {
        // Two entries under one address may be two versions of one thing: none of them is the one that was meant.
        if (this.byAddress.has(address)) this.fault("fhir-inconsistent", located.at);
        this.byAddress.set(address, located);
      }
    }
  }

  /** Notes a fault; a body in which everything is wrong is told of the first ones. */
  fault(code: FaultCode, at: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push({ code, expression: at });
  }

  /** What a reference leads to inside of the body; undefined when that is elsewhere or nowhere. */
  find({ reference }: Reference, from: Located<unknown>): Located | undefined {
    if (reference === undefined) return undefined;
    if (reference.startsWith("#")) return from.contained.find(({ resource }) => resource.id === reference.slice(1));
    const address = reference.replace(/\/_history\/[^/]*$/, "");
    const exact = this.byAddress.get(address);
    if (exact) return exact;
    const [, base = "", tail] = /^(.*?\/)?([A-Za-z]+\/[A-Za-z0-9.-]{1,64})$/.exec(address) ?? [];
    if (tail === undefined) return undefined;
    // Of another server than the entry's it is another resource, even under the same type and id.
    if (base !== "") return this.all.find((one) => one.fullUrl === undefined && this.byAddress.get(tail) === one);
    return this.all.find(({ fullUrl }) => fullUrl?.endsWith(`/${tail}`));
  }

  /**
   * A resource as its type is read, or undefined with faults noted. What is read counts as used, and is read once, however often it
   * is referred to.
   */
  read<T extends ReadType>(located: Located, type: T): (Located<Resource<T>> & { readonly type: T }) | undefined {
    this.use(located);
    const key = `${type} ${located.at}`;
    if (!this.parsed.has(key)) this.parsed.set(key, this.parse(located, type));
    const resource = this.parsed.get(key) as Resource<T> | undefined;
    return resource && { ...located, type, resource };
  }

  private parse<T extends ReadType>({ at, resource }: Located, type: T): Resource<T> | undefined {
    // What changes the meaning of a whole resource must be understood, or not be taken (FHIR R4 §2.4, modifiers).
    for (const modifier of ["modifierExtension", "implicitRules"])
      if (resource[modifier] !== undefined) this.fault("fhir-unsupported", `${at}.${modifier}`);
    const parsed = READ[type].safeParse(resource);
    if (parsed.success) return parsed.data as Resource<T>;
    for (const issue of parsed.error.issues) this.fault("fhir-invalid-element", pathOf(at, issue.path));
    return undefined;
  }

  /** What some references lead to, each once: the same thing named a thousand times is one thing. */
  findAll(references: readonly Reference[], from: Located<unknown>): Located[] {
    const found = references.flatMap((reference) => this.find(reference, from) ?? []);
    return [...new Map(found.map((one) => [one.at, one])).values()];
  }

  /** The resources of a type, contained ones too. */
  ofType(type: string): Located[] {
    return this.all.flatMap((one) => [one, ...one.contained]).filter((one) => one.type === type);
  }

  /** Marks a resource as used that only its text is read of. */
  use(located: Located): void {
    this.used.add(located.at);
  }

  /** The resources that nothing has read. */
  unused(): Located[] {
    return this.all.filter(({ at }) => !this.used.has(at));
  }
}

const TYPES: ReadonlySet<unknown> = new Set(["transaction", "message", "collection"]);
/** Most faults that are told. */
const MAX_FAULTS = 50;
/** Most entries of a Bundle. */
const MAX_ENTRIES = 500;

/** The resources of a body: those of a Bundle, or a Task with what it contains. */
export function shelfOf(body: unknown): Shelf | Fault {
  if (!isObject(body)) return { code: "fhir-not-taken", expression: "Resource" };
  if (body.resourceType === "Task") return new Shelf([located("Task", body, undefined)]);
  if (body.resourceType !== "Bundle") return { code: "fhir-not-taken", expression: "Resource.resourceType" };
  if (!TYPES.has(body.type)) return { code: "fhir-not-taken", expression: "Bundle.type" };
  const entries = body.entry ?? [];
  if (!Array.isArray(entries)) return { code: "fhir-invalid-element", expression: "Bundle.entry" };
  if (entries.length > MAX_ENTRIES) return { code: "fhir-too-many", expression: "Bundle.entry" };
  const all: Located[] = [];
  for (const [index, entry] of (entries as unknown[]).entries()) {
    const at = `Bundle.entry[${index}]`;
    if (!isObject(entry)) return { code: "fhir-invalid-element", expression: at };
    const { resource, request, fullUrl } = entry;
    const method = isObject(request) ? request.method : undefined;
    if (method !== undefined && method !== "POST" && method !== "PUT")
      return { code: "fhir-unsupported", expression: `${at}.request.method` };
    if (!isObject(resource) || typeof resource.resourceType !== "string")
      return { code: "fhir-invalid-element", expression: `${at}.resource` };
    if (fullUrl !== undefined && (typeof fullUrl !== "string" || fullUrl === ""))
      return { code: "fhir-invalid-element", expression: `${at}.fullUrl` };
    all.push(located(`${at}.resource`, resource, fullUrl));
  }
  if (body.type === "message" && all[0]?.type !== "MessageHeader")
    return { code: "fhir-invalid-element", expression: "Bundle.entry[0].resource" };
  return new Shelf(all);
}

function located(at: string, resource: Record<string, unknown>, fullUrl: string | undefined): Located {
  // What is contained may point to what is contained beside it.
  const contained: Located[] = [];
  for (const [index, inner] of (Array.isArray(resource.contained) ? (resource.contained as unknown[]) : []).entries())
    if (isObject(inner) && typeof inner.resourceType === "string")
      contained.push({
        at: `${at}.contained[${index}]`,
        type: inner.resourceType,
        resource: inner,
        fullUrl: undefined,
        contained,
      });
  return { at, type: String(resource.resourceType), resource, fullUrl, contained };
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

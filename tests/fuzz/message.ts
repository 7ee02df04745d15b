// A plan made ready to send: places filled with what the city knows, text turned into bytes, and the proof put on, right or wrong.
import { gzipSync } from "node:zlib";
import { signRequest, webhookHeaders } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import type { Plan } from "./plan.ts";
import type { Message } from "./raw.ts";
import type { World } from "./world.ts";

/** A message and the webhook-id under which the door would record it. */
export interface Ready {
  readonly message: Message;
  readonly webhookId: string;
}

/** Referrals that the fuzz itself has made, by who asked for them. */
export type Made = ReadonlyMap<string, readonly string[]>;

/** Fills the places of a text. */
function filler(world: World, made: Made, { as, n }: Plan): (text: string) => string {
  const ids = world.ids(as);
  const place = (name: string): string => {
    const [kind = "", which = ""] = name.split(".");
    if (kind === "n") return String(n);
    if (kind === "now") return String(Math.floor(Date.now() / 1000));
    if (kind === "token") return which === "own" ? tokenOf(world, as) : world.revokedToken;
    const mine = made.get(as) ?? [];
    // Half of what is done is done to what was made on the way.
    if (name === "referral.own" && n % 2 === 0 && mine.length > 0) return mine[(n / 2) % mine.length]!;
    return ids[kind]?.[which] ?? "";
  };
  return (text) => text.replaceAll(/\{\{([a-z.]+)\}\}/g, (_, name: string) => place(name));
}

const tokenOf = (world: World, as: string): string => (as === "alfa" || as === "beta" ? world.token(as) : "");

function bytesOf(text: string, encoding: Plan["encoding"]): Buffer {
  return encoding === "gzip" ? gzipSync(text) : Buffer.from(text, encoding);
}

/** Changes one thing of signed headers; undefined takes the header away. */
type Wrong = (signed: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;

const SIGNATURE = "webhook-signature";
const WRONG: Readonly<Record<string, Wrong>> = {
  junk: (signed) => ({ ...signed, [SIGNATURE]: "v1a,AAAA" }),
  cut: (signed) => ({ ...signed, [SIGNATURE]: signed[SIGNATURE]!.slice(0, -6) }),
  "other-scheme": (signed) => ({
    ...signed,
    [SIGNATURE]: signed[SIGNATURE]!.replace(/^v1a?/, (scheme) => (scheme === "v1" ? "v1a" : "v1")),
  }),
  many: (signed) => ({ ...signed, [SIGNATURE]: `${"v1,AAAA v1a,AAAA ".repeat(3)}${signed[SIGNATURE]}` }),
};

const OFF_S = 400;
const at = (plan: Plan): number =>
  Date.now() + (plan.proof === "stale" ? -OFF_S : plan.proof === "ahead" ? OFF_S : 0) * 1000;
const other = (plan: Plan, body: Buffer): Buffer =>
  plan.proof === "another-body" ? Buffer.concat([body, Buffer.from(" ")]) : body;

function doorProof(world: World, plan: Plan, webhookId: string, body: Buffer): Readonly<Record<string, string>> {
  if (plan.proof === "none") return {};
  const key: SigningKey = world.key(plan.proof === "another's" ? "delta" : plan.as);
  const timestampS = Math.floor(at(plan) / 1000);
  // Headers of another request, which was taken.
  const id = plan.proof === "repeated" ? "set-A-1" : webhookId;
  const signed = webhookHeaders({
    id,
    timestampS,
    body: plan.proof === "repeated" ? Buffer.from("{}") : other(plan, body),
    key,
  });
  return WRONG[plan.proof]?.(signed) ?? signed;
}

function staffProof(
  world: World,
  plan: Plan,
  id: string,
  path: string,
  body: Buffer,
): Readonly<Record<string, string>> {
  if (plan.proof === "none") return {};
  const seed = world.staff[plan.proof === "another's" ? "recoverer" : plan.as]!;
  const signed = signRequest(
    {
      method: plan.method,
      path: plan.proof === "another-path" || plan.proof === "repeated" ? "/admin/hub" : path,
      body: other(plan, body),
      staff: plan.as,
      now: at(plan),
      id,
    },
    seed,
  );
  return WRONG[plan.proof]?.(signed) ?? signed;
}

function tokenProof(world: World, { as, proof }: Plan): Readonly<Record<string, string>> {
  const token = tokenOf(world, as);
  const wrong: Readonly<Record<string, string>> = {
    junk: "Bearer x",
    "another's": `Bearer ${world.revokedToken}`,
    "another-body": `Bearer ${token.slice(0, -1)}`,
    "another-path": `Bearer ${token}/v1/keys`,
    cut: `Bearer ${token.slice(0, 15)}`,
    stale: `Bearer ${world.revokedToken}`,
    ahead: `Token ${token}`,
    "other-scheme": `Basic ${Buffer.from(`:${token}`).toString("base64")}`,
    repeated: `Bearer ${token}, Bearer ${token}`,
  };
  return proof === "none" ? {} : { authorization: wrong[proof] ?? `Bearer ${token}` };
}

/** Makes a plan ready. */
export function readied(world: World, made: Made, plan: Plan): Ready {
  const fill = filler(world, made, plan);
  const { url } = plan.target;
  let path = fill(plan.path);
  const isDoor = url.startsWith("/v1/in/");
  if (isDoor && plan.proof === "another-path") path = path.replace(`/v1/in/${plan.as}`, "/v1/in/delta");
  const body =
    plan.body === undefined
      ? Buffer.alloc(0)
      : bytesOf(plan.encoding === "base64" ? plan.body : fill(plan.body), plan.encoding);
  const id = `fz-${plan.n}`;
  const proof = isDoor
    ? doorProof(world, plan, id, body)
    : url.startsWith("/admin/")
      ? staffProof(world, plan, id, path, body)
      : tokenProof(world, plan);
  // What a plan says of a header counts, also where that makes the proof wrong.
  const headers = new Map<string, string>(Object.entries(proof));
  for (const [name, value] of plan.headers) headers.set(name, fill(value));
  return {
    message: { method: plan.method, path, headers: [...headers], body },
    webhookId: headers.get("webhook-id") ?? "",
  };
}

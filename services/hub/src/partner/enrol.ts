// Lets an institution in, by the admin routes that any member of staff could use one by one: entry, endpoint, key, token.
import type { AdminClient } from "../admin-client.ts";
import { say } from "../language.ts";
import { CommandError, EXIT } from "../output.ts";

/** What is known of a new institution. */
export interface Newcomer {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly functions: readonly string[];
  /** A service of this type that takes referrals is entered too. */
  readonly serviceType?: string | undefined;
  /** How it receives; nothing is delivered to it while it has neither. */
  readonly receives?: { readonly url: string; readonly scheme: "v1" | "v1a" } | "inbox" | undefined;
  /** Its own public key; a shared secret is made when not given. */
  readonly publicKey?: string | undefined;
  readonly reason: string;
}

/** What was made; secrets are shown this once. */
export interface Enrolled {
  readonly institution: string;
  readonly revision: string;
  readonly key: { readonly id: string; readonly secret?: string };
  readonly token: { readonly id: string; readonly token: string };
  readonly endpoint?: { readonly id: string; readonly secret?: string };
}

type Listed = { readonly entries: readonly { readonly id?: string }[] };

/** An id made of a name: lower-case letters, digits and hyphens. */
export function idOfName(name: string): string {
  const plain = name.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 64)
    .replace(/-+$/, "");
}

function entriesOf({ id, name, type, functions, serviceType }: Newcomer): object[] {
  const competences = serviceType === undefined ? {} : { competences: [{ service_type: serviceType }] };
  const institution = { kind: "institution", value: { id, name, type, functions, ...competences } };
  if (serviceType === undefined) return [institution];
  const service = {
    id: `${id}-${serviceType.toLowerCase()}`.slice(0, 64),
    institution: id,
    name,
    accepts_referrals: true,
  };
  return [institution, { kind: "service", value: { ...service, service_type: serviceType } }];
}

/** How it receives, as the directory writes it: to be held against the rules before anything is made. */
function endpointOf({ id, receives }: Newcomer): object[] {
  if (receives === undefined) return [];
  // A secret of scheme v1 is made only when the endpoint is registered, and no rule of the URL depends on the scheme.
  const how = receives === "inbox" ? { mode: "inbox" } : { url: receives.url, scheme: "v1a" };
  return [{ kind: "endpoint", value: { institution: id, ...how } }];
}

/**
 * Enters it. Throws CommandError when there is such an institution, or the hub refuses entry or endpoint: nothing was made then.
 * What fails later, because the hub stops or changes meanwhile, leaves what was made before.
 */
export async function enrol(admin: AdminClient, newcomer: Newcomer): Promise<Enrolled> {
  const { id, reason, receives, publicKey } = newcomer;
  const known = await admin.request<Listed>("GET", "/admin/directory/institution");
  if (known.entries.some((entry) => entry.id === id))
    throw new CommandError(
      say`there is an institution ${id} already`,
      EXIT.refused,
      say`give another --id, or give it a key and a token with \`ruta keys new\` and \`ruta tokens new\``,
    );
  const entries = entriesOf(newcomer);
  const tried = { entries: [...entries, ...endpointOf(newcomer)], reason, dryRun: true };
  await admin.request("POST", "/admin/directory/apply", tried);
  await admin.request("POST", "/admin/directory/apply", { entries, reason });
  const act = { institution: id, reason };
  const where = receives === "inbox" ? { mode: "inbox" } : receives;
  const endpoint =
    where &&
    (await admin.request<{ id: string; secret?: string }>("POST", "/admin/directory/endpoints", { ...act, ...where }));
  const own = publicKey === undefined ? {} : { publicKey };
  const key = await admin.request<{ id: string; secret?: string }>("POST", "/admin/directory/keys", { ...act, ...own });
  const token = await admin.request<{ id: string; token: string; revision: string }>(
    "POST",
    "/admin/directory/tokens",
    act,
  );
  const shown = ({ id, secret }: { id: string; secret?: string }) => ({
    id,
    ...(secret === undefined ? {} : { secret }),
  });
  return {
    institution: id,
    revision: token.revision,
    key: shown(key),
    token: { id: token.id, token: token.token },
    ...(endpoint ? { endpoint: shown(endpoint) } : {}),
  };
}

/** A service type that somebody takes referrals of; undefined while nobody does. */
export async function anyServiceType(admin: AdminClient): Promise<string | undefined> {
  type Services = {
    readonly entries: readonly { readonly service_type?: string; readonly accepts_referrals?: boolean }[];
  };
  const { entries } = await admin.request<Services>("GET", "/admin/directory/service");
  return entries.find((service) => service.accepts_referrals === true)?.service_type;
}

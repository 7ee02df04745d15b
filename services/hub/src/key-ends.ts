// When keys end: which holder is left without one in force, and when. Pure, and a route that says it to staff.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { STAFF_PROBLEMS, mayWatch } from "@ruta/events";
import type { Directory, Validity } from "@ruta/events";
import { problemsOf } from "@ruta/kit";
import type { HttpApp } from "@ruta/kit";

/** A holder whose last key of a kind ends. */
export interface KeyEnd {
  readonly kind: "institution-key" | "access-token" | "endpoint-secret" | "staff-key";
  /** Id of the institution or of the member of staff. */
  readonly holder: string;
  /** Milliseconds since the epoch. */
  readonly end: number;
}

/** What has ended is told for so long after: a key that was revoked long ago is nobody's worry. */
const GONE_MS = 86_400_000;

const problem = problemsOf(STAFF_PROBLEMS);

type Held = { readonly institution: string; readonly validity?: Validity | undefined };

/**
 * Which institution has no signing key (or no token) in force from when on, when the overlap of two endpoint secrets ends, and when
 * the key of a member of staff does; the soonest first, from a day ago on. Two keys of one holder that overlap are one.
 */
export function keyEnds(directory: Directory, at: number): KeyEnd[] {
  const endOf = (of: Validity | undefined): number => (of?.until ? timestampMs(of.until) : Number.POSITIVE_INFINITY);
  const lastOf = (kind: KeyEnd["kind"], entries: readonly Held[]): KeyEnd[] =>
    [...Map.groupBy(entries, ({ institution }) => institution)].flatMap(([holder, held]) =>
      directory.institution(holder, at)
        ? [{ kind, holder, end: Math.max(...held.map(({ validity }) => endOf(validity))) }]
        : [],
    );
  const later = ({ end }: KeyEnd): boolean => end > at;
  return [
    ...lastOf("institution-key", directory.all("institutionKey")),
    ...lastOf("access-token", directory.all("accessToken")),
    ...directory
      .all("endpoint")
      .flatMap(({ institution, previousUntil }): KeyEnd[] =>
        previousUntil ? [{ kind: "endpoint-secret", holder: institution, end: timestampMs(previousUntil) }] : [],
      )
      .filter(later),
    ...directory
      .all("staff")
      .map(({ id, validity }): KeyEnd => ({ kind: "staff-key", holder: id, end: endOf(validity) }))
      .filter(later),
  ]
    .filter(({ end }) => Number.isFinite(end) && end > at - GONE_MS)
    .toSorted((a, b) => a.end - b.end);
}

/** Adds GET /admin/hub/keys/ending. Any instance answers it. */
export function serveKeyEnds(admin: HttpApp, directory: () => Directory, now: () => number): void {
  admin.get("/admin/hub/keys/ending", async (request) => {
    if (!mayWatch(request.staff)) throw problem("staff-role");
    const ends = keyEnds(directory(), now());
    return { ending: ends.map(({ end, ...who }) => ({ ...who, ends: new Date(end).toISOString() })) };
  });
}

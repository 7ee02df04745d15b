// The directory as every service folds it: entries wait until their revision is committed, then count all at once.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type {
  AccessToken,
  DirectoryRecord,
  Endpoint,
  Institution,
  InstitutionKey,
  Place,
  RevisionCommitted,
  Service,
  Staff,
  Term,
  Territory,
  Validity,
} from "./gen/ruta/directory/v1/directory_pb.ts";
import type { Roadmap } from "./gen/ruta/roadmap/v1/roadmap_pb.ts";

/** The kinds of entries and their messages. */
export interface DirectoryEntries {
  institution: Institution;
  service: Service;
  place: Place;
  endpoint: Endpoint;
  institutionKey: InstitutionKey;
  accessToken: AccessToken;
  staff: Staff;
  term: Term;
  territory: Territory;
  /** By id and version, as R12@3: every version stays readable. */
  roadmap: Roadmap;
}

/** A kind of entry. */
export type EntryKind = keyof DirectoryEntries;

type Tables = { [K in EntryKind]: ReadonlyMap<string, DirectoryEntries[K]> };

const EMPTY: Tables = {
  institution: new Map(),
  service: new Map(),
  place: new Map(),
  endpoint: new Map(),
  institutionKey: new Map(),
  accessToken: new Map(),
  staff: new Map(),
  term: new Map(),
  territory: new Map(),
  roadmap: new Map(),
};

/** From when until when something counts. */
type Period = Partial<Pick<Validity, "from" | "until">>;

/** True when `at` (milliseconds) lies inside the validity. */
export function isValid(validity: Period | undefined, at: number): boolean {
  if (validity?.from && at < timestampMs(validity.from)) return false;
  return !(validity?.until && at >= timestampMs(validity.until));
}

/** One committed revision; never changes. Look-ups with `at` give only what counts at that instant. */
export class Directory {
  readonly revision: bigint;
  readonly committed: RevisionCommitted | undefined;
  private readonly tables: Tables;

  constructor(revision = 0n, tables: Tables = EMPTY, committed?: RevisionCommitted) {
    this.revision = revision;
    this.tables = tables;
    this.committed = committed;
  }

  /** An entry whatever its validity; undefined when there never was one. */
  get<K extends EntryKind>(kind: K, id: string): DirectoryEntries[K] | undefined {
    return this.tables[kind].get(id);
  }

  /** All entries of a kind, whatever their validity, in order of first appearance. */
  all<K extends EntryKind>(kind: K): readonly DirectoryEntries[K][] {
    return [...this.tables[kind].values()];
  }

  /** Map of a kind by id, for folds that extend it. */
  table<K extends EntryKind>(kind: K): ReadonlyMap<string, DirectoryEntries[K]> {
    return this.tables[kind];
  }

  /** The institution, when it counts at `at`. */
  institution(id: string, at: number): Institution | undefined {
    const found = this.get("institution", id);
    return found && isValid(found.validity, at) ? found : undefined;
  }

  /** The endpoint at which an institution receives at `at`. */
  endpointOf(institution: string, at: number): Endpoint | undefined {
    return this.all("endpoint").findLast((e) => e.institution === institution && isValid(e.validity, at));
  }

  /** The keys by which an institution may sign at `at`. */
  keysOf(institution: string, at: number): readonly InstitutionKey[] {
    return this.all("institutionKey").filter((k) => k.institution === institution && isValid(k.validity, at));
  }

  /** The services that count at `at`. */
  services(at: number): readonly Service[] {
    return this.all("service").filter((s) => isValid(s.validity, at));
  }

  /** The staff member, when it counts at `at`. */
  staff(id: string, at: number): Staff | undefined {
    const found = this.get("staff", id);
    return found && isValid(found.validity, at) ? found : undefined;
  }

  /** A version of a roadmap; undefined when there never was one. */
  roadmap(id: string, version: number): Roadmap | undefined {
    return this.get("roadmap", `${id}@${version}`);
  }

  /** The version of a roadmap with which a case that begins at `at` runs: the newest that counts then. */
  roadmapAt(id: string, at: number): Roadmap | undefined {
    return this.all("roadmap")
      .filter(({ id: own, validFrom, validUntil }) => {
        const period = { ...(validFrom ? { from: validFrom } : {}), ...(validUntil ? { until: validUntil } : {}) };
        return own === id && isValid(period, at);
      })
      .toSorted((one, other) => other.version - one.version)[0];
  }

  /** A territory and all that contain it, itself first. */
  territoriesAround(id: string): ReadonlySet<string> {
    const around = new Set<string>();
    const waiting = [id];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (around.has(next)) continue;
      around.add(next);
      waiting.push(...(this.get("territory", next)?.within ?? []));
    }
    return around;
  }
}

function keyOf(entry: DirectoryRecord["entry"]): string {
  if (entry.case === "term") return entry.value.code;
  if (entry.case === "roadmap") return `${entry.value.id}@${entry.value.version}`;
  return entry.case === undefined || entry.case === "revisionCommitted" ? "" : entry.value.id;
}

/** Folds directory records in log order. Repeats of a committed revision change nothing. */
export class DirectoryFold {
  private directory = new Directory();
  private pending = new Map<string, DirectoryRecord["entry"]>();

  /** The last committed revision. */
  get current(): Directory {
    return this.directory;
  }

  /**
   * Takes a record; true when it committed a revision. Throws on a gap between revisions and where entries of one are
   * missing: a log never has either. What it may have before a revision are entries of another one of its number that was
   * never committed, where the database was lost while they were on the way: those are left out.
   */
  apply(record: DirectoryRecord): boolean {
    if (record.revision <= this.directory.revision) return false;
    if (record.revision !== this.directory.revision + 1n)
      throw new Error(`directory revision ${record.revision} follows ${this.directory.revision}`);
    const { entry: mark } = record;
    if (mark.case !== "revisionCommitted") {
      const name = `${mark.case ?? ""} ${keyOf(mark)}`;
      this.pending.delete(name); // it counts where it came last
      this.pending.set(name, mark);
      return false;
    }
    if (this.pending.size < mark.value.entries)
      throw new Error(
        `directory revision ${record.revision}: ${this.pending.size} of ${mark.value.entries} entries are here`,
      );
    const tables = Object.fromEntries(
      Object.keys(EMPTY).map((kind) => [kind, new Map(this.directory.table(kind as EntryKind) as Map<string, never>)]),
    ) as unknown as Record<EntryKind, Map<string, unknown>>;
    const own = [...this.pending.values()].slice(this.pending.size - mark.value.entries);
    for (const entry of own) {
      if (entry.case === undefined || entry.case === "revisionCommitted") continue;
      tables[entry.case].set(keyOf(entry), entry.value);
    }
    this.pending.clear();
    this.directory = new Directory(record.revision, tables as unknown as Tables, mark.value);
    return true;
  }
}

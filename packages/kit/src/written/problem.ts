// A problem of something written by people, as they read it: where, which field, what is wrong, what to do.

/** Where an entry was written. `line` 0 means that the place has no lines (a request, an earlier revision). */
export interface Position {
  /** File name as it was given. */
  readonly file: string;
  /** Line of the entry, from 1. */
  readonly line: number;
  /** Lines of its fields by dotted path, such as competences.0.service_type. */
  readonly fields?: Readonly<Record<string, number>>;
}

/** One thing to mend. As text: `institutions.yaml:12 institution casa, parent: names no institution; …`. */
export class Problem {
  readonly file: string;
  readonly line: number;
  /** Kind and id of the entry, such as `institution casa`; empty for a whole file. */
  readonly entry: string;
  /** Dotted path of the field; empty for a whole entry. */
  readonly field: string;
  readonly message: string;
  readonly remedy: string;

  constructor(at: Position, entry: string, field: string, message: string, remedy: string) {
    this.file = at.file;
    this.line = lineOf(at, field);
    this.entry = entry;
    this.field = field;
    this.message = message;
    this.remedy = remedy;
  }

  toString(): string {
    const where = this.line > 0 ? `${this.file}:${this.line}` : this.file;
    const what = [this.entry, this.field].filter((part) => part !== "").join(", ");
    return `${[where, what].filter((part) => part !== "").join(" ")}: ${this.message}; ${this.remedy}`;
  }
}

/** The line of a field, or of the nearest thing around it that has one. */
function lineOf(at: Position, field: string): number {
  for (let path = field; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const line = at.fields?.[path];
    if (line !== undefined) return line;
  }
  return at.line;
}

/** Problems in the order in which one would mend them: by file, then by line. */
export function sorted(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

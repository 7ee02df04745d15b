// What a migration may do while an older version still works on its schema, and while everyone uses its tables.

/** Cuts a file into its statements; comments and the bodies of functions are left out. */
function statementsOf(text: string): string[] {
  return text
    .replaceAll(/\$(\w*)\$[^]*?\$\1\$/g, "$$body$$")
    .replaceAll(/--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim().replaceAll(/\s+/g, " "))
    .filter((statement) => statement !== "");
}

const TABLE = String.raw`(?:ONLY )?([^\s(;]+)`;

/** Takes away what an older version reads or writes: only a contract may, a release after nothing needs it any more. */
const TAKES_AWAY: readonly (readonly [RegExp, string])[] = [
  [/^DROP (TABLE|SCHEMA|FUNCTION|VIEW)\b/i, "drops what an older version may use"],
  [
    /^ALTER TABLE .*\bDROP (COLUMN )?(?!CONSTRAINT|DEFAULT|NOT NULL|EXPRESSION)/i,
    "drops a column that an older version may use",
  ],
  [/^ALTER .*\bRENAME\b/i, "renames what an older version knows by its old name"],
  [/^ALTER TABLE .*\b(SET DATA )?TYPE\b/i, "changes the type of a column, and writes the table anew under a lock"],
  [/^ALTER TABLE .*\bSET NOT NULL\b/i, "forbids what an older version may write"],
  [/^ALTER TABLE .*\bDROP DEFAULT\b/i, "takes away a default that an older version may lean on"],
  [/^TRUNCATE\b/i, "empties a table"],
];

/** Holds everyone up for as long as a table is large. */
const LASTS: readonly (readonly [RegExp, string])[] = [
  [/^(UPDATE|DELETE)\b/i, "writes rows of a table that may be large: let the service do it in bounded parts"],
  [
    /^ALTER TABLE .*\bADD (CONSTRAINT \S+ )?(CHECK|FOREIGN KEY)\b(?!.*\bNOT VALID\b)/i,
    "checks every row under a lock: add it NOT VALID",
  ],
  [/^ALTER TABLE .*\bADD (CONSTRAINT \S+ )?(UNIQUE|PRIMARY KEY|EXCLUDE)\b/i, "builds an index under a lock"],
  [
    /^ALTER TABLE .*\bADD COLUMN\b.*\b(GENERATED|clock_timestamp|random|gen_random_uuid)\b/i,
    "writes every row of the table anew",
  ],
  [/^(LOCK|VACUUM FULL|CLUSTER|REINDEX(?!.*CONCURRENTLY))\b/i, "locks a table"],
];

/** What a file breaks of the rules, one sentence each; `name` is its file name. */
export function faultsOf(name: string, text: string): string[] {
  const statements = statementsOf(text);
  const made = new Set(
    statements.flatMap((s) => new RegExp(`^CREATE TABLE (?:IF NOT EXISTS )?${TABLE}`, "i").exec(s)?.[1] ?? []),
  );
  const isContract = /^\d{3}-(\w+-)?contract-/.test(name);
  return statements.flatMap((statement) => {
    const say = (what: string): string => `${name}: ${what}: ${statement.slice(0, 80)}`;
    const [, altered = ""] = new RegExp(`^ALTER TABLE (?:IF EXISTS )?${TABLE}`, "i").exec(statement) ?? [];
    if (made.has(altered)) return []; // nobody uses it yet
    const faults = isContract ? [] : TAKES_AWAY.filter(([form]) => form.test(statement)).map(([, what]) => say(what));
    for (const [form, what] of LASTS) if (form.test(statement)) faults.push(say(what));
    const added = statement.split(/\bADD COLUMN\b/i).slice(1);
    if (added.some((column) => /\bNOT NULL\b/i.test(column) && !/\bDEFAULT\b/i.test(column)))
      faults.push(say("adds a column that an older version leaves empty, without a default"));
    const index = new RegExp(`^CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?.*?\\bON ${TABLE}`, "i").exec(statement);
    if (index && index[1] === undefined && !made.has(index[2] ?? ""))
      faults.push(say("builds an index under a lock: CREATE INDEX CONCURRENTLY, in a file of its own"));
    return faults;
  });
}

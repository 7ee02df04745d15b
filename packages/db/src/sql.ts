// A tag for SQL: values become parameters, fragments nest, and names are quoted.

/** A query and its parameters. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

// The pieces between parameters, kept so that nesting can number parameters anew without reading SQL.
const PIECES = Symbol("pieces");

interface Fragment extends Sql {
  readonly [PIECES]: readonly string[];
}

function isFragment(value: unknown): value is Fragment {
  return typeof value === "object" && value !== null && PIECES in value;
}

function fragment(pieces: readonly string[], values: readonly unknown[]): Fragment {
  const text = pieces.reduce((text, piece, index) => (index === 0 ? piece : `${text}$${index}${piece}`), "");
  return { text, values, [PIECES]: pieces };
}

function quote(name: string): string {
  if (name === "" || name.includes("\0")) throw new TypeError("an SQL name must not be empty or hold NUL");
  return `"${name.replaceAll('"', '""')}"`;
}

function build(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  const pieces: string[] = [strings[0] ?? ""];
  const parameters: unknown[] = [];
  const append = (text: string): void => {
    pieces[pieces.length - 1] += text;
  };
  values.forEach((value, index) => {
    if (isFragment(value)) {
      value[PIECES].forEach((piece, at) => {
        if (at === 0) append(piece);
        else pieces.push(piece);
      });
      parameters.push(...value.values);
    } else {
      parameters.push(value);
      pieces.push("");
    }
    append(strings[index + 1] ?? "");
  });
  return fragment(pieces, parameters);
}

/**
 * Makes a query: sql`SELECT * FROM ${sql.id(schema, "cases")} WHERE id = ${id}`. Every value is a parameter, a nested
 * query is taken in, so that text from outside can never become SQL.
 */
export const sql = Object.assign(build, {
  /** A quoted name, or several joined by points: `sql.id("router", "cases")`. */
  id: (...names: readonly string[]): Sql => fragment([names.map(quote).join(".")], []),
  /** Text taken as it is. Only for SQL written in the program, never for anything from outside. */
  raw: (text: string): Sql => fragment([text], []),
});

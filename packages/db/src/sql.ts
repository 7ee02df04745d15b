// SQL as values: parameters never touch the text, identifiers are quoted, and pieces nest.

/** A statement with its parameters. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function isSql(value: unknown): value is Sql {
  return typeof value === "object" && value !== null && "text" in value && "values" in value;
}

/** Tag: values become parameters ($1, $2 …), `sql.id` a quoted identifier, another statement is nested. */
export function sql(strings: TemplateStringsArray, ...inserted: readonly unknown[]): Sql {
  const values: unknown[] = [];
  let text = strings[0] ?? "";
  inserted.forEach((value, index) => {
    if (value instanceof Raw) text += value.text;
    else if (isSql(value)) {
      const base = values.length;
      text += value.text.replace(/\$(\d+)/g, (_, number: string) => `$${base + Number(number)}`);
      values.push(...value.values);
    } else {
      values.push(value);
      text += `$${values.length}`;
    }
    text += strings[index + 1] ?? "";
  });
  return { text, values };
}

/** Quoted identifier, or several joined by dots: sql.id("router", "case_state"). */
sql.id = (...names: readonly string[]): unknown =>
  new Raw(names.map((name) => `"${name.replaceAll('"', '""')}"`).join("."));

/** Text put in as it is: only for what the program itself wrote. */
sql.raw = (text: string): unknown => new Raw(text);

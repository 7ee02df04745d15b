// Where what to do about an alert is written down.

/** The entry of a rule, from the root of the repository; `language` is that of the reader. */
export function entryOf(name: string, language: "en" | "es"): string {
  return `docs/operate${language === "es" ? ".es" : ""}.md#${name.toLowerCase()}`;
}

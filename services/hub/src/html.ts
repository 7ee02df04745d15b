// Text as it may stand in a page that the hub writes. Pure.

/** Text that HTML takes for nothing but text, in an element or a quoted attribute. */
export function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" };
  return text.replaceAll(/[&<>"']/g, (letter) => `&${names[letter] ?? ""};`);
}

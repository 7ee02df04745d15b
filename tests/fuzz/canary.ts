// The invented persons of the fuzz: words that no log line and no answer may hold but the content shown to those entitled.
export const CANARY = {
  given: "Zulmaquicañari",
  family: "Xatruchín",
  document: "VEN·CANARIO·93371",
  story: "«llegó de noche con fiebre»",
} as const;

/** Words in their place where what staff writes is public: reasons, labels, names of the directory. */
export const PUBLIC: Readonly<Record<keyof typeof CANARY, string>> = {
  given: "Quitumbe",
  family: "Machángara",
  document: "EC·1",
  story: "«una nota»",
};

/** Whether a text holds one of them, as it is or escaped. */
export function holdsCanary(text: string): boolean {
  return /zulmaquica|xatruch|canario.93371|noche con fiebre/i.test(text);
}

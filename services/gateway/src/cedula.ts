// Recognises Ecuadorian identity numbers, so that none slips into a field that stands in clear.

const PROVINCES = 24;
const ABROAD = 30; // province code of those registered abroad
const RUN = /\d+/g;
const PRINTED = /(?<!\d)(\d{9})[-\s](\d)(?!\d)/g; // as on the card: nine digits, a hyphen, the check digit

/** True for ten digits that are a valid cédula: province, third digit below 6, check digit by the Registro Civil's modulus 10. */
export function isCedula(digits: string): boolean {
  if (!/^\d{10}$/.test(digits)) return false;
  const province = Number(digits.slice(0, 2));
  if (!((province >= 1 && province <= PROVINCES) || province === ABROAD)) return false;
  if (Number(digits[2]) > 5) return false;
  let sum = 0;
  for (let i = 0; i < 9; i += 1) {
    const weighted = Number(digits[i]) * (i % 2 === 0 ? 2 : 1);
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return (10 - (sum % 10)) % 10 === Number(digits[9]);
}

/** True when a text holds a cédula, plain or as printed on the card, or a natural person's RUC (cédula and 001). */
export function looksLikeIdentityNumber(text: string): boolean {
  const runs = text.replace(PRINTED, "$1$2").match(RUN) ?? [];
  return runs.some((run) => isCedula(run) || (run.length === 13 && run.endsWith("001") && isCedula(run.slice(0, 10))));
}

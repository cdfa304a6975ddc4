/** How many parts a text message takes (`docs/spec/channels.md`). */

/** Characters of the phone alphabet; those of the second group count twice. */
const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const extended = "^{}\\[~]|€\f";

const GSM = { single: 160, several: 153 };
const UCS2 = { single: 70, several: 67 };

export interface SmsLength {
  encoding: "GSM" | "UCS2";
  characters: number;
  parts: number;
}

export function smsParts(text: string): SmsLength {
  let units = 0;
  for (const character of text) {
    if (basic.includes(character)) units += 1;
    else if (extended.includes(character)) units += 2;
    else return length("UCS2", text.length, UCS2);
  }
  return length("GSM", units, GSM);
}

function length(encoding: SmsLength["encoding"], characters: number, limits: { single: number; several: number }): SmsLength {
  const parts = characters === 0 ? 0 : characters <= limits.single ? 1 : Math.ceil(characters / limits.several);
  return { encoding, characters, parts };
}

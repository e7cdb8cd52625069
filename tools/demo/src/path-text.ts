const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const escapeBase = 0xdc00;
const loneEscape = /\p{Surrogate}/u;

/**
 * A file name's bytes as text that JSON can hold. Bytes that are not UTF-8 become single surrogates U+DC80 to
 * U+DCFF, as Python's "surrogateescape" has it, so that {@link encodePath} gives the same bytes again.
 */
export function decodePath(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const character = decodeCharacter(bytes, i);
    text += character ?? String.fromCharCode(escapeBase + (bytes[i] ?? 0));
    i += character === undefined ? 1 : Buffer.byteLength(character);
  }
  return text;
}

/** The bytes of what {@link decodePath} made. */
export function encodePath(text: string): Buffer {
  if (!loneEscape.test(text)) return Buffer.from(text);
  const parts = Array.from(text, (character) => {
    const code = character.length === 1 ? character.charCodeAt(0) - escapeBase : -1;
    return code >= 0x80 && code <= 0xff ? Buffer.from([code]) : Buffer.from(character);
  });
  return Buffer.concat(parts);
}

/** A path for people: in quotes and escaped where it holds anything that could confuse a reader or a terminal. */
export function showPath(path: string): string {
  if (/^[\w./@+,=~][\w ./@+,=~-]*$/.test(path)) return path;
  // JSON leaves the C1 controls and the marks that turn the direction of writing as they are.
  return JSON.stringify(path).replaceAll(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function decodeCharacter(bytes: Uint8Array, start: number): string | undefined {
  for (let length = 1; length <= 4 && start + length <= bytes.length; length++) {
    try {
      return strict.decode(bytes.subarray(start, start + length));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return undefined;
}

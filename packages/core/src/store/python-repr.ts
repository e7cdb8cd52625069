/**
 * A string as Python's `repr` writes it, which is how names stand in the reference's log. Everything but
 * printable ASCII is escaped, so that no name can fake a line of a log.
 */
export function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let escaped = "";
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (character === quote || character === "\\") escaped += `\\${character}`;
    else if (code >= 0x20 && code < 0x7f) escaped += character;
    else if (character === "\n") escaped += "\\n";
    else if (character === "\r") escaped += "\\r";
    else if (character === "\t") escaped += "\\t";
    else if (code <= 0xff) escaped += `\\x${hex(code, 2)}`;
    else if (code <= 0xffff) escaped += `\\u${hex(code, 4)}`;
    else escaped += `\\U${hex(code, 8)}`;
  }
  return quote + escaped + quote;
}

/**
 * A boolean, number, string or nothing as Python's `repr` writes it. Callers without types may pass anything, which is
 * written as its type: its own text could fake a line of a log.
 */
export function pythonRepr(value: string | number | boolean | null | undefined): string {
  if (value === undefined || value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return pythonString(value);
  return typeof value === "number" ? String(value) : `<${typeof value}>`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/**
 * Names whose values are secret, as rclone's options, connection strings, URLs and JSON have them. With a limit, as all
 * that may be repeated at the beginning here: long texts would take a time that grows with the square.
 */
const secretName = String.raw`[\w.-]{0,60}(?:key|access_?key\w{0,20}|secret|pass|pass2|password|password2|passwd|passphrase|token|signature|sig|credential)`;

/** In quotes, in quotes that are escaped themselves, or up to what ends a word. */
const value = String.raw`(?:\\+"[^"]*"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"'()<>{}\]]+)`;

const assignments = new RegExp(String.raw`(${secretName}\s?=\s?)${value}`, "giu");
const jsonMembers = new RegExp(String.raw`(\\*"${secretName}\\*"\s?:\s?)${value}`, "giu");
const passwordInUrl = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]*):[^\s/]*@/giu;
const authorization = /(\bauthorization\\*"?\s?[:=]\s?)[^\r\n]*/giu;
// Sixteen characters, as "Basic authentication" is none.
const credentials = /\b(Basic|Bearer)\s+[\w+/=.~-]{16,}/giu;

/**
 * What rclone has said, fit for messages and logs: passwords, keys and tokens are replaced by `***`. Removes rather
 * too much than too little.
 *
 * @param known secrets to remove wherever they occur
 */
export function withoutSecrets(text: string, known: readonly string[]): string {
  // Longer ones first: one may contain another.
  const secrets = known.filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
  return secrets
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text)
    .replace(passwordInUrl, "$1:***@")
    .replace(authorization, "$1***")
    .replace(credentials, "$1 ***")
    .replace(assignments, "$1***")
    .replace(jsonMembers, '$1"***"');
}

/** Not those that say where a secret is, as a path is worth knowing. */
const secretVariable = /(?:PASS|KEY|SECRET|TOKEN|CREDENTIAL)(?!.*(?:FILE|PATH|DIR|COMMAND|TYPE)S?$)/iu;
/** Shorter values would be found in ordinary words. */
const minSecretCharacters = 8;

/** The values of an environment's variables that are secrets, going by their names. */
export function secretValues(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(environment).flatMap(([name, text]) =>
    text !== undefined && text.length >= minSecretCharacters && secretVariable.test(name) ? [text] : [],
  );
}

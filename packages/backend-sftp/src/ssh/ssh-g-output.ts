import { accumulatingKeywords, fileListKeywords, type SshSettings } from "./ssh-settings.ts";

/**
 * Reads what `ssh -G` prints: one `keyword value` a line, keywords in lower case (`canonicalizePermittedcnames` is
 * not, in some versions).
 */
export function parseSshGOutput(text: string): SshSettings {
  const settings = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const blank = line.indexOf(" ");
    if (blank <= 0) continue;
    const keyword = line.slice(0, blank).toLowerCase();
    const value = line.slice(blank + 1);
    const known = settings.get(keyword);
    if (known === undefined)
      settings.set(keyword, fileListKeywords.has(keyword) ? splitFiles(value) : [value]);
    else if (accumulatingKeywords.has(keyword)) known.push(value);
  }
  return settings;
}

/**
 * `ssh -G` prints lists of files without quotes, so a blank in a name looks like the blank between two. Names are
 * absolute in practice: a blank that no root follows belongs to the name.
 */
function splitFiles(value: string): string[] {
  const isAbsolute = /^(?:[/~]|[A-Za-z]:[/\\])/.test(value);
  return value.split(isAbsolute ? / +(?=[/~]|[A-Za-z]:[/\\]|none$)/ : / +/);
}

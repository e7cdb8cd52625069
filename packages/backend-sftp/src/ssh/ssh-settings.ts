/**
 * What applies to one host, in the form in which `ssh -G` prints it: keywords in lower case, values as words. All but
 * `identityfile` and `certificatefile` have the words of one line; those two have a word a file.
 */
export type SshSettings = ReadonlyMap<string, readonly string[]>;

/** Keywords whose values accumulate over all lines that apply; for others the first line wins. */
export const accumulatingKeywords: ReadonlySet<string> = new Set(["identityfile", "certificatefile"]);

/** Keywords whose value is a list of files. */
export const fileListKeywords: ReadonlySet<string> = new Set(["userknownhostsfile", "globalknownhostsfile"]);

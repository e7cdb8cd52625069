/**
 * Whether `text` matches a pattern of ssh_config(5), "PATTERNS": `*` stands for any number of characters, `?` for
 * exactly one, nothing else is special. Runs in linear space and without backtracking into exponential time, because
 * patterns come from files and names from servers' operators.
 */
export function matchPattern(pattern: string, text: string): boolean {
  let patternIndex = 0;
  let textIndex = 0;
  let lastStar = -1;
  let resumeAt = 0;
  while (textIndex < text.length) {
    const wanted = pattern[patternIndex];
    if (wanted === "*") {
      lastStar = patternIndex;
      resumeAt = textIndex;
      patternIndex += 1;
    } else if (wanted !== undefined && (wanted === "?" || wanted === text[textIndex])) {
      patternIndex += 1;
      textIndex += 1;
    } else if (lastStar >= 0) {
      resumeAt += 1;
      textIndex = resumeAt;
      patternIndex = lastStar + 1;
    } else {
      return false;
    }
  }
  while (pattern[patternIndex] === "*") patternIndex += 1;
  return patternIndex === pattern.length;
}

/**
 * Whether `text` matches one of the patterns and none of the negated ones (`!pattern`), as ssh_config(5) has it: a
 * negated match decides, wherever it stands, and negation alone never matches.
 */
export function matchPatternList(patterns: readonly string[], text: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (matchPattern(pattern.slice(1), text)) return false;
    } else if (matchPattern(pattern, text)) {
      matched = true;
    }
  }
  return matched;
}

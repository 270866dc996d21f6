const BACKSLASH = 0x5c;

/** Where the quote is that ends a text in double quotes, whose first one is at `start`; below 0: nowhere. */
export function closingQuote(text: string, start: number): number {
  for (let end = start; ; ) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return end;
    let before = end - 1;
    while (before > start && text.charCodeAt(before) === BACKSLASH) before--;
    // An even number of them stands for themselves.
    if ((end - before) % 2 === 1) return end;
  }
}

/** What a text in double quotes stands for, as far as its escapes mean the same in YAML and JSON; undefined where there are others, or line ends. */
export function unescaped(source: string): string | undefined {
  if (!source.includes('\\')) return source.includes('\n') ? undefined : source;
  try {
    return JSON.parse(`"${source}"`) as string;
  } catch {
    return undefined;
  }
}

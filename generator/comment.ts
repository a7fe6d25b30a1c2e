// Free text as comments of generated code and of stubs. Apart from what prints them, because every run compares stubs with
// what their comment was made as, and must not load a printer for that.

/** Free text as the lines of a comment: nothing in it can end the comment, or the line it is on. */
export function commentLines(text: string): string[] {
  const lines = text.replaceAll('*/', '*\\/').split(/\r\n|[\n\r\u2028\u2029\u0085]/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const cleaned = lines.map((line) => line.replace(/[\u0000-\u001f\u007f]+/g, ' ').trimEnd());
  return cleaned.join('\n').trim().split('\n');
}

/** A description as sentences: the lines that have something in them, the last one ended. */
export function descriptionLines(description: string): string[] {
  const lines = commentLines(description).filter((line) => line !== '');
  const last = lines.at(-1);
  if (last === undefined) return [];
  return /[.!?…。]$/.test(last) ? lines : [...lines.slice(0, -1), `${last}.`];
}

/** A line inside a doc comment. */
export function inComment(line: string): string {
  return ` * ${line}`.trimEnd();
}

// What the registry.ts of the last run says, read as the text that the generator itself prints: by it a run knows what has changed,
// in any clone, without a cache and without loading anything. What is not as printed is not known, and never guessed.

/** What each job is defined as, as text; the description is a line of its own. */
export function definitionsIn(registry: string): Map<string, string> {
  const found = registry.matchAll(/^ {4}(\w+): \{\r?\n {6}definition: \{\r?\n([\s\S]*?)\n {6}\},/gm);
  return new Map([...found].map(([, name = '', text = '']) => [name, text]));
}

/** What a job was described as; null when that is not known. */
export function lastDescription(registry: string, job: string): string | null {
  const literal = /^ +description: '(.*)',\r?$/m.exec(definitionsIn(registry).get(job) ?? '')?.[1];
  if (literal === undefined) return null;
  const json = literal.replace(/\\.|"/g, (part) => (part === "\\'" ? "'" : part === '"' ? '\\"' : part));
  try {
    return JSON.parse(`"${json}"`) as string;
  } catch {
    return null;
  }
}

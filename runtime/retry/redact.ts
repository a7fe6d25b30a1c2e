// Takes secret values out of errors: methods and drivers like to quote their arguments, and an error goes on to log lines,
// to error columns, to the caller and to wherever he writes it.
// What must hold: the error stays the same object (its class and fields are what `catch` blocks look at), but for its texts;
// where those cannot be changed, what we store and log is a copy. Never throws.

const REPLACEMENT = '[secret]';
/** A shorter text stands in too many words; it is taken out only where it is a word of its own. */
const SHORTEST_ANYWHERE = 3;
const LONGEST_CHAIN = 20;

/** The texts to look for: each string and number in the values, plain, as in JSON and as in a URL. */
export function textsOf(values: readonly unknown[]): readonly string[] {
  const texts = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string' || typeof value === 'number')
      for (const text of forms(String(value))) texts.add(text);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  values.forEach(collect);
  texts.delete('');
  return [...texts].sort((a, b) => b.length - a.length); // a text that holds another goes first
}

function forms(text: string): readonly string[] {
  const url = new URLSearchParams({ a: text }).toString().slice(2);
  return [text, JSON.stringify(text).slice(1, -1), url, url.replaceAll('+', '%20')];
}

/** The same error without those texts, in it and in its causes. */
export function redacted(error: unknown, texts: readonly string[]): unknown {
  if (texts.length === 0) return error;
  try {
    if (typeof error === 'string') return without(error, texts);
    if (error instanceof Error) return redactedError(error, texts, 0);
    const text = String(error);
    return without(text, texts) === text ? error : without(text, texts);
  } catch {
    return new Error('an error that cannot be read');
  }
}

function redactedError(error: Error, texts: readonly string[], depth: number): Error {
  for (const key of ['message', 'stack', 'name'] as const) {
    const text = error[key];
    if (typeof text !== 'string' || without(text, texts) === text) continue;
    if (!overwrite(error, key, without(text, texts))) return cleanCopy(error, texts);
  }
  if (depth === LONGEST_CHAIN || error.cause === undefined) return error;
  const cause =
    error.cause instanceof Error ? redactedError(error.cause, texts, depth + 1) : redacted(error.cause, texts);
  return cause === error.cause || overwrite(error, 'cause', cause) ? error : cleanCopy(error, texts);
}

function overwrite(error: Error, key: string, value: unknown): boolean {
  return Reflect.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

/** Of an error that is frozen: of the same class, with the same fields, without its causes. */
function cleanCopy(error: Error, texts: readonly string[]): Error {
  const { cause: _cause, ...fields } = Object.getOwnPropertyDescriptors(error) as PropertyDescriptorMap;
  const open = Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, { ...field, configurable: true }]),
  );
  const copy: Error = Object.create(Object.getPrototypeOf(error), open);
  for (const key of ['message', 'stack', 'name'] as const) overwrite(copy, key, without(String(error[key]), texts));
  return copy;
}

function without(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => {
    if (!clean.includes(secret)) return clean;
    if (secret.length >= SHORTEST_ANYWHERE) return clean.replaceAll(secret, REPLACEMENT);
    const word = new RegExp(`(?<![A-Za-z0-9])${secret.replace(/[^A-Za-z0-9]/g, '\\$&')}(?![A-Za-z0-9])`, 'g');
    return clean.replace(word, REPLACEMENT);
  }, text);
}

// The text of an error as our tables keep it: name, message with its causes, stack.
// What must hold: any thrown value can be stored: control characters go, text is cut, nothing of it can throw.

/** Bytes kept of a message and of a stack. */
const KEPT_BYTES = 4 * 1024;

export interface ErrorText {
  /** At most 255 bytes. */
  readonly name: string;
  /** With its causes, `message ← cause`; at most 4 KiB. */
  readonly message: string;
  /** At most 4 KiB. */
  readonly stack: string | null;
}

/** Of anything that can be thrown. Never throws. */
export function errorText(error: unknown): ErrorText {
  const { name, message, stack } = tell(error);
  return {
    name: cut(name, 255),
    message: cut(message, KEPT_BYTES),
    stack: stack === null ? null : cut(stack, KEPT_BYTES),
  };
}

function tell(error: unknown): ErrorText {
  try {
    if (!(error instanceof Error))
      return { name: error === null ? 'null' : typeof error, message: String(error), stack: null };
    return {
      name: String(error.name),
      message: messageWithCauses(error),
      stack: error.stack === undefined ? null : String(error.stack),
    };
  } catch {
    return { name: 'unreadable', message: 'the thrown value cannot be turned into text', stack: null };
  }
}

function messageWithCauses(error: Error): string {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  for (let at: unknown = error; at instanceof Error && !seen.has(at) && messages.length < 5; at = at.cause) {
    seen.add(at);
    messages.push(String(at.message));
  }
  return messages.join(' ← ');
}

function cut(text: string, bytes: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be stored
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '');
  const encoded = Buffer.from(clean, 'utf8'); // a lone surrogate becomes U+FFFD: utf8mb4 would refuse it
  if (encoded.length <= bytes) return encoded.toString('utf8');
  return `${new TextDecoder().decode(encoded.subarray(0, bytes - 3)).replace(/\ufffd+$/, '')}…`;
}

// Lays SQL out for reading: one clause a line, long lines wrapped, long repeated parts abbreviated.
// Only white space and the abbreviations change; the words are the code's.

const WIDTH = 110;
const CLAUSE = /\s+(?=(?:FROM|WHERE|SET|VALUES|LEFT JOIN|ORDER BY|LIMIT|FOR UPDATE|ON DUPLICATE KEY|SELECT)\b)/y;
const BREAK = /(?<=,) | (?=AND |OR |WHEN |ELSE |FROM )/y;

/** @param abbreviations what stands for a part of the text: `[short, long]` */
export function layOut(sql: string, abbreviations: readonly (readonly [string, string])[] = []): string {
  let text = flat(sql);
  for (const [short, long] of abbreviations) text = text.replaceAll(flat(long), short);
  return clauses(text).map(wrap).join('\n');
}

export function flat(sql: string): string {
  return sql.replace(/\s+/g, ' ').replace(/\( /g, '(').replace(/ \)/g, ')').trim();
}

/** Cuts before each clause that is not inside parentheses. */
function clauses(sql: string): string[] {
  const at = matches(sql, CLAUSE)
    .filter(({ depth, index }) => depth === 0 && sql.slice(0, index) !== 'DELETE')
    .map(({ index }) => index);
  return [0, ...at].map((from, i) => `${i === 0 ? '' : '  '}${sql.slice(from, at[i]).trim()}`);
}

/** Breaks where the parentheses are fewest, and there as late as fits. */
function wrap(line: string): string {
  const indent = `${/^ */.exec(line)?.[0] ?? ''}    `;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDTH) {
    const fitting = matches(rest, BREAK).filter(({ index }) => index > indent.length + 20 && index <= WIDTH);
    const least = Math.min(...fitting.map(({ depth }) => depth));
    const best = fitting.findLast(({ depth }) => depth === least);
    if (best === undefined) break;
    lines.push(rest.slice(0, best.index));
    rest = indent + rest.slice(best.index + 1);
  }
  return [...lines, rest].join('\n');
}

interface Match {
  readonly index: number;
  /** Parentheses that are open there. */
  readonly depth: number;
}

function matches(text: string, pattern: RegExp): Match[] {
  const found: Match[] = [];
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    pattern.lastIndex = index;
    if (pattern.test(text)) found.push({ index, depth });
  }
  return found;
}

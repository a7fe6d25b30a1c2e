// Names that jobs.yaml may not use, and why.
// One name is a TypeScript identifier, a file name, a database value and a CLI argument at once, so what any of these
// keeps for itself is refused everywhere. Lists only; generator/check/names.ts applies them.

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Words that cannot name a constant in an ES module. */
const LANGUAGE = words(`
  arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public
  return static super switch this throw true try typeof undefined var void while with yield`);

/** What every JavaScript object has already. */
const OBJECT = words(`
  constructor hasOwnProperty isPrototypeOf propertyIsEnumerable prototype toLocaleString toString valueOf`);

/** Files that Windows does not let anyone make. */
const DEVICES = words(
  'con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9',
);

/** Types of the language and its library that generated code uses or that a reader would take for those. */
const GLOBAL_TYPES = words(`
  AbortSignal Array BigInt Boolean Buffer Date Error Function Infinity Intl JSON Map Math NaN Number Object Omit
  Parameters Partial Pick Promise Proxy Readonly Record Reflect RegExp Required ReturnType Set String Symbol WeakMap`);

/** Names in the generated code itself. */
const GENERATED_TYPES = words(`
  App AppOptions BizRetryNeedError CallContext ClaimContext GeneratedApp HandlerResult Implementations JobBeforehandRetry JobContext JobContexts
  JobHandler JobInfo JobInstance JobLog JobName JobRetry MethodEntry Methods Models OutboxOptions OutboxReceipt Registry RetryContext
  Service ServiceCalls ServiceName Services Transaction Triggers Types`);

/** What a proxy, or a value somebody awaits, has beside its methods. */
const PROXY = words('with then retryEnqueue');

export type NameKind = 'job' | 'service' | 'method' | 'parameter' | 'column' | 'type' | 'error class';

const OF_OBJECTS = 'every JavaScript object has it already';

/** Why the name may not be used, to follow `"x" is reserved: `; null when it may. */
export function reservedBecause(name: string, kind: NameKind): string | null {
  if (kind === 'column') return name in Object.prototype ? OF_OBJECTS : null;
  if (OBJECT.has(name)) return OF_OBJECTS;
  if (kind === 'type' || kind === 'error class') return reservedType(name, kind);
  if (kind === 'method') return PROXY.has(name) ? 'the generated proxy has it already' : null;
  if (LANGUAGE.has(name)) return 'it is a word of TypeScript';
  if (kind === 'parameter') return null;
  if (DEVICES.has(name)) return 'Windows cannot have a file of that name';
  if ((kind === 'service' || kind === 'job') && name === 'then') return NOT_A_PROMISE;
  return kind === 'job' && name === 'dalJob' ? 'built-in jobs start with it' : null;
}

/** Of what services are handed over in, and of a module: `import()` would call its export. */
const NOT_A_PROMISE = 'what holds it would be taken for a promise';

/** Why a handler may not be exported under the name; null when it may. */
export function reservedExportBecause(name: string): string | null {
  return name === 'then' ? NOT_A_PROMISE : null;
}

function reservedType(name: string, kind: NameKind): string | null {
  if (kind === 'error class' && BUILT_IN_ERRORS.includes(name)) return 'it is built in';
  if (GLOBAL_TYPES.has(name)) return 'JavaScript or TypeScript has it already';
  return GENERATED_TYPES.has(name) ? 'the generated code has it already' : null;
}

/** Names that `retry.for` always knows. */
export const BUILT_IN_ERRORS: readonly string[] = ['Error', 'BizRetryNeedError'];

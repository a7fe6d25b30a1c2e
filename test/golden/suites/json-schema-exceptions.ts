// Where we differ from the JSON Schema test suite, and why. A new difference fails the test, and so does an exception that
// no longer occurs.

/** Codes for which jobs.yaml refuses schemas of the suite: what is refused needs no type. */
export const REFUSED: Readonly<Record<string, string>> = {
  DJ1003: 'a keyword that draft-07 does not have and that nobody would read',
  DJ1011: 'a property named __proto__',
  DJ1033: 'a reference by an anchor or to where no type is: types are named by #/types/…',
  DJ1040: '$id, and keywords of other drafts: all types are in one file, in draft-07',
  DJ1041: 'a reference to another document',
  DJ1043: 'a format that ajv-formats does not know: the internationalised ones',
  DJ1045: 'required properties that are not declared, where others are refused',
  DJ1047: 'a keyword beside $ref, which draft-07 ignores',
};

export interface Exception {
  /** Fits `file: group: test`. */
  readonly where: RegExp;
  readonly why: string;
  /** The types differ too. */
  readonly types?: true;
}

const MEANS_AN_OBJECT = 'who describes properties means an object, also without type: object';
const MEANS_A_LIST = 'who describes items means a list, also without type: array';
const OF_FORMATS = 'as far as ajv-formats goes';

/** Values that are judged otherwise than the suite says. */
export const FAULTS: readonly Exception[] = [
  {
    where: /^(additionalProperties|patternProperties|properties|required)\.json: .*: ignores /,
    why: MEANS_AN_OBJECT,
    types: true,
  },
  { where: /^ref\.json: root pointer ref: (recursive )?match$/, why: MEANS_AN_OBJECT, types: true },
  { where: /^items\.json: .*: (ignores non-arrays|JavaScript pseudo-array)/, why: MEANS_A_LIST, types: true },
  { where: /^optional\/content\.json: /, why: 'contentEncoding and contentMediaType are words for readers' },
  { where: /^optional\/float-overflow\.json: /, why: 'a quotient beyond the range of doubles is no integer' },
  { where: /^optional\/format\/date-time\.json: /, why: `${OF_FORMATS}: leap seconds and long fractions roughly` },
  { where: /^optional\/format\/ecmascript-regex\.json: /, why: `${OF_FORMATS}: whatever RegExp takes` },
  { where: /^optional\/format\/hostname\.json: /, why: `${OF_FORMATS}: punycode is not decoded, a final dot passes` },
  { where: /^optional\/format\/uri(-reference)?\.json: /, why: `${OF_FORMATS}: by one regular expression` },
  { where: /^optional\/format\/uri-template\.json: /, why: `${OF_FORMATS}: by one regular expression` },
];

/** Values that validate and that tsc does not take, where objects are closed. */
export const LITERALS: readonly Exception[] = [
  {
    where: /^dependencies\.json: dependent subschema incompatible with root: /,
    why: 'conditions may describe more properties, so that the object is open; tsc refuses those in literals only',
    types: true,
  },
];

export function excused(name: string): Exception | undefined {
  return [...FAULTS, ...LITERALS].find(({ where }) => where.test(name));
}

// Every problem the generator can find, in one table: code, severity, title, and what to do about it.
// Codes are stable and never reused; one code is one cause. The runtime's own codes (DJ2 and up) are elsewhere.
// A golden case shows each code that jobs.yaml alone can raise.

export interface CodeEntry {
  readonly severity: 'error' | 'warning';
  /** What is wrong, in a few words. */
  readonly title: string;
  /** Why it is wrong and what to do. */
  readonly explain: string;
}

const error = (title: string, explain: string): CodeEntry => ({ severity: 'error', title, explain });
const warning = (title: string, explain: string): CodeEntry => ({ severity: 'warning', title, explain });

export const GENERATOR_CODES = {
  // What the text is
  DJ1001: error('not valid YAML', 'The text cannot be read as YAML. Nothing after the first such place is looked at.'),
  DJ1002: error(
    'value must be quoted',
    'A bare value may not start with *, @, % or `: YAML gives these a meaning of their own. Put it in quotes.',
  ),
  DJ1003: error(
    'unknown key',
    'The key means nothing here, so that whatever it was to set would not be set. Correct or remove it.',
  ),
  DJ1004: error('wrong kind of value', 'The key takes another kind of value: a string, a number, a map, a list.'),
  DJ1005: error('missing key', 'The map lacks a key that it cannot do without.'),
  DJ1006: error('not one of the values allowed', 'The key takes one of a few fixed values.'),
  DJ1007: error(
    'out of range',
    'The value is too small, too large, too short or too long, or a list holds something twice.',
  ),
  DJ1008: error('wrong form', 'The text does not have the form that is asked for.'),
  DJ1009: error(
    'not a duration',
    'A duration is a whole number above 0 and one unit: 500ms, 30s, 10m, 1h, 1d. Write 90m for 1h30m.',
  ),
  DJ1010: error(
    'not a name',
    'A name is TypeScript identifier, file name and database value at once: jobs, services, methods and parameters like closeOrders, types and errors like Order.',
  ),
  DJ1011: error(
    'reserved name',
    'The name means something already: to TypeScript, to JavaScript objects, to a file system, or to the generated code.',
  ),
  DJ1012: error(
    'names differ only in case',
    'On many file systems and in many databases the two would be the same. Rename one.',
  ),
  DJ1013: error('duplicate key', 'The same key stands twice in one map; only one of the two could count.'),
  DJ1014: error('unknown tag', 'Tags like !env are not understood. Write the plain value.'),
  DJ1015: error('key is not a string', 'A key must be a string. Quote it if it looks like a number, true or null.'),
  DJ1016: error('alias without an anchor', 'An alias (*name) needs an anchor (&name) earlier in the file.'),
  DJ1017: error('aliases expand too far', 'The aliases contain themselves or would grow into a huge document.'),
  DJ1018: error('merge conflict', 'The file holds the markers of an unfinished merge. Resolve it first.'),
  DJ1019: error('file too large', 'jobs.yaml may be up to 1 MB.'),
  DJ1020: error('more than one document', 'The file may hold one YAML document. Remove the --- line and what follows.'),
  DJ1021: error('empty file', 'There is nothing in the file. It needs at least version and app.'),
  DJ1022: error('not a map', 'The file must be a map: version, app, jobs and so on, each a key.'),
  DJ1023: error('tab in the indentation', 'YAML is indented by spaces only.'),
  DJ1024: error('nested too deeply', 'Maps and lists may be nested up to 100 levels.'),
  DJ1025: error('unknown version', 'This release understands version 1 of jobs.yaml.'),
  DJ1026: error('cannot be merged', 'A merge key (<<) takes a map, or a list of maps: <<: *defaults.'),

  // What it means
  DJ1030: error('cron cannot be read', 'The expression is no cron expression of 5, 6 or 7 fields and no nickname.'),
  DJ1031: error('cron never fires', 'The expression can be read, but no date fits it, such as 30 February.'),
  DJ1032: error('unknown time zone', 'The zone is not in the IANA list: Europe/Berlin, Asia/Shanghai, UTC.'),
  DJ1033: error('unknown type', 'A $ref names a type that `types` does not have.'),
  DJ1034: error(
    'unknown error class',
    '`for` takes names from `errors`, BizRetryNeedError, and Error for anything thrown.',
  ),
  DJ1035: error(
    'not for jobs on every instance',
    'With globalSingle: false every instance runs the job: overlapping fires are skipped and the latest missed one is made up for. Queues, other misfire policies and reruns need globalSingle: true.',
  ),
  DJ1036: error(
    'misfireLimit without misfire: all',
    'The limit counts the fire times that misfire: all makes up for; the other policies have none.',
  ),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what the reader should write
  DJ1037: error('malformed ${…}', 'Write ${NAME} or ${NAME:-default}, and $${ for a literal ${.'),
  DJ1038: error('the longest wait is below the first', 'backoff.max limits every wait, the first included.'),

  // Types
  DJ1040: error(
    'keyword of another JSON Schema draft',
    'Types are JSON Schema draft-07; later drafts renamed or added keywords.',
  ),
  DJ1041: error(
    'reference to elsewhere',
    'A $ref stays in this file: #/types/Order. Copy the type in, or define it under types.',
  ),
  DJ1042: error(
    'regular expression cannot be read',
    'The pattern is no regular expression of JavaScript with the u flag.',
  ),
  DJ1043: error('unknown format', 'The format is none that validators know.'),
  DJ1044: error(
    'type refers to itself',
    'The type refers to itself at the same value, directly or by allOf and its kin, so that a check of a value would have no end. A cycle needs a property or a list item in between.',
  ),
  DJ1045: error(
    'required property is not declared',
    '`required` names a property that `properties` does not have, and others are not allowed: no value could fit.',
  ),
  DJ1046: error('bounds contradict each other', 'The least is greater than the greatest: no value could fit.'),
  DJ1047: error('keyword has no place here', 'The keyword means nothing, or something else, at this place.'),
  DJ1048: error('default does not fit', 'The default given is not a value of its own type.'),
  DJ1070: error(
    'folders lie in one another',
    'gen deletes files of its own that it does not know in `output`, and never touches the files in `handlers`: keep them apart.',
  ),

  // Methods of services
  DJ1080: error(
    'optional parameter before a required one',
    'Parameters are given by position: only the last ones can be left out.',
  ),
  DJ1081: error(
    'not for this mode of retry',
    'Records made beforehand stand each for one call and have no key; records made afterward have no first call that could be cut short.',
  ),
  DJ1082: error(
    'key that not every call has',
    'The key of an afterward method leads through required properties to a string or an integer that is no secret: one record is kept for each.',
  ),
  DJ1083: error(
    'secret in a type that contains itself',
    'Secrets are stored encrypted at places that are known beforehand; a type that contains itself has no end of such places.',
  ),

  // Claims (DJ1050 was "not built yet" and is not used again)
  DJ1090: error(
    'claim in the wrong kind of job',
    'Every instance runs a job with a claim, each for its own rows: it needs globalSingle: false. Its handler gets rows, so that it has no input.',
  ),
  DJ1091: error(
    'not a column of the claim',
    'key, where, orderBy, done, failed and attemptsColumn name columns that `columns` declares.',
  ),
  DJ1092: error(
    'column that a claim may not touch',
    'claim_key belongs to the runtime, and the primary key of a row stays what it is.',
  ),
  DJ1093: error(
    'value does not fit its column',
    'What where compares a column with, and what done and failed set it to, must be of the kind that `columns` declares. A date-time column takes null, and `before` in where.',
  ),
  DJ1094: error(
    'attempts do not add up',
    'maxAttempts needs attemptsColumn, an integer column of its own to count in, and failed, which says what becomes of a row that is given up.',
  ),
  DJ1095: error(
    'settled rows would wait again',
    'done and failed must set some column of where to a value that where does not ask for. Else a settled row would be taken again at once.',
  ),
  DJ1096: error(
    'claims of one table contradict each other',
    "Jobs that claim rows of the same table share its model: key and columns must be the same. The runtime's own tables cannot be claimed.",
  ),

  // Warnings
  DJ1061: warning(
    'timeout longer than the interval',
    'A run may still go on when the next fire comes; that one is skipped or queued.',
  ),
  DJ1062: warning(
    'timeout shorter than the waits',
    'The waits between attempts alone take longer than the whole run may.',
  ),
  DJ1063: warning('no effect without cron', 'The job fires only by hand; the key matters to scheduled fires alone.'),
  // Files other than jobs.yaml
  DJ1201: warning(
    'handler export missing',
    'The file of a handler must export a value of the name of its job; generated code loads that.',
  ),
  DJ1202: warning(
    'file cannot be parsed',
    'The file has a syntax error or a conflict marker. It was left as it is; generated/ was written all the same.',
  ),
  DJ1203: warning(
    'file of an error class missing',
    '`errors` names a file that is not there, so that retries could not recognise the class.',
  ),
  DJ1204: warning('error class missing', 'The file exists and exports no class of that name.'),
  DJ1205: warning(
    'handler of no job',
    'The job was removed or renamed. The handler is kept, since somebody filled it in: dal-job rename gives it to the job under its new name, gen --prune moves it to handlers/.orphans/.',
  ),
  DJ1206: warning(
    'generated file out of date',
    'With --check nothing is written: generated/ is not what jobs.yaml says. Run dal-job gen.',
  ),
  DJ1207: warning(
    'handler missing',
    'With --check nothing is written: the job has no file in handlers/jobs/ yet. Run dal-job gen.',
  ),

  // The life of a job: handlers that are placed, moved, renamed
  DJ1220: warning(
    'file of a placed handler missing',
    '`handler` of a job names a file that is not there. No stub is made for such a job.',
  ),
  DJ1208: warning(
    'handler not filled in',
    'The file still throws NotImplementedError, as its stub did: every run of the job fails until its body is written. Told by --check only.',
  ),
  DJ1221: warning(
    'looks like a rename',
    'One job is gone and another is new, and they fire alike, or the first left a filled handler. dal-job rename takes the handler, the history and the state along; without it the new job starts from nothing.',
  ),
  DJ1222: warning(
    'handler moved',
    'The file of the job is gone, and another one exports its JobHandler. No stub is made over it. Say where it is with `handler` of the job. Or the file is still in the folder that jobs.yaml named before: move it.',
  ),

  DJ1230: error(
    'job cannot be renamed so',
    'The old name is none of jobs.yaml, or the new one is taken or no name of a job. Nothing was changed.',
  ),
  DJ1231: error(
    'name not written out in jobs.yaml',
    'The key of the job comes from an anchor or a merge, or is written with escapes. Nothing was changed; rename it there by hand, and run the command again for the rest.',
  ),
  DJ1232: error(
    'handler cannot be renamed by machine',
    'dal-job edits a file of yours only when the file can be parsed and every place that changes is certain. Nothing was changed; do what the message says, and run the command again for the rest.',
  ),

  // The run itself
  DJ1290: error(
    'file cannot be read or written',
    'Nothing is half written: a file either has its old text or its new one. Mend the cause and run it again.',
  ),
  DJ1291: error(
    'no jobs.yaml',
    'It is looked for in this folder and those above it, up to the nearest package.json. --config names another.',
  ),
  DJ1299: error(
    'a bug of dal-job',
    'This should not happen. Please report it, with the output of the same command under DEBUG=1.',
  ),
} as const satisfies Record<string, CodeEntry>;

export type GeneratorCode = keyof typeof GENERATOR_CODES;

// The public face of `dal-job/testing`, name by name: an app in a test, on a clock that stands still.

export type { LogEntry } from './admin.js';
export type { AnyApp, CreateApp, RunArguments, TestAppOptions, TestRun, Time, TypesOf } from './testing/options.js';
export { createTestApp, type TestApp } from './testing/test-app.js';
export type { LogLine } from './testing/test-log.js';
export type { Outcome } from './types.js';

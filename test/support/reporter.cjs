// Mocha's spec reporter, which also leaves the counts, and what failed, in the file named by DAL_JOB_TEST_COUNTS: one run is
// a part of `npm test`, and only the whole may print the last lines. CommonJS, because mocha loads reporters by require.
const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');
const Mocha = require('mocha');

const LONGEST_MESSAGE = 300;

class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failures = [];
    runner.on('fail', (test, error) => failures.push(describe(test, error)));
    runner.once('end', () => {
      const { passes, failures: failed, pending } = this.stats;
      const file = process.env.DAL_JOB_TEST_COUNTS;
      if (file) writeFileSync(file, JSON.stringify({ passed: passes, failed, skipped: pending, failures }));
    });
  }
}

/** In two lines: which test, and what it says. */
function describe(test, error) {
  const file = test.file === undefined ? '' : ` (${relative(process.cwd(), test.file)})`;
  const message = String(error?.message ?? error).replace(/\s+/g, ' ');
  return `${test.fullTitle()}${file}\n${message.slice(0, LONGEST_MESSAGE)}`;
}

module.exports = CountingReporter;

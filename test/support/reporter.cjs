// Mocha's spec reporter, which also leaves the counts in the file named by DAL_JOB_TEST_COUNTS: one run is a part of
// `npm test`, and only the whole may print the last line. CommonJS, because mocha loads reporters by require.
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.DAL_JOB_TEST_COUNTS;
      if (file) writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}

module.exports = CountingReporter;

/** Ends a run with one plain line for programs to read: `12 passed, 0 failed`. */
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    // A file that can't be loaded has no test to count, and must not pass unnoticed.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // After the summary of the default reporter, which goes to the other stream.
    process.stderr.write('', () => {
      process.stdout.write(`${results.numPassedTests} passed, ${failed} failed\n`);
    });
  }
}

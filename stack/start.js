/** The one file that any Node can read: says which Node is needed, then starts the stack. */

const LEAST_MAJOR = 24;
const major = Number(process.versions.node.split('.')[0]);

if (major < LEAST_MAJOR) {
  process.stderr.write(
    `The stack runs on Node ${LEAST_MAJOR} or later; this is ${process.versions.node}.\n` +
      '  Way out:\n' +
      '    npm ci && npm start   (on Linux, npm brings a Node of its own)\n' +
      '    elsewhere install it: https://nodejs.org\n',
  );
  process.exitCode = 1;
} else {
  await import('./main.ts');
}
